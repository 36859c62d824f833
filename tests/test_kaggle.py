"""The challenge's files through kagglehub as it is, from the stand-in sky (surveys.md 7.5, item 15)."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from zoo_dataset_galaxy_zoo.download import retrieve
from zoo_dataset_surveys.standin import Sky, faults
from zoo_dataset_surveys.standin.kaggle import refused

from zoo.errors import ZooError

NAME = "images_test_rev1"
FILE = bytes(range(256)) * 12_000
"""Three blocks of those that kagglehub writes, about."""


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sky]:
    """A Kaggle on this machine, and somebody who has accepted the rules."""
    pytest.importorskip("kagglehub")
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLEHUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "welcome")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    environment = importlib.import_module("kagglesdk.kaggle_env")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / f"{NAME}.zip").write_bytes(FILE)
    with Sky([], real=tmp_path / "shop") as sky:
        monkeypatch.setitem(environment._env_to_endpoint, environment.KaggleEnv.LOCAL, sky.url)
        yield sky


def left(root: Path) -> list[str]:
    """What people see in a folder."""
    return sorted(path.name for path in root.glob("[!.]*"))


def test_a_file_is_ordered_and_fetched_where_the_answer_sends(kaggle: Sky, tmp_path: Path) -> None:
    retrieve(tmp_path / "root", [NAME])
    assert (tmp_path / "root" / f"{NAME}.zip").read_bytes() == FILE
    assert [request.method for request in kaggle.log] == ["POST", "GET"]
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == [f"{NAME}.zip"]
    retrieve(tmp_path / "root", [NAME])
    assert len(kaggle.log) == 2


def test_what_was_broken_off_is_no_file_and_the_same_command_goes_on(kaggle: Sky, tmp_path: Path) -> None:
    kaggle.fault("gcs", partial(faults.cut, sent=0.7))
    with pytest.raises(ZooError, match="could not be retrieved .*: repeat the command, which goes on where it was"):
        retrieve(tmp_path / "root", [NAME])
    assert left(tmp_path / "root") == []
    retrieve(tmp_path / "root", [NAME])
    assert (tmp_path / "root" / f"{NAME}.zip").read_bytes() == FILE
    assert kaggle.log[-1].headers["Range"].startswith("bytes=") and kaggle.log[-1].headers["Range"] != "bytes=0-"


def test_a_file_of_another_md5_is_refused(kaggle: Sky, tmp_path: Path) -> None:
    kaggle.fault("gcs", lambda reply: replace(reply, body=reply.body[::-1]))
    with pytest.raises(ZooError, match="MD5 checksum"):
        retrieve(tmp_path / "root", [NAME])
    assert left(tmp_path / "root") == []


def test_a_token_that_kaggle_does_not_know_any_more_is_told_so(kaggle: Sky, tmp_path: Path) -> None:
    kaggle.fault("api", lambda reply: refused(401, "Unauthenticated"))
    with pytest.raises(ZooError, match=r"401 Client Error.*put a token into KAGGLE_API_TOKEN"):
        retrieve(tmp_path / "root", [NAME])
    assert left(tmp_path / "root") == [] and len(kaggle.log) == 1, "nothing is asked for twice"


@pytest.mark.parametrize(("token", "said"), [("stranger", "403 Client Error"), (None, "not authenticated")])
def test_nobody_and_who_has_not_accepted_the_rules_are_told_so(
    kaggle: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None, said: str
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", token or "")
    with pytest.raises(ZooError, match=rf"(?i){said}.*accept the challenge's rules .* KAGGLE_API_TOKEN"):
        retrieve(tmp_path / "root", [NAME])
    assert left(tmp_path / "root") == []
