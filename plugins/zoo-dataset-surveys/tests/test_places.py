"""What is known of positions: asked once, kept at once, and asked again when told."""

import pytest
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.memory import Memory
from zoo_dataset_surveys.services.places import Places

TARGETS = [Target(str(number), float(number), 0.0) for number in range(5)]


class Catalogue:
    """Has something at these right ascensions; keeps what it was asked."""

    def __init__(self, *there):
        self.there, self.asked = there, []

    def __call__(self, targets):
        self.asked += [target.object_id for target in targets]
        return [int(target.ra) if target.ra in self.there else None for target in targets]


def test_every_position_is_asked_about_once_and_nothing_there_is_an_answer(tmp_path):
    catalogue, places = Catalogue(0, 1, 2), Places(Memory(tmp_path / "a"))
    for _ in range(2):
        assert places.of([*TARGETS, TARGETS[0]], catalogue, 2) == [0, 1, 2, None, None, 0]
    assert catalogue.asked == ["0", "1", "2", "3", "4"]
    assert places.of(TARGETS[:1], None, 2) == [0], "nobody need be asked"
    assert Places().of(TARGETS[:1], None, 2) == [None]


def test_what_was_answered_before_the_service_broke_is_kept(tmp_path):
    def breaking(targets):
        if targets[0].object_id == "2":
            raise ConnectionError
        return catalogue(targets)

    catalogue, places = Catalogue(0, 1, 2, 3, 4), Places(Memory(tmp_path))
    with pytest.raises(ConnectionError):
        places.of(TARGETS, breaking, 2)
    assert places.of(TARGETS, catalogue, 2) == [0, 1, 2, 3, 4] and catalogue.asked == ["0", "1", "2", "3", "4"]


def test_where_there_was_nothing_is_asked_again_when_told_and_what_others_asked_stays(tmp_path):
    memory = Memory(tmp_path)
    Places(memory).of(TARGETS, Catalogue(0), 2)
    later = Catalogue(0, 1, 2)
    assert Places(memory, again=True).of(TARGETS[:3], later, 2) == [0, 1, 2] and later.asked == ["1", "2"]
    nobody = Catalogue()
    assert Places(memory).of(TARGETS, nobody, 2) == [0, 1, 2, None, None] and not nobody.asked
