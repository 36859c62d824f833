"""`zoo plugins`: what can be chosen, who brings it, and what is wrong with whom."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo import listing, menu, part_file, readme, registry, signature
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
    plugin = next((one for one in registry.plugins() if normal(name) in (normal(one.package), normal(one.name))), None)
    if plugin is None and name != "zoo":
        show_part(registry.meant(name))
        return
    if plugin and plugin.state != "ok":
        raise ZooError(f"The {plugin}.", "E-PLUGIN")
    own = [row for row in part_rows() if normal(row["package"]) == normal(plugin.package if plugin else name)]
    listing.show(COLUMNS, [[row[column] for column in COLUMNS] for row in own])


def show_part(part: Part) -> None:
    """Print a part: what it is, where it comes from, its arguments, and what its README says."""
    print("\n".join(heading(part)))
    rows = arguments(part)
    if rows:
        print()
        listing.show(("argument", "type", "default", "meaning"), rows)
    for title, text in readme.sections(readme.text(part)).items():
        if title in SHOWN and text:
            print(f"\n{title}\n{textwrap.indent(text, '  ')}")


def heading(part: Part) -> Iterator[str]:
    """What a part is, who brings it, its class and what it chooses, line by line."""
    yield f"{part}: {part.summary}\nfrom {part.provider} {part.version}: {part.path}"
    if address := readme.address(part):
        yield f"README: {address}"
    if licence := readme.licence(part):
        yield f"licence: {licence}"
    if signature.has_class(part):
        yield f"class: {registry.target(part)}"
    if chosen := menu.chosen_by(part):
        yield f"chooses: {' '.join(f'{group}={choice}' for group, choice in chosen.items())}"


def arguments(part: Part) -> list[tuple[str, str, str, str]]:
    """Name, type, default and meaning of each argument: its YAML's keys, then what zoo tells the class."""
    listed = {entry.name: entry for one in reversed(registry.lineage(part)) for entry in menu.entries(one.path)}
    made = signature.class_of(part)
    types = signature.arguments(made) if made else {}
    rows = [(e.name, types.get(e.name, ""), e.value, e.why) for e in listed.values() if e.name != "_target_"]
    named = {row[0].partition(".")[0] for row in rows}
    return rows + [(name, kind, "", "told by zoo") for name, kind in types.items() if name not in named]


def doctor(name: str | None = None) -> None:
    """Print the whole story of a plugin, or of all, and where zoo looked. Raises ZooError for an unknown one."""
    found = [plugin for plugin in registry.plugins() if name in (None, plugin.name, plugin.package)]
    if name and not found:
        known = ", ".join(plugin.name for plugin in registry.plugins()) or "none"
        raise ZooError(
            f"{sys.executable} has no plugin {name} installed: pip install {name} with that interpreter's pip "
            f"(installed: {known}).",
            "E-PLUGIN",
        )
    print(f"zoo {zoo_version()} on {sys.executable}\nfolders searched for packages:")
    print("\n".join(f"  {folder}" for folder in dict.fromkeys(sys.path) if Path(folder or ".").is_dir()))
    for plugin in found:
        print("\n" + "\n".join(story(plugin)))


def advice(plugin: Plugin) -> str:
    """What the author of a slow plugin can do."""
    if plugin.heavy:
        return f"it imports {', '.join(plugin.heavy)} at the top; import it where it is used"
    return "do nothing in its module but name the folder of parts"


def story(plugin: Plugin) -> Iterator[str]:
    """All that is known of one plugin, line by line."""
    yield f"{plugin.name}: {plugin.state}"
    yield f"  package   {plugin.package} {plugin.version}, in {plugin.location}"
    own = [part for part in registry.parts() if plugin.folder and part.path.is_relative_to(plugin.folder)]
    yield f"  parts     {', '.join(map(str, own)) or 'none'}"
    if plugin.folder:
        yield f"  folder    {plugin.folder}"
    if plugin.seconds > SLOW:
        yield f"  slow      {plugin.seconds:.1f} s: {advice(plugin)}, or pip install -U {plugin.package}"
    if plugin.printed:
        yield f"  printed   {plugin.printed.strip()!r}"
    yield from (f"  fault     {fault}" for part in own for fault in part_file.faults(part))
    if plugin.state != "ok":
        yield f"  reason    {plugin.reason}"
        yield f"  remedy    {plugin.remedy}"
    yield from (f"  | {line}" for line in plugin.story.splitlines())
