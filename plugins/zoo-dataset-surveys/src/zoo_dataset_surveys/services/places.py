"""What a catalogue says of positions, kept in a file, so that it is asked once about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo import atomic
from zoo_dataset_surveys.cutter import Target


@dataclass(frozen=True)
class Places:
    """The places of galaxies, such as their fields or tiles.

    ask: the place of each of some galaxies, None where there is none; None where nobody can be asked. batch: galaxies
    asked about at once. memory: the file, None for none.
    """

    ask: Callable[[Sequence[Target]], Sequence[Any]] | None
    batch: int
    memory: Path | None = None

    def of(self, targets: Sequence[Target]) -> list[Any]:
        """The place of each galaxy as JSON has it, None where it is not known. Raises what `ask` raises."""
        known = atomic.read_json(self.memory) if self.memory and self.memory.is_file() else {}
        new = list({position(target): target for target in targets if position(target) not in known}.values())
        if new and self.ask:
            for start in range(0, len(new), self.batch):
                some = new[start : start + self.batch]
                known |= dict(zip(map(position, some), self.ask(some), strict=True))
            self._remember(known)
        return [known.get(position(target)) for target in targets]

    def _remember(self, known: dict[str, Any]) -> None:
        if self.memory:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_json(self.memory, known)


def position(target: Target) -> str:
    """A position as text, to 0.04 arcsec."""
    return f"{target.ra:.5f}{target.dec:+.5f}"
