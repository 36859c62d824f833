"""A plugin that prints, then asks for a module that nobody has."""

print("zoo_broken is being imported")

import no_such_module_anywhere  # noqa: E402, F401
