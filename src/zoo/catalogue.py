"""Predictions joined to the rows they belong to: Parquet shards, and a manifest that says what they are.

A catalogue is a folder. `part-00000.parquet`, `part-00001.parquet`, … hold consecutive rows in the order of the table;
`manifest.json` says from what they were computed. Here are its columns and its reader; `zoo.shards` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from zoo.errors import DataError, ZooError
from zoo.schema import Classes, Question, Schema, VoteCounts, VoteFractions

VERSION = 1
"""Of the layout of shards and manifest."""

MANIFEST = "manifest.json"

OK, FAILED, NON_FINITE = "ok", "failed", "non_finite"
"""What a row's `status` may be: predicted; without a usable image; predicted, but not with finite numbers."""


@dataclass(frozen=True)
class Column:
    """One column. `unit` as FITS spells it, `ucd` of the IVOA's UCD1+ words.

    kind: string, int32, float32, float64, or vector, as many float32 numbers in every row.
    """

    name: str
    kind: str = "float32"
    unit: str = ""
    ucd: str = ""
    description: str = ""


OBJECT_ID = Column("object_id", "string", "", "meta.id;meta.main", "Name of the galaxy in its data set")
RA = Column("ra", "float64", "deg", "pos.eq.ra;meta.main", "Right ascension, ICRS")
DEC = Column("dec", "float64", "deg", "pos.eq.dec;meta.main", "Declination, ICRS")
SURVEY = Column("survey", "string", "", "meta.dataset", "Survey of the image")
RELEASE = Column("release", "string", "", "meta.dataset", "Data release of the survey")
TILE = Column("tile", "string", "", "meta.id;obs.field", "Tile of the survey that the image was cut from")
FLAG = Column(
    "flag",
    "int32",
    "",
    "meta.code.qual",
    "Sum of bits: 1 missing band, 2 masked pixels, 4 edge, 8 outside the range of the training, 16 duplicate match, "
    "32 unreadable image, 64 out of distribution; 0 is good",
)
ABOUT = (RA, DEC, SURVEY, RELEASE, TILE, FLAG)
"""What a data set may know of its galaxies: columns of its table that a catalogue hands on."""

CLASS_UCD = "stat.probability;src.class"
MORPH_CLASS = Column("morph_class", "string", "", "src.morph.type", "The likeliest class")
PROBABILITY = Column("probability", ucd="stat.probability;src.morph.type", description="Probability of morph_class")
MARGIN = Column("margin", ucd="stat.value", description="ln of the ratio of the two largest probabilities")
SPREAD = Column("spread", ucd="stat.stdev", description="Deviation of that probability between blended catalogues")
MEDIAN = Column(
    "p_median", ucd="stat.probability;stat.median", description="Median of that probability over blended catalogues"
)
MEMBER_UCD = "stat.probability;meta.modelled"
"""Of the columns p1, p2, …: what each blended catalogue says."""

DERIVED = (MORPH_CLASS, PROBABILITY, MARGIN, SPREAD, MEDIAN)
"""What follows from the probabilities of classes."""

SPLIT = Column("split", "string", "", "meta.code.class", "train, validation, test or unlabelled")
LABEL = Column("label", "string", "", "src.class", "Class of the galaxy, or its first question's commonest answer")
FEATURES = Column("features", "vector", "", "stat.value", "What the last layer of the model's head sees")
STATUS = Column("status", "string", "", "meta.code.status", f"{OK}, {FAILED} (no usable image) or {NON_FINITE}")
ERROR_CODE = Column("error_code", "string", "", "meta.code", "Why a row is not ok; empty where it is")


def columns(
    schema: Schema, names: Sequence[str], known: Collection[str] = (), descriptions: Mapping[str, str] | None = None
) -> list[Column]:
    """The columns of a catalogue of these predictions; `known` is what the data set has of `ABOUT`.

    A prediction that is a column of the schema is described in the schema's words, another one in those of the model's
    head (`descriptions`). Raises ZooError where two columns would have one name.
    """
    described = {name: Column(name, description=said) for name, said in (descriptions or {}).items()}
    described |= {column.name: column for column in _described(schema)}
    predictions = [described.get(n, Column(n, description=f"Output {n} of the model's head")) for n in names]
    about = [column for column in ABOUT if column.name in known]
    classified = [MORPH_CLASS, PROBABILITY, MARGIN] if isinstance(schema, Classes) else []
    found = [OBJECT_ID, *about, *predictions, *classified, STATUS, ERROR_CODE]
    refuse_twice([column.name for column in found])
    return found


def member_column(number: int, fingerprint: str) -> Column:
    """What one catalogue of a blend says of the class that the blend gives; they are counted from 1."""
    words = f"Probability of morph_class in the blended catalogue {fingerprint[:16]}"
    return Column(f"p{number}", ucd=MEMBER_UCD, description=words)


def derived(column: Column) -> bool:
    """Whether a column follows from the probabilities of classes, and is made anew by a blend."""
    return column in DERIVED or column.ucd == MEMBER_UCD


def known_in(table: Collection[str]) -> list[str]:
    """Which columns of `ABOUT` a data set's table has; a position needs both coordinates."""
    names = [column.name for column in ABOUT if column.name in table]
    return names if {RA.name, DEC.name} <= {*names} else [name for name in names if name not in (RA.name, DEC.name)]


def refuse_twice(names: Sequence[str]) -> None:
    """Raise ZooError where two columns have one name."""
    for name in names:
        if names.count(name) > 1:
            raise ZooError(f"A prediction is called {name}, as is another column of a catalogue: rename the label.")


def _described(schema: Schema) -> Iterator[Column]:
    match schema:
        case VoteFractions(questions) | VoteCounts(questions):
            whose = "of all volunteers" if isinstance(schema, VoteFractions) else "of the volunteers asked"
            for question in questions:
                for answer, label in zip(question.answers, _labels(question), strict=True):
                    words = f"Fraction {whose} who answer '{label}' to '{question.asks or question.name}'"
                    yield Column(answer, ucd="stat.probability;src.morph", description=words)
        case Classes(names):
            for name in names:
                yield Column(name, ucd=CLASS_UCD, description=f"Probability of the class {name}")
        case _:
            for name in schema.columns:
                yield Column(name, ucd="stat.value", description=f"Predicted {name}")


def _labels(question: Question) -> tuple[str, ...]:
    return question.labels or question.answers


def facts(inputs: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested inputs as flat text, such as `model.head.name: dirichlet`, for files that know no nesting."""
    flat: dict[str, str] = {}
    for key, value in inputs.items():
        flat |= facts(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": str(value)}
    return flat


class Catalogue:
    """A catalogue for reading. While it is being written, its finished shards are all there is to see.

    manifest: what `manifest.json` holds. columns: what the columns mean. Raises DataError where there is no catalogue.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        try:
            self.manifest: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
            self.columns = [Column(**column) for column in self.manifest["columns"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{folder} is no catalogue, its {MANIFEST} cannot be read ({error}): "
                f"`zoo predict run=… out={folder}` writes one.",
                "E-CATALOGUE",
            ) from error

    def __len__(self) -> int:
        return sum(pq.read_metadata(path).num_rows for path in self.paths)

    @property
    def created(self) -> str:
        """When it was finished, UTC: the time of its manifest, as no file of it says any."""
        return datetime.fromtimestamp((self.folder / MANIFEST).stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S")

    @property
    def software(self) -> str:
        """What wrote it."""
        return f"galaxy-model-zoo {self.manifest['inputs'].get('versions', {}).get('galaxy-model-zoo', '')}".strip()

    @property
    def credits(self) -> Mapping[str, str]:
        """The `licence` of the data that it was made from, and the `citation` that they ask for, where known."""
        return self.manifest["inputs"].get("credits", {})

    @property
    def complete(self) -> bool:
        """Whether every row is there."""
        return bool(self.manifest["complete"])

    @property
    def paths(self) -> list[Path]:
        """The finished shards, in the order of their rows."""
        return sorted(self.folder.glob("part-*.parquet"))

    def shards(self) -> Iterator[pa.Table]:
        """The rows, shard by shard, checked against the checksums of their pages."""
        for path in self.paths:
            yield pq.ParquetFile(path, page_checksum_verification=True).read()

    def to_pandas(self) -> pd.DataFrame:
        """All rows at once."""
        return pa.concat_tables(self.shards()).to_pandas()
