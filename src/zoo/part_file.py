"""What is wrong with the file of a part, as far as it shows without importing the part's class."""

from __future__ import annotations

from collections.abc import Iterator

from zoo import registry, signature, yaml_file
from zoo.errors import ZooError
from zoo.registry import KINDS, Part


def faults(part: Part) -> Iterator[str]:
    """One sentence, with a way out, for each fault."""
    from omegaconf import OmegaConf

    alike = [one for one in registry.of(part.group) if one.name == part.name]
    if len({one.path for one in alike}) > 1:
        yield registry.twice(alike)
    try:
        yaml_file.read(part.path)
        with yaml_file.valid(part.path):
            OmegaConf.load(part.path)  # which also sees a key that stands twice
        if part.group in KINDS:
            yield from filter(None, [stranger(part)])
    except ZooError as error:
        yield str(error)


def stranger(part: Part) -> str:
    """That the class of a part belongs neither to the plugin whose file names it nor to zoo, or nothing.

    A user's own folder may name any class, and only the four kinds of parts have an interface to belong to.
    """
    named = signature.naming(part) or part
    own = {plugin.module.partition(".")[0] for plugin in registry.plugins() if plugin.package == named.provider}
    target = signature.target(part)
    if not own or part.group not in KINDS or target.partition(".")[0] in {*own, "zoo"}:
        return ""
    return (
        f"{named} names {target}, which does not belong to {named.provider}: write a class in {min(own)} that inherits "
        f"from zoo.{part.group} and uses it."
    )
