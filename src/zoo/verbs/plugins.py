"""`zoo plugins`: what can be chosen, who brings it, and what is wrong with whom."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo import defaults_list, installed, listing, menu, part_class, part_file, part_folder, readme, registry, signature
from zoo.discovery import zoo_version
from zoo.errors import ZooError
from zoo.plugin import Plugin, normal
from zoo.registry import Part

COLUMNS = ("part", "package", "version", "state", "summary")
SHOWN = ("Paper", "Licence", "Differences from the paper")
"""Sections of a README that `zoo plugins show` prints."""

SLOW = 0.5
"""Seconds of importing above which a plugin is called slow."""


def show_all(as_json: bool = False) -> None:
    """Print one row per part, and one per plugin that has none; troubles and their remedies go to stderr."""
    rows = [*part_rows(), *lone_plugins()]
    if as_json:
        told = {"zoo": zoo_version(), "parts": rows, "plugins": [*map(facts, registry.plugins())]}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    listing.show(COLUMNS, [[one[column] for column in COLUMNS] for one in rows])
    for trouble in troubles():
        print(f"zoo: {trouble}", file=sys.stderr)


def part_rows() -> Iterator[dict[str, str]]:
    """The parts as rows of the table."""
    twice, states = duplicates(), {plugin.package: plugin.state for plugin in registry.plugins()}
    for part in registry.parts():
        yield {
            "part": str(part),
            "package": part.provider,
            "version": part.version,
            "state": "twice" if str(part) in twice else states.get(part.provider, "ok"),
            "summary": part.summary,
        }


def lone_plugins() -> Iterator[dict[str, str]]:
    """Rows of the plugins of which no part is known."""
    for plugin in registry.plugins():
        if plugin.folder is None:
            keys = {"part": "-", "package": plugin.package, "version": plugin.version}
            yield {**keys, "state": plugin.state, "summary": plugin.reason}


def duplicates() -> set[str]:
    """The parts of more than one provider."""
    return {name for name, count in Counter(map(str, registry.parts())).items() if count > 1}


def troubles() -> Iterator[str]:
    """One sentence, with the way out, for each plugin or name that does not work."""
    yield from (str(plugin) for plugin in registry.plugins() if plugin.state != "ok")
    for name in sorted(duplicates()):
        yield registry.twice([part for part in registry.parts() if str(part) == name])


def facts(plugin: Plugin) -> dict[str, Any]:
    """All that is known of a plugin, as plain values."""
    names = ("name", "package", "version", "state", "reason", "remedy", "location", "printed", "seconds", "heavy")
    return {name: getattr(plugin, name) for name in names}


def show(name: str) -> None:
    """Print a part, or the parts of a package. Raises UnknownPart, and ZooError for a package that does not work."""
    found = called(name)
    if not found and name != "zoo":
        show_part(registry.meant(name))
        return
    if failed := next((plugin for plugin in found if plugin.state != "ok"), None):
        raise ZooError(f"The {failed}.", "E-PLUGIN")
    packages = {plugin.package for plugin in found} or {name}
    listing.show(COLUMNS, [[row[column] for column in COLUMNS] for row in part_rows() if row["package"] in packages])


def called(name: str) -> list[Plugin]:
    """The plugins of the package of this name, else those whose entry point has it."""
    known = registry.plugins()
    found = [plugin for plugin in known if normal(plugin.package) == normal(name)]
    return found or [plugin for plugin in known if normal(plugin.name) == normal(name)]


def show_part(part: Part) -> None:
    """Print a part: what it is, where it comes from, its arguments, and what its README says."""
    print("\n".join(heading(part)))
    rows = arguments(part)
    if rows:
        print()
        listing.show(("argument", "type", "default", "meaning"), rows)
    for title, text in readme.said(readme.text(part)).items():
        if title in SHOWN and text:
            print(f"\n{title}\n{textwrap.indent(text, '  ')}")


def heading(part: Part) -> Iterator[str]:
    """What a part is, who brings it, its class and what it chooses, line by line."""
    yield f"{part}: {part.summary}\nfrom {part.provider} {part.version}: {part.path}"
    if address := readme.address(part):
        yield f"README: {address}"
    if licence := readme.licence(part):
        yield f"licence: {licence}"
    if signature.naming(part):
        yield f"class: {signature.target(part)}"
    if chosen := defaults_list.chosen_by(part):
        yield f"chooses: {' '.join(f'{group}={choice}' for group, choice in chosen.items())}"


def arguments(part: Part) -> list[tuple[str, str, str, str]]:
    """Name, type, default and meaning of each argument: its YAML's keys, then what zoo tells the class."""
    listed = {entry.name: entry for one in reversed(defaults_list.lineage(part)) for entry in menu.entries(one.path)}
    made = signature.class_of(part)
    types = signature.arguments(made) if made else {}
    rows = [(e.name, types.get(e.name, ""), e.value, e.why) for e in listed.values() if e.name != "_target_"]
    named = {row[0].partition(".")[0] for row in rows}
    return rows + [(name, kind, "", "told by zoo") for name, kind in types.items() if name not in named]


def doctor(name: str | None = None) -> None:
    """Print the whole story of a plugin, or of all, and where zoo looked. Raises ZooError for an unknown one.

    The classes of a plugin that is named are imported and compared with its files.
    """
    found = called(name) if name else registry.plugins()
    if name and not found:
        raise ZooError(installed.no_plugin(name, [plugin.name for plugin in registry.plugins()]), "E-PLUGIN")
    print(f"zoo {zoo_version()} on {sys.executable}\nfolders searched for packages:")
    print("\n".join(f"  {folder}" for folder in dict.fromkeys(sys.path) if Path(folder or ".").is_dir()))
    for plugin in found:
        print("\n" + "\n".join(story(plugin, closely=bool(name))))


def advice(plugin: Plugin) -> str:
    """What the author of a slow plugin can do."""
    if plugin.heavy:
        return f"it imports {', '.join(plugin.heavy)} at the top; import it where it is used"
    return "do nothing in its module but name the folder of parts"


def parts_of(plugin: Plugin) -> list[Part]:
    """The parts in a plugin's folder, as those of its own package."""
    own = [part for part in registry.parts() if part.provider == plugin.package]
    return [part for part in own if plugin.folder and part.path.is_relative_to(plugin.folder)]


def faults(plugin: Plugin, closely: bool) -> Iterator[str]:
    """One sentence for each fault of a plugin's module, folder and parts; closely: of the classes of its parts too."""
    for other in registry.plugins():
        if other.package != plugin.package and other.module == plugin.module != "":
            yield (
                f"its module {plugin.module} is the one of {other.package} {other.version} too: pip uninstall "
                f"{other.package}, or {plugin.package}."
            )
    yield from part_folder.faults(plugin.folder) if plugin.folder else ()
    for part in parts_of(plugin):
        found = [*part_file.faults(part)]
        yield from found or (part_class.faults(part) if closely else ())


def story(plugin: Plugin, closely: bool = False) -> Iterator[str]:
    """All that is known of one plugin, line by line; closely: also what importing the classes of its parts shows."""
    wrong = [*faults(plugin, closely)]
    entry = plugin.name if plugin.name == plugin.package else f"{plugin.package}, entry point {plugin.name}"
    count = f", but {len(wrong)} fault{'s' * (len(wrong) > 1)}" if wrong and plugin.state == "ok" else ""
    yield f"{entry}: {plugin.state}{count}"
    yield f"  package   {plugin.package} {plugin.version}, in {plugin.location}"
    yield f"  parts     {', '.join(map(str, parts_of(plugin))) or 'none'}"
    if plugin.folder:
        yield f"  folder    {plugin.folder}"
    if plugin.seconds > SLOW:
        yield f"  slow      {plugin.seconds:.1f} s: {advice(plugin)}, or pip install -U {plugin.package}"
    if plugin.printed:
        yield f"  printed   {plugin.printed.strip()!r}"
    yield from (f"  fault     {fault}" for fault in wrong)
    if plugin.state != "ok":
        yield f"  reason    {plugin.reason}"
        yield f"  remedy    {plugin.remedy}"
    yield from (f"  | {line}" for line in plugin.story.splitlines())
