"""The images of a survey in a folder: planned, retrieved once, recorded (surveys.md 7.5; spec G9)."""

import pickle
import shutil
import threading
import time
from contextlib import closing
from dataclasses import asdict, replace

import pandas as pd
import pytest
from zoo_dataset_surveys import failures, frame, halt, survey
from zoo_dataset_surveys.ahead import ahead
from zoo_dataset_surveys.archive import Archive
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.plan import duration
from zoo_dataset_surveys.standin.galaxy import cells

from zoo.errors import Incompatible, UnknownPart
from zoo.retrieval import download
from zoo.retrieval.retry import ServiceError

from .patience import Clock

FRAMES = "sas/dr17/eboss/photoobj/frames/301"


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


@pytest.fixture
def targets(galaxies):
    return [Target(g.objid, g.ra, g.dec, {"petroRad_r": g.radius}) for g in galaxies[:12]]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(standin, tmp_path, clock):
    """An archive of a survey whose addresses are those of the stand-in sky."""

    def made(name="sdss", offline=False, again=False, **changes):
        paths = {"sdss": ("", "/sas"), "des": ("/tap", "/sia"), "legacy": ("", "/viewer"), "decals": ("", "/viewer")}[
            name
        ]
        catalogue, images = (standin.url + path for path in paths)
        chosen = replace(survey.named(name), catalogue=catalogue, images=images, timeout=20.0, **changes)
        return Archive(chosen, tmp_path / name, offline, clock.time, clock.sleep, again=again)

    return made


def test_frames_are_retrieved_once_for_all_galaxies_of_a_field_and_not_again(opened, targets, standin):
    archive = opened()
    plan = archive.plan(targets)
    assert plan[:5] == (12, 9, 0, 9, 27_000_000) and plan.seconds == 9 and not standin.log
    assert str(plan) == (
        "12 galaxies lie in 9 files, of which 0 are here: about 9 requests and 27.0 MB, at least 9.0 s."
    )
    groups = list(archive.frames(targets))
    assert [t for _, some in groups for t in some] == targets and [len(some) for _, some in groups] == [4, 4, 4]
    assert all(list(files) == ["g", "r", "i"] and all(map(download.kept, files.values())) for files, _ in groups)
    assert len(standin.log) == 9 == len({request.path for request in standin.log})
    assert opened().plan(targets)[1:5] == (9, 9, 0, 0)
    assert str(opened().plan(targets)) == "12 galaxies lie in 9 files, of which 9 are here: nothing is to be asked for."
    archive = replace(archive, clock=time.monotonic, sleep=time.sleep)
    assert list(pickle.loads(pickle.dumps(archive)).frames(targets)) == groups, "it goes into worker processes"
    assert list(opened().frames(targets)) == groups == list(opened(offline=True).frames(targets))
    assert len(standin.log) == 9


def test_times_are_said_in_units_that_people_use():
    assert [duration(one) for one in (0.12, 9, 90, 1_000_000)] == ["0.1 s", "9.0 s", "1.5 min", "277.8 h"]


@pytest.mark.parametrize("number", [1, 3])
def test_so_many_requests_are_under_way_as_the_survey_bears(opened, targets, standin, number, monkeypatch):
    monkeypatch.setattr("zoo_dataset_surveys.standin.faults.SILENCE", 0.1)
    standin.fault(FRAMES, "timeout", times=9)
    list(opened(at_once=number).frames(targets))
    assert standin.busiest == number and len(standin.log) == 9


def test_requests_keep_the_pace_of_the_survey(opened, targets, clock):
    list(opened(per_second=0.5).frames(targets[:4]))
    assert clock.slept == [2.0, 2.0]


def test_a_lost_camera_column_is_told_in_the_end(opened, targets, galaxies, standin, tmp_path, caplog):
    run, camcol, _ = galaxies[4].field
    standin.fault(f"{FRAMES}/{run}/{camcol}/", "404", times=99)
    standin.fault(f"{FRAMES}/{run}/{camcol + 1}/frame-i", "404", times=99)
    caplog.set_level("WARNING", "zoo")
    with closing(opened()) as archive:
        files = {some[0].object_id: found for found, some in archive.frames(targets)}
    assert [list(found.values()).count(None) for found in files.values()] == [0, 3, 1]
    table = pd.read_csv(tmp_path / "sdss" / "sdss" / "17" / failures.FAILURES, dtype=str)
    assert table["object_id"].tolist() == sorted(
        [t.object_id for t in targets[4:8]] * 3 + [t.object_id for t in targets[8:]]
    )
    assert set(table["code"]) == {"E-IMAGE-MISSING"} and table["what"].str.contains("is not there").all()
    lost = pd.read_csv(tmp_path / "sdss" / "sdss" / "17" / failures.LOSSES)
    assert lost[["galaxies", "lost", "rate"]].values.tolist() == [[4, 4, 1], [4, 4, 1], [4, 0, 0]]
    assert caplog.messages[0].startswith("8 of 12 galaxies lack a band or more: failures.csv says which")
    assert caplog.messages[1].startswith(f"All 4 galaxies of run {run} camcol {camcol} were lost, which is no property")


def test_what_failed_is_asked_for_when_told_and_the_rest_is_not(opened, targets, galaxies, standin, tmp_path):
    standin.fault(FRAMES, "html_page", times=5)
    first = list(opened(attempts=2, at_once=1).frames(targets[:4]))
    assert list(first[0][0].values()) == [None, None, tmp_path / first[0][0]["i"]] and len(standin.log) == 6
    assert list(opened().frames(targets[:4])) == first and len(standin.log) == 6
    with closing(opened(again=True)) as archive:
        second = list(archive.frames(targets[:4]))
    assert None not in second[0][0].values() and len(standin.log) == 8
    assert not len(pd.read_csv(tmp_path / "sdss" / "sdss" / "17" / failures.FAILURES))


def test_the_tables_hold_all_galaxies_that_were_asked_for_so_far(opened, targets, standin, tmp_path):
    standin.fault(f"{FRAMES}/752/1/", "404", times=3)
    for start in (0, 4, 8):
        with closing(opened()) as archive:
            list(archive.frames(targets[start : start + 4]))
    lost = pd.read_csv(tmp_path / "sdss" / "sdss" / "17" / failures.LOSSES)
    assert lost["galaxies"].sum() == 12 and lost["lost"].tolist() == [4, 0, 0] and lost["rate"].tolist() == [1, 0, 0]


def test_the_state_of_galaxies_changes_whenever_other_frames_may_come_for_them_and_never_returns(
    opened, targets, standin
):
    """Cutouts are kept by it: those of a galaxy that failed once may not be taken for those of one that came."""
    standin.fault(f"{FRAMES}/752/1/", "404", times=3)
    mine, others = targets[:4], targets[4:]
    state, elsewhere = opened().state(mine), opened().state(others)
    list(opened().frames(mine))
    failed = opened().state(mine)
    assert failed != state and opened().state(others) == elsewhere, "what failed elsewhere changes nothing here"
    assert opened(again=True).state(mine) != opened(again=True).state(mine), "it may come at any time"
    after = opened(again=True)
    list(after.frames(mine))
    assert opened().state(mine) not in (state, failed) and not after.record.failures
    assert opened().state(mine) == opened(again=True).state(mine), "nothing is left to be asked for"
    assert opened(offline=True).state(others) != elsewhere != opened("legacy").state(others)


def test_what_failed_is_remembered_by_other_programs_that_ask_for_other_galaxies(opened, targets, standin, tmp_path):
    """Each shard of a data set is asked for by itself, and each command begins anew."""
    standin.fault(f"{FRAMES}/752/3/", "404", times=99)
    first, second = targets[:4], targets[8:]
    list(opened().frames(first))
    list(opened().frames(second))
    with closing(opened()) as archive:
        list(archive.frames(first))
    asked = len(standin.log)
    assert [*next(opened().frames(second))[0].values()] == [None, None, None] and len(standin.log) == asked
    folder = tmp_path / "sdss" / "sdss" / "17"
    assert len(pd.read_csv(folder / failures.FAILURES)) == 12
    lost = pd.read_csv(folder / failures.LOSSES)
    assert lost[["galaxies", "lost"]].values.tolist() == [[4, 4], [4, 0]], "each galaxy counts once"
    standin.faults.clear()
    with closing(opened(again=True)) as archive:
        list(archive.frames(second))
    assert not len(pd.read_csv(folder / failures.FAILURES)) and pd.read_csv(folder / failures.LOSSES)["lost"].sum() == 0


def test_what_failed_in_one_band_is_remembered_where_another_one_is_asked_for(opened, targets, standin):
    standin.fault(FRAMES, "404", times=1)
    for bands in (("g",), ("r",)):
        list(opened(bands=bands).frames(targets[:4]))
    ((files, _),) = opened(bands=("g", "r")).frames(targets[:4])
    assert (files["g"], len(standin.log)) == (None, 2) and files["r"]


def test_another_table_may_use_the_id_of_a_galaxy_that_failed(opened, targets, standin):
    standin.fault("viewer", "404", times=1)
    list(opened("legacy", bands=("g",), at_once=1).frames([targets[0]._replace(object_id="1")]))
    ((files, _),) = opened("legacy", bands=("g",)).frames([targets[4]._replace(object_id="1")])
    assert files["g"] is not None


def test_images_of_different_services_and_of_the_stand_in_never_lie_in_one_folder(tmp_path):
    surveys = ["sdss", "standin", "des", "standin_des", "des_tiles", "standin_des_tiles", "legacy", "decals"]
    assert len({Archive(survey.named(name), tmp_path).root for name in surveys}) == len(surveys)


def test_a_viewer_that_is_out_of_order_is_no_place_without_images(opened, targets, galaxies, standin):
    """It says both with status 500 (surveys.md 3.4); pictures tell one from the other."""
    standin.fault("viewer", "500")
    ((files, _),) = opened("legacy", bands=("g",)).frames(targets[:1])
    assert files["g"] is not None and [r.path for r in standin.log] == [
        "/viewer/fits-cutout", "/viewer/jpeg-cutout", "/viewer/fits-cutout"]  # fmt: skip
    far = [Target(str(k), 200.0 + k, 50.0) for k in range(25)]
    archive = opened("legacy", bands=("g",))
    assert [files["g"] for files, _ in archive.frames(far)] == [None] * 25
    assert {failure.code for failure in archive.record.failures} == {"E-IMAGE-MISSING"}
    standin.fault("viewer", "500", times=999)
    some = [Target(str(k), g.ra, g.dec) for k, g in enumerate(galaxies)]
    with pytest.raises(ServiceError, match="failed 20 times in a row. At last: .*jpeg-cutout.* status 500"):
        list(opened("legacy", attempts=1, at_once=1, bands=("r",)).frames(some))


def test_a_side_of_more_pixels_than_the_viewer_gives_is_refused(opened, targets, standin):
    with pytest.raises(Incompatible, match="survey.side=900 is 3435 pixels of 0.262 arcsec, .* at most 786 arcsec"):
        opened("legacy", side=900.0).plan(targets)


def test_with_every_fault_on_the_way_the_files_are_those_of_a_quiet_night(opened, targets, standin, tmp_path):
    quiet = [{band: path.read_bytes() for band, path in files.items()} for files, _ in opened().frames(targets)]
    shutil.rmtree(tmp_path / "sdss")
    kinds = ("429", "503", "html_line", "html_page", "empty", "reset", "redirect", "truncated", "truncated_unsized")
    for kind in kinds:
        standin.fault(FRAMES, kind)
    archive = opened(attempts=1 + len(kinds))
    assert [{band: path.read_bytes() for band, path in files.items()} for files, _ in archive.frames(targets)] == quiet
    assert not archive.record.failures and not standin.faults


def test_programs_that_start_together_retrieve_each_file_once(opened, targets, standin):
    walks = [threading.Thread(target=lambda: list(opened().frames(targets))) for _ in range(4)]
    for walk in walks:
        walk.start()
    for walk in walks:
        walk.join()
    assert len(standin.log) == 9


def test_a_service_that_is_down_is_left_alone_after_twenty_groups(opened, galaxies, standin):
    standin.fault("", "503", times=999)
    some = [Target(str(k), g.ra, g.dec) for k, g in enumerate(galaxies)]
    archive = opened("legacy", attempts=1, at_once=1, bands=("g",))
    with pytest.raises(ServiceError, match="failed 20 times in a row. At last: .* answered with status 503"):
        list(archive.frames(some))
    assert 20 <= len(standin.log) <= 22 and len(archive.record.failures) == 20


def test_a_walk_that_is_broken_off_waits_for_no_pause(opened, targets, galaxies, standin):
    run, camcol, _ = galaxies[4].field
    standin.fault(f"{FRAMES}/{run}/{camcol}/", "503", times=99)
    walk = replace(opened(per_second=1000.0), clock=time.monotonic, sleep=time.sleep).frames(targets)
    next(walk)
    begun = time.monotonic()
    walk.close()
    assert time.monotonic() - begun < 2 * halt.STEP and len(standin.faults) > 90


def test_a_frame_that_was_cut_off_goes_on_where_it_was(opened, targets, standin):
    standin.fault(f"{FRAMES}/752/1/frame-r", "truncated")
    ((files, _),) = opened().frames(targets[:4])
    first, second = standin.asked(f"{FRAMES}/752/1/frame-r")
    assert None not in files.values() and "Range" not in first.headers and second.headers["Range"] != "bytes=0-"


@pytest.mark.parametrize("kind", ["zeros", "nan"])
def test_a_dark_frame_counts_as_no_frame(opened, targets, standin, kind):
    standin.fault(f"{FRAMES}/752/1/frame-r", kind)
    archive = opened()
    ((files, _),) = archive.frames(targets[:4])
    assert files["r"] is None and files["g"] and "is zero all over" in archive.record.failures[0].what
    assert len(archive.record.failures) == 4 and list(opened().frames(targets[:4]))[0][0]["r"] is None
    assert len(standin.log) == 3


def test_a_band_that_the_viewer_draws_black_is_missing(opened, targets, standin):
    standin.fault("viewer", "zeros")
    ((files, _),) = opened("decals", at_once=1, side=20.0).frames(targets[:1])
    assert [band for band, path in files.items() if path is None] == ["g"]


def test_offline_is_what_the_folder_has(opened, targets, standin):
    list(opened().frames(targets[:4]))
    asked = len(standin.log)
    archive = opened(offline=True)
    assert [None in files.values() for files, _ in archive.frames(targets)] == [False, True, True]
    assert "nobody was asked for it" in archive.record.failures[0].what and len(standin.log) == asked
    assert archive.plan(targets).requests == 0


def test_positions_alone_are_looked_up_and_what_is_no_position_is_told(opened, targets, standin):
    some = [Target(f"galaxy {k}", t.ra, t.dec) for k, t in enumerate(targets[:5])]
    strange = [Target("nan", float("nan"), 0.0), Target("far", 100.0, 50.0), Target("high", 0.0, 91.0)]
    archive = opened()
    plan = archive.plan([*some, *strange])
    assert (plan.galaxies, plan.requests) == (6, 18 + 3)
    groups = list(archive.frames([*some, *strange]))
    assert sorted(t.object_id for _, g in groups for t in g) == sorted(t.object_id for t in [*some, *strange])
    lost = {failure.object_id: failure.group for failure in archive.record.failures}
    assert lost == {"nan": "no position", "high": "no position", "far": "no field"}
    (why,) = {failure.what for failure in archive.record.failures if failure.object_id == "nan"}
    assert "Its position is none" in why
    asked = len(standin.log)
    list(opened().frames([*some, *strange]))
    assert len(standin.log) == asked


@pytest.mark.parametrize(("name", "requests"), [("des", 4), ("legacy", 4), ("decals", 3)])
def test_other_surveys_have_a_cutout_of_each_galaxy_in_each_band(opened, targets, standin, name, requests):
    archive = opened(name, side=26.0)
    assert archive.plan(targets[:3]).requests == 3 * requests
    for files, (target,) in archive.frames(targets[:3]):
        assert list(files) == list(archive.survey.bands)
        for path in files.values():
            assert min(frame.read(path).image.shape) >= 98 and f"{target.ra:.5f}" in path.name
    assert len(standin.log) == 3 * requests and not archive.record.failures
    list(opened(name, side=26.0).frames(targets[:3]))
    assert len(standin.log) == 3 * requests
    ((files, _),) = archive.frames([Target("x", 200.0, 50.0)])
    assert set(files.values()) == {None} and archive.record.failures[0].group == "square degree 200 +50"


def test_the_stand_in_survey_brings_its_own_sky(tmp_path, galaxies):
    chosen = replace(survey.named("standin"), simulated=1)
    archive = Archive(chosen, tmp_path)
    ((files, some),) = archive.frames([Target(g.objid, g.ra, g.dec) for g in galaxies[:4]])
    assert len(some) == 4 and frame.read(files["g"]).image.any()
    seen = Archive(replace(survey.named("standin_des"), simulated=1), tmp_path)
    assert all(
        path for files, _ in seen.frames([Target("x", galaxies[0].ra, galaxies[0].dec)]) for path in files.values()
    )


@pytest.mark.parametrize("name", ["sdss", "des", "legacy", "decals", "standin", "standin_des"])
def test_every_survey_can_be_had_by_its_name(name):
    found = survey.named(name)
    assert found.images.startswith(("https://", survey.STANDIN)) and found.bands and found.colour and found.size


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "mauve"}, "survey.colour=mauve is not one of bands, bands_asinh"),
        ({"images": "here"}, "survey.images=here is no address: begin it with https://"),
        ({"release": "dr17"}, "survey.release=dr17 is no release of SDSS"),
        ({"service": "legacy"}, "survey.side=None is no side of cutouts"),
        ({"bands": ()}, "names no band"),
        ({"per_second": 0}, "survey.per_second=0 has to be more than 0"),
    ],
)
def test_a_survey_that_cannot_be_is_refused(changes, said):
    with pytest.raises(Incompatible, match=said):
        replace(survey.named("sdss"), **changes)
    with pytest.raises(UnknownPart, match="No survey of zoo-dataset-surveys is called hubble: choose one of decals,"):
        survey.named("hubble")


def test_work_ahead_keeps_the_order_and_never_holds_more_than_twice_the_number():
    from concurrent.futures import ThreadPoolExecutor

    begun = []
    with ThreadPoolExecutor(3) as pool:
        made = ahead(pool, lambda n: begun.append(n) or n * n, range(100), 3)
        assert [next(made) for _ in range(2)] == [(0, 0), (1, 1)] and len(begun) <= 8
        made.close()
    assert len(begun) <= 8


def test_run_and_camcol_of_losses_are_those_of_the_ids(galaxies):
    assert cells(galaxies)[4][:2] == (752, 2)


def test_groups_that_lost_everything_are_told_the_first_eight_of_them():
    record = failures.Record()
    for number in range(20):
        pair = [Target(f"{letter}{number}", 0.0, 0.0) for letter in "ab"]
        record.add(failures.Outcome(pair, f"run {number}", {"r": ServiceError("It broke.")} if number < 10 else {}))
    record.add(failures.Outcome([Target("alone", 0.0, 0.0)], "run 99", {"r": ServiceError("It broke.")}))
    first, second, *_, last = record.told()
    assert first.startswith("21 of 41 galaxies lack a band") and last == "… and 2 more groups lost all of theirs."
    assert second == "All 2 galaxies of run 0 were lost, which is no property of galaxies: It broke."
    assert len(record.told()) == 1 + failures.SHOWN + 1 and failures.Record().told() == []


def test_a_data_set_takes_a_survey_by_its_values_or_by_its_name():
    values = asdict(survey.named("des"))
    assert survey.chosen("des") == survey.chosen(values) == survey.named("des") and survey.chosen(None) is None
    with pytest.raises(UnknownPart, match="or one of another package with survey@dataset.survey=hubble"):
        survey.chosen("hubble")


def test_a_cutout_of_des_knows_the_tile_that_it_was_cut_from(opened, targets, galaxies, standin):
    """Its address says it, of which the note beside it tells."""
    archive = opened("des", bands=("r",))
    ((files, _),) = archive.frames(targets[4:5])
    assert archive.tile(files["r"]) == standin.holdings.tile_of[galaxies[4].coadd_object_id]
