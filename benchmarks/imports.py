"""What only work needs, and no command that looks around may import."""

import subprocess
from collections.abc import Mapping, Sequence

HEAVY = frozenset({"torch", "lightning", "pandas"})


def refuse_heavy(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Raise SystemExit if a command, `python` and its arguments, imports what only work needs."""
    told = [command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(told, capture_output=True, text=True, check=True, env=environment)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    if found := imported & HEAVY:
        raise SystemExit(f"{name} imports {', '.join(sorted(found))}")
