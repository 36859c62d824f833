"""Settings of all tests: no deadlines, since no result may depend on the machine's speed."""

import hypothesis

hypothesis.settings.register_profile("zoo", deadline=None)
hypothesis.settings.load_profile("zoo")
