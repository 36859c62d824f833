"""The data set: its splits, its ties, its images, and what it says where there are none."""

import numpy as np
import pandas as pd
import pytest
from zoo_dataset_surveys.khan2019.dataset import Khan2019

from zoo import compose
from zoo.errors import DataError, MissingImage, ZooError

from . import few


@pytest.fixture
def root(tmp_path):
    """Tables and the images of both surveys."""
    folder = tmp_path / "root"
    folder.mkdir()
    few.write(folder)
    return folder


def opened(root, images="sdss", survey="sdss", **options):
    given = {"validation_galaxies": few.VALIDATION_GALAXIES} | options
    made = Khan2019(root, root / images if images else None, survey, **given)
    made.prepare()
    return made


def ids(made, split):
    return set(made.table.loc[made.table["split"] == split, "object_id"])


def test_sdss_galaxies_train_validate_and_test_with_the_images_that_the_authors_had(root):
    made = opened(root)
    assert ids(made, "test") == set(few.HP) - few.LOST
    assert ids(made, "train") | ids(made, "validation") == set(few.CERTAIN) - set(few.HP) - few.LOST
    names = {0: "elliptical", 1: "spiral"}
    found = zip(made.table["object_id"], made.targets, strict=True)
    assert {i: names[int(k)] for i, k in found} == {i: few.LABEL[i] for i in made.table["object_id"]}
    assert made.schema.names == ("elliptical", "spiral")


def test_des_galaxies_test_under_their_own_ids_and_positions(root):
    made = opened(root, "des", "des", test="fo")
    expected = [i for i in few.FO if i != few.FAINT[-1]]
    assert made.table["object_id"].tolist() == [few.IN_DES[i] for i in expected]
    assert made.table["sdss_objid"].tolist() == expected and set(made.table["split"]) == {"test"}
    np.testing.assert_allclose(made.table["dec"], [few.des_position(i)[1] for i in expected], atol=1e-7)


def test_survey_release_and_credits_are_those_of_the_authors_data(root):
    """They asked DR7 of SDSS and DR1 of DES (their section 2)."""
    for survey, release, paper in (("sdss", "DR7", "Abazajian et al. 2009"), ("des", "DR1", "Abbott et al. 2018")):
        made = opened(root, survey, survey)
        assert set(made.table["survey"]) == {survey.upper()} and set(made.table["release"]) == {release}
        assert made.credits["citation"].startswith(paper) and "Lintott et al. 2011" in made.credits["citation"]
        assert made.credits["licence"]


def test_the_votes_of_each_class_stand_beside_the_labels_where_tables_have_them(root):
    made = opened(root, "des", "des", test="fo")
    np.testing.assert_allclose(made.class_votes, [few.fractions(i) for i in made.table["sdss_objid"]])


def test_galaxies_whose_image_the_authors_lost_come_back_with_sample_selected(root):
    few.write_images(root / "sdss", sorted(few.LOST))
    assert len(opened(root, sample="selected")) == len(few.CERTAIN)
    assert set(opened(root).table["object_id"]) == set(few.CERTAIN) - few.LOST


@pytest.mark.parametrize("ties, target", [("elliptical", 0), ("spiral", 1), ("drop", -1)])
def test_a_tie_is_what_was_chosen_and_stays_in_the_test_set(root, ties, target):
    made = opened(root, test="fo", ties=ties)
    row = made.table["object_id"].tolist().index(few.TIE)
    assert made.targets[row] == target == int(made[row].target) and made.table["split"][row] == "test"


def test_images_of_other_galaxies_are_unlabelled(root):
    few.write_images(root / "des", ["7", "12"])
    made = opened(root, "des", "des")
    assert made.table["object_id"].tolist()[-2:] == ["7", "12"] and ids(made, "unlabelled") == {"7", "12"}
    assert made.targets.tolist()[-2:] == [-1, -1] and np.isnan(made.table["ra"].to_numpy()[-2:]).all()


def test_galaxies_without_image_are_refused_or_counted_by_run_and_camcol(root):
    lost = [i for i in few.CERTAIN if i not in few.LOST][:4]
    for object_id in lost:
        (root / "sdss" / f"{object_id}.png").unlink()
    with pytest.raises(DataError, match=rf"4 of 13 galaxies have no image .* {lost[0]}.* run 756 camcol 2 \(4 of 13\)"):
        opened(root)
    made = opened(root, missing="drop")
    assert not set(lost) & set(made.table["object_id"]) and len(made) == 9
    assert made.report()[-2:] == [
        "  0 of 1 (run, camcol) lost most of their galaxies: 0 of 4 losses, in 0 runs",
        "  run 756 camcol 2: 4 of 13",
    ]


def test_a_folder_without_any_of_the_images_is_refused(root):
    (root / "empty").mkdir()
    with pytest.raises(DataError, match="13 of 13 galaxies have no image .*empty/<id>.png"):
        opened(root, "empty")


def test_tables_alone_are_a_data_set_whose_images_are_missing(root):
    made = opened(root, images=None)
    assert len(made) == 13 and "no images: name their folder with dataset.images=DIR" in made.report()[-1]
    with pytest.raises(MissingImage, match=rf"Galaxy {few.CERTAIN[0]} \(row 0\) has no image: .*<sdss_objid>.png"):
        made[0]
    with pytest.raises(DataError, match="dataset=khan2019_sdss has tables and no images"):
        made.verify()
    assert opened(root, images=None).fingerprint == made.fingerprint != opened(root, images=None, test="fo").fingerprint


def test_one_image_that_trains_and_tests_is_refused(root):
    test, train = (
        few.CERTAIN[1],
        next(i for i in few.CERTAIN if i not in {*few.HP, *few.LOST}),
    )
    (root / "sdss" / f"{test}.png").write_bytes(few.picture(train))
    with pytest.raises(DataError, match=rf"by identical images: {test} \({train}\)"):
        opened(root)


def test_the_splits_are_a_fact_of_the_tables_and_not_of_the_choices(root):
    opened(root)
    first = (root / "splits.parquet").read_bytes()
    opened(root, "des", "des", test="fo", ties="drop", sample="published", missing="drop")
    assert (root / "splits.parquet").read_bytes() == first
    sets = pd.read_parquet(root / "splits.parquet").groupby("split")["sdss_objid"].agg(set)
    assert sets["HP_test"] == set(few.HP) - few.LOST and sets["FO_test"] == set(few.FO) - {few.FAINT[-1]}
    assert sets["train"] | sets["validation"] == set(few.CERTAIN) - set(few.HP) - few.LOST


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(root, monkeypatch):
    from zoo_dataset_surveys.khan2019 import splits

    def read_only(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(splits, "write", read_only)
    assert "could not be written (Read-only file system)" in opened(root).report()[-1]


@pytest.mark.parametrize("key", ["test", "sample", "ties", "missing"])
def test_choices_that_do_not_exist_are_answered_with_those_that_do(root, key):
    with pytest.raises(ZooError, match=rf"dataset\.{key}=other: choose .* or "):
        opened(root, **{key: "other"})


def test_without_a_root_the_tables_are_named():
    with pytest.raises(ZooError, match=r"khan2019_des needs dataset.root=DIR.*khan_high_certainty_40620"):
        Khan2019(None, None, "des")


def test_prepare_writes_the_splits_and_training_without_images_is_refused(root, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["dataset=khan2019_sdss", f"dataset.root={root}", "dataset.validation_galaxies=3"]
    assert compose.run_hydra("data prepare", words) == 0
    told = capsys.readouterr()
    assert "all         13        13" in told.out and (root / "splits.parquet").is_file()
    assert "test sets are not independent" in told.err and "run 3325 camcol 4: 3 of 3" in told.err
    assert compose.run_hydra("data verify", words) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("they are called <sdss_objid>.png. [E-DATA]")
