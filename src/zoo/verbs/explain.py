"""`zoo explain`: a key of the configuration, its value, who set it, what it means and what else it may be."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from zoo import explanation, menu, registry, signature
from zoo.errors import ZooError
from zoo.explanation import Origin
from zoo.registry import Part
from zoo.words import typed

NEEDED = "???"
"""What YAML has for a value that must be given."""


def main(words: Sequence[str], verb: str = "train") -> None:
    """Print what is known of the one key among the words, as the others configure the verb. Raises ZooError."""
    keys = [word for word in words if "=" not in word]
    if len(keys) != 1:
        raise ZooError(f"zoo explain takes one key and {len(keys)} were given: write zoo explain stages.0.lr model=….")
    (key,), others = keys, [word for word in words if "=" in word]
    value = composed_value(key, others, verb)
    found = explanation.origins(verb, others, key)
    print("\n".join(lines(key, value, found, verb)))


def composed_value(key: str, words: Sequence[str], verb: str) -> Any:
    """The value at the key of the composed configuration. Raises ZooError for a key that it does not have."""
    from omegaconf import OmegaConf

    from zoo import compose, diagnosis

    cfg = compose.config(verb, words)
    if key in {group.name for group in menu.groups(verb)}:
        return cfg.hydra.runtime.choices.get(key)
    if error := diagnosis.unknown_key(verb, diagnosis.parse([*words, f"{key}=null"])):
        raise error
    value = OmegaConf.select(cfg, key)
    return OmegaConf.to_container(value, resolve=False) if OmegaConf.is_config(value) else value


def lines(key: str, value: Any, found: Sequence[Origin], verb: str) -> Iterator[str]:
    """The answer, line by line."""
    needed = bool(found) and found[-1].value == NEEDED
    yield f"{key} = {NEEDED}, which has to be given" if needed else f"{key} = {typed(value)}"
    for k, origin in enumerate(reversed(found)):
        yield f"  {'set by' if k == 0 else 'instead of':11} {typed(origin.value) + ', ' if k else ''}{origin.where}"
    made = next((made for origin in reversed(found) if (made := class_of(key, origin.part))), None)
    if meaning := next((origin.why for origin in reversed(found) if origin.why), "") or documented(key, made):
        yield f"  {'meaning':11} {meaning}"
    if allowed := choices(key, made, verb):
        yield f"  {'allowed':11} {allowed}"


def class_of(key: str, part: Part | None) -> Any:
    """The class that a key is an argument of: that of its part, or Stage for a stage's; None where there is none."""
    from zoo.stages import Stage

    if key.startswith("stages."):
        return Stage if key.rpartition(".")[2] in {field.name for field in dataclasses.fields(Stage)} else None
    return signature.class_of(part) if part and "." in key else None


def documented(key: str, made: Any) -> str:
    """What the docstring of the class behind a key says about it."""
    return explanation.sentence_about(key.rpartition(".")[2], inspect.getdoc(made) or "") if made else ""


def choices(key: str, made: Any, verb: str) -> str:
    """The parts of a group, the few values of a stage's key, else the type of a constructor's argument."""
    from zoo import stages

    if key in {group.name for group in menu.groups(verb)}:
        return ", ".join(registry.names(key)) or "no part is installed"
    name = key.rpartition(".")[2]
    if key.startswith("stages.") and name in stages.CHOICES:
        return ", ".join(stages.CHOICES[name])
    return signature.arguments(made).get(name, "") if made else ""
