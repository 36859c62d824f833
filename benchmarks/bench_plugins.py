"""How much do 20 and 200 installed plugins add to looking around, beside a Python that does nothing?

The plugins are folders as an installer leaves them: a light module, metadata with an entry point, and one part. Each
command starts a process of its own, from warm files and Python's own cache of byte code; its output is thrown away. The
script stops if a command that only looks around imports what only work needs, or does not find what it should.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import rounds
from imports import refuse_heavy

COUNTS = (0, 20, 200)
NOTHING = "python -c pass"
MODULE = '''"""A fake plugin."""
from pathlib import Path
from zoo import hookimpl

@hookimpl
def zoo_conf():
    return Path(__file__).parent / "conf"
'''
TYPED = {
    "completion: zoo tra": ("zoo tra", "train"),
    "completion: zoo train arch": ("zoo train arch", "architecture="),
    "completion: zoo train architecture=res": ("zoo train architecture=res", "architecture=resnet18"),
    "completion: zoo train architecture.conv_a": ("zoo train architecture.conv_a", "architecture.conv_act="),
}
ZOO = [sys.executable, "-m", "zoo.cli"]
SHOWN = {
    "zoo --help": ([*ZOO, "--help"], "train"),
    "zoo plugins list": ([*ZOO, "plugins", "list"], "architecture/gz_convnet"),
    "zoo train --cfg job": ([*ZOO, "train", "--cfg", "job"], "gz_convnet"),
}


def main() -> None:
    """Install the plugins, check what the commands answer, time them in turn, print the table."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        sites = {count: install(Path(folder) / str(count), count) for count in COUNTS}
        ways = {(name, count): starter(name, site) for name in (*SHOWN, *TYPED) for count, site in sites.items()}
        for (name, count), way in ways.items():
            refuse_heavy(name, command(name), environment(name, sites[count]))
            check(name, way())
        nothing = {(NOTHING, 0): lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)}
        taken = rounds.interleaved(nothing | ways, options.rounds, processor_time if options.cpu else time.perf_counter)
    print(table({key: [1e3 * value for value in seconds] for key, seconds in taken.items()}))
    print(f"\n{options.rounds} rounds; {rounds.circumstances()}")


def install(site: Path, count: int) -> Path:
    """Write so many plugins into a folder, as an installer would."""
    site.mkdir()
    for k in range(count):
        name = f"zoo_fake_{k:03}"
        part = site / name / "conf" / "architecture" / f"fake_{k:03}.yaml"
        part.parent.mkdir(parents=True)
        part.write_text(f"# Fake number {k}.\n_target_: {name}.net.Net\nwidth: 8\n")
        (site / name / "__init__.py").write_text(MODULE)
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name.replace('_', '-')}", "Version: 1.0", "Summary: A fake."]
        (info / "METADATA").write_text("\n".join([*lines, "Requires-Dist: galaxy-model-zoo>=0.1", "", "A fake.\n"]))
        (info / "entry_points.txt").write_text(f"[zoo]\n{name.replace('_', '-')} = {name}\n")
    return site


def processor_time() -> float:
    """Seconds that the commands so far have computed."""
    return sum(os.times()[2:4])


def starter(name: str, site: Path):
    """A function that runs a command once and returns its output."""
    variables = environment(name, site)
    return lambda: subprocess.run(command(name), check=True, env=variables, capture_output=True, text=True).stdout


def command(name: str) -> list[str]:
    """What is run: the command itself, or zoo alone where the shell asks it to complete."""
    return SHOWN[name][0] if name in SHOWN else ZOO


def environment(name: str, site: Path) -> dict[str, str]:
    """The variables of a command: the folder of plugins, and for a completion what the shell passes."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [kept.get("PYTHONPATH"), str(site)]))
    if name in SHOWN:
        return kept
    words = TYPED[name][0]
    return kept | {"_ZOO_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}


def check(name: str, output: str) -> None:
    """Raise SystemExit if a command does not answer what it should."""
    wanted = (SHOWN.get(name) or TYPED[name])[1]
    if wanted not in output:
        raise SystemExit(f"{name} does not answer {wanted}, but {output[:200]}")


def table(taken: Mapping[tuple[str, int], list[float]]) -> str:
    """Markdown: milliseconds of each command with so many plugins, and what the most of them add in the same round."""
    most = max(COUNTS)
    heads = [f"{count} plugins" for count in COUNTS]
    lines = [f"| command | {' | '.join(heads)} | added by {most} |", "|---|" + "---|" * (len(COUNTS) + 1)]
    for name in (*SHOWN, *TYPED):
        cells = [spread(taken[name, count]) for count in COUNTS]
        added = [more - none for more, none in zip(taken[name, most], taken[name, 0], strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} | {spread(added)} |")
    return "\n".join([*lines, f"| {NOTHING} | {spread(taken[NOTHING, 0])} |" + " |" * len(COUNTS)])


def spread(values: list[float]) -> str:
    """Median, smallest and largest, in ms."""
    return f"{statistics.median(values):.0f} ms ({min(values):.0f} to {max(values):.0f})"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cpu", action="store_true", help="count what the commands compute, for a busy machine")
    return parser.parse_args()


if __name__ == "__main__":
    main()
