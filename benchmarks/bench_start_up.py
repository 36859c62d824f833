"""How long does looking around take, beside a bare Python that does nothing?

Each command starts a process of its own, from warm files and Python's own cache of byte code, as everyone has it who
does not forbid it; its output is thrown away. No command that only shows may import torch, Lightning or pandas: the
script stops if one does.
"""

import argparse
import os
import statistics
import subprocess
import sys

import rounds
from imports import refuse_heavy

NOTHING = "python -c pass"
ZOO = [sys.executable, "-m", "zoo.cli"]
WAYS = {
    NOTHING: [sys.executable, "-c", "pass"],
    "zoo --help": [*ZOO, "--help"],
    "zoo plugins": [*ZOO, "plugins"],
    "zoo train --help": [*ZOO, "train", "--help"],
}


def main() -> None:
    """Check that nothing heavy is imported, time the commands in turn, print the table."""
    options = arguments()
    for name, command in WAYS.items():
        refuse_heavy(name, command)
    taken = rounds.interleaved({name: starter(command) for name, command in WAYS.items()}, options.rounds)
    print(rounds.table(taken, NOTHING, 1, "starts"), end="\n\n")
    for name, seconds in taken.items():
        ms = [1e3 * value for value in seconds]
        print(f"{name}: {statistics.median(ms):.0f} ms ({min(ms):.0f} to {max(ms):.0f})")
    print(f"\n{options.rounds} rounds; {rounds.circumstances()}")


def starter(command: list[str]):
    """A function that runs the command once."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(command, check=True, env=variables, stdout=subprocess.DEVNULL)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    return parser.parse_args()


if __name__ == "__main__":
    main()
