"""What a catalogue says of positions, remembered, so that it is asked once about each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.memory import Memory, position

Ask = Callable[[Sequence[Target]], Sequence[Any]]
"""What is to be known of each of some galaxies, as JSON has it; None where there is nothing at a position."""


@dataclass(frozen=True)
class Places:
    """What is known of positions, such as the field or the tile there.

    memory: None remembers nothing. question: what is asked, by a name. again: ask once more where there was nothing.
    """

    memory: Memory | None = None
    question: str = "positions"
    again: bool = False

    def of(self, targets: Sequence[Target], ask: Ask | None, batch: int) -> list[Any]:
        """What is known of each galaxy, None for nothing.

        ask: None where nobody can be asked. batch: galaxies asked about at once; what was answered is kept before the
        next ones are asked about. Raises what `ask` raises.
        """
        places = {position(target): target for target in targets}
        known = self._known(places)
        new = [place for place in places if place not in known or (self.again and known[place] is None)]
        for start in range(0, len(new) if ask else 0, batch):
            some = new[start : start + batch]
            answers = dict(zip(some, ask([places[place] for place in some]), strict=True))
            self._keep(answers)
            known |= answers
        return [known.get(position(target)) for target in targets]

    def _known(self, places: Iterable[str]) -> dict[str, Any]:
        """The answers that are remembered, by position."""
        if self.memory is None:
            return {}
        query = "SELECT position, answer FROM answers WHERE question = ? AND position = ?"
        with self.memory.opened() as database:
            rows = (row for place in places for row in database.execute(query, (self.question, place)))
            return {place: json.loads(answer) for place, answer in rows}

    def _keep(self, answers: Mapping[str, Any]) -> None:
        if self.memory:
            rows = [(self.question, place, json.dumps(answer)) for place, answer in answers.items()]
            with self.memory.opened() as database:
                database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
