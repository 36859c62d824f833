"""Tables of labels from where they are published: whole and right, or a sentence (surveys.md 1.1, 7.5 case 16)."""

import gzip
import hashlib

import numpy as np
import pandas as pd
import pytest
from zoo_dataset_surveys import coordinates
from zoo_dataset_surveys.khan2019 import tables
from zoo_dataset_surveys.standin import faults, galaxy_zoo
from zoo_dataset_surveys.standin.galaxy import Galaxy

from zoo import compose
from zoo.retrieval.published import PublishedTable
from zoo.retrieval.retry import ServiceError
from zoo.table_file import read_table

from . import few
from .patience import Clock, client

COLUMNS = ("OBJID", *tables.FRACTIONS)
SIXTEEN = (
    "OBJID,RA,DEC,NVOTE,P_EL,P_CW,P_ACW,P_EDGE,P_DK,P_MG,P_CS,P_EL_DEBIASED,P_CS_DEBIASED,SPIRAL,ELLIPTICAL,UNCERTAIN"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "root" / galaxy_zoo.TABLE_2


@pytest.fixture
def table(standin):
    return PublishedTable(f"{standin.url}/gz/{galaxy_zoo.TABLE_2}", COLUMNS)


@pytest.fixture
def asking():
    return client(Clock())


def test_the_table_of_galaxy_zoo_1_has_its_columns_and_sums(standin, table, path, asking):
    table.retrieve(path, asking)
    rows = pd.read_csv(path, dtype={"OBJID": str})
    assert ",".join(rows) == SIXTEEN and rows["OBJID"].tolist() == [g.objid for g in standin.holdings.galaxies.all]
    assert np.abs(rows[list(galaxy_zoo.FRACTIONS)].sum(axis=1) - 1).max() <= 0.003 + 1e-9
    assert (rows[["SPIRAL", "ELLIPTICAL", "UNCERTAIN"]].sum(axis=1) == 1).all()
    table.retrieve(path, asking)
    assert len(standin.log) == 1


def test_its_sexagesimal_text_is_where_the_galaxies_are_also_just_south_of_the_equator(standin, table, path, asking):
    """A declination of -00:43:24.9 keeps its sign."""
    here = [Galaxy("587722982293700737", "1", 218.3129, -0.72358333, "spiral"), *standin.holdings.galaxies.all]
    text = galaxy_zoo.table_2(here).decode().splitlines()
    assert text[1].split(",")[1:3] == ["14:33:15.10", "-00:43:24.9"]
    path.parent.mkdir()
    path.write_bytes(gzip.compress("\n".join(text).encode()))
    rows = read_table(path)
    found = coordinates.read(rows.text("RA"), rows.text("DEC"))
    np.testing.assert_allclose(found.dec, [g.dec for g in here], atol=0.05 / 3600 + 1e-9)
    away = (found.ra - [g.ra for g in here] + 180) % 360 - 180
    np.testing.assert_allclose(away, 0, atol=0.075 / 3600 + 1e-9)


def test_the_hash_is_that_of_the_table_unpacked(standin, table, path, asking):
    text = galaxy_zoo.table_2(standin.holdings.galaxies.all)
    PublishedTable(table.address, COLUMNS, hashlib.sha256(text).hexdigest()).retrieve(path, asking)
    assert gzip.decompress(path.read_bytes()) == text
    path.unlink()
    with pytest.raises(ServiceError, match=r"table2.csv.gz is another table than was published: its SHA-256 is "):
        PublishedTable(table.address, COLUMNS, "0" * 64).retrieve(path, asking)
    assert not path.exists() and len(standin.log) == 2


@pytest.mark.parametrize("kind", ["429", "503", "html_line", "html_page", "empty", "reset", "truncated", "redirect"])
def test_what_passes_is_asked_again(standin, table, path, asking, kind):
    standin.fault("gz", kind)
    table.retrieve(path, asking)
    assert len(standin.log) == 2 and len(read_table(path)) == 24


def test_a_damaged_file_is_asked_for_again_and_another_table_is_not(standin, table, path, asking, tmp_path):
    standin.fault("gz", lambda reply: faults.replace(reply, body=reply.body[:-9] + bytes(9)))
    table.retrieve(path, asking)
    assert len(standin.log) == 2
    path.unlink()
    standin.holdings.real = tmp_path
    (tmp_path / galaxy_zoo.TABLE_2).write_bytes(gzip.compress(b"OBJID,P_EL,P_CS\n1,0,1\n"))
    with pytest.raises(ServiceError, match="without P_EL_DEBIASED, P_CS_DEBIASED .its first line says 'OBJID,P_"):
        table.retrieve(path, asking)
    assert not path.exists() and len(standin.log) == 3


class TestKhan2019:
    """The votes come into the folder of the other tables."""

    @pytest.fixture
    def root(self, tmp_path, standin):
        """The tables but for the votes, which the server has."""
        root, standin.holdings.real = tmp_path / "root", tmp_path / "published"
        for folder in (root, standin.holdings.real):
            folder.mkdir()
        few.write_tables(root)
        (root / tables.VOTES[0]).rename(standin.holdings.real / galaxy_zoo.TABLE_2)
        return root

    @pytest.fixture
    def prepare(self, root, standin, capsys):
        """`zoo data prepare`, which answers with its exit code and what it said."""

        def run(*words):
            origin = [f"dataset.origin.address={standin.url}/gz/{galaxy_zoo.TABLE_2}", "dataset.origin.sha256=null"]
            typed = ["dataset=khan2019_sdss", f"dataset.root={root}", "dataset.validation_galaxies=3", *origin, *words]
            return compose.run_hydra("data prepare", typed), *capsys.readouterr()

        return run

    def test_they_are_retrieved_once_when_asked_for(self, prepare, root, standin):
        code, out, err = prepare("dataset.download=true")
        assert code == 0 and out.splitlines()[-1].split() == ["all", "13", "13"]
        assert f"retrieving {galaxy_zoo.TABLE_2}: 0.0 MB, of which" in err
        assert prepare("dataset.download=true")[0] == prepare()[0] == 0 and len(standin.log) == 1
        assert (root / galaxy_zoo.TABLE_2).is_file()

    def test_nothing_is_retrieved_unasked_and_the_refusal_says_how(self, prepare, standin):
        code, out, err = prepare()
        assert (code, out) == (2, "") and not standin.log
        assert err.strip().endswith(
            f"lacks {tables.VOTES[0]}: name the folder with the tables of Khan et al. (2019), or retrieve the votes "
            "with dataset.download=true. [E-TABLE-MISSING]"
        )

    def test_nothing_is_retrieved_where_other_tables_are_absent(self, prepare, root, standin):
        (root / tables.OVERLAP).unlink()
        code, _, err = prepare("dataset.download=true")
        assert code == 2 and f"lacks {tables.OVERLAP}: name the folder" in err and not standin.log

    def test_another_table_is_refused_and_nothing_is_written(self, prepare, root):
        code, out, err = prepare("dataset.download=true", f"dataset.origin.sha256={'0' * 64}")
        assert (code, out) == (2, "") and "is another table than was published" in err
        assert not list(root.glob("*GalaxyZoo1*")) and not (root / "splits.parquet").exists()
