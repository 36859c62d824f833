"""What a catalogue says of positions, kept in a file, so that it is asked once about each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo import atomic
from zoo_dataset_surveys.cutter import Target

Ask = Callable[[Sequence[Target]], Sequence[Any]]
"""What is to be known of each of some galaxies, as JSON has it; None where there is nothing at a position."""


@dataclass(frozen=True)
class Places:
    """What is known of positions, such as the field or the tile there.

    memory: the file, None for none. again: ask once more where there was nothing.
    """

    memory: Path | None = None
    again: bool = False

    def of(self, targets: Sequence[Target], ask: Ask | None, batch: int) -> list[Any]:
        """What is known of each galaxy, None for nothing.

        ask: None where nobody can be asked. batch: galaxies asked about at once; what was answered is kept
        whatever comes next. Raises what `ask` raises.
        """
        known = self._known()
        new = list({position(target): target for target in targets if self._is_new(target, known)}.values())
        if new and ask:
            try:
                for some in (new[start : start + batch] for start in range(0, len(new), batch)):
                    known |= dict(zip(map(position, some), ask(some), strict=True))
            finally:
                self._keep(known)
        return [known.get(position(target)) for target in targets]

    def _is_new(self, target: Target, known: Mapping[str, Any]) -> bool:
        """Whether a galaxy is to be asked about."""
        place = position(target)
        return place not in known or (self.again and known[place] is None)

    def _known(self) -> dict[str, Any]:
        return atomic.read_json(self.memory) if self.memory and self.memory.is_file() else {}

    def _keep(self, known: Mapping[str, Any]) -> None:
        if self.memory:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_json(self.memory, known)


def position(target: Target) -> str:
    """A position as text, to 0.04 arcsec."""
    return f"{target.ra:.5f}{target.dec:+.5f}"
