"""An objid of DR7 says run, rerun, camcol and field, and no digit of it is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_dataset_surveys import objid

from zoo.errors import DataError

FIELDS = ("run", "rerun", "camcol", "field")


def test_all_published_ids_say_what_the_survey_says(texts):
    """surveys 2.2: 40,620 rows, 0 differences."""
    table = texts("khan_high_certainty_40620.csv.gz")
    found = objid.decode(table["objid"].tolist())
    assert len(table) == 40_620
    for name in FIELDS:
        assert (getattr(found, name) == table[name].astype(int)).all(), name
    assert objid.encode(found) == table["objid"].tolist()
    assert dict(zip(*np.unique(found.rerun, return_counts=True), strict=True)) == {
        40: 31_467, 41: 7_892, 42: 618, 44: 643,
    }  # fmt: skip
    assert len(np.unique(found.run)) == 253


@given(st.tuples(*(st.integers(0, (1 << width) - 1) for name, (_, width) in list(objid.BITS.items())[1:])))
def test_decoding_is_the_inverse_of_encoding(values):
    parts = dict(zip(list(objid.BITS)[1:], values, strict=True)) | {"camcol": 1 + values[2] % 6}
    made = objid.Objid(sky_version=np.array([1]), **{name: np.array([value]) for name, value in parts.items()})
    again = objid.decode(objid.encode(made))
    assert [int(v[0]) for v in again] == [int(v[0]) for v in made]


def test_no_ids_have_no_parts():
    assert all(len(part) == 0 for part in objid.decode([]))


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "no whole number"),
        ("5.87722982293700737e17", "no whole number"),
        (" 587722982293700737", "no whole number"),
        ("587_722982293700737", "no whole number"),
        ("99999999999999999999", "no whole number"),
        ("9223372036854775808", "no whole number"),
        ("1237648720693755918", "of another release"),
        ("321944700", "of another release"),
        ("587722981219958913", "of a camera column"),
    ],
)
def test_what_is_no_objid_is_named(text, words):
    with pytest.raises(DataError, match=f"1 of 2 ids are no objids of SDSS DR7 but {words}.*{text[:8]}"):
        objid.decode(["587722982293700737", text])


def test_a_part_that_has_no_room_is_refused():
    parts = [np.array([value]) for value in (1, 40, 756, 7, 0, 4096, 1)]
    with pytest.raises(DataError, match="no room for field 4096: it goes from 0 to 4095"):
        objid.encode(objid.Objid(*parts))
