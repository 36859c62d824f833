"""A few galaxies in the layout of the tables of Khan et al. (2019), with images that follow from their ids."""

import gzip
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from zoo_dataset_surveys import objid
from zoo_dataset_surveys.khan2019 import tables

ARCSEC = 1 / 3600
VALIDATION_GALAXIES = 3
SIZE = 12


def galaxy(number: int, run: int = 756, camcol: int = 2) -> str:
    """The id of a galaxy."""
    return objid.encode(objid.Objid(*map(np.array, (1, 40, run, camcol, 0, 100 + number, number))))[0]


CERTAIN = [galaxy(k) for k in range(14)] + [galaxy(k, run=3325, camcol=4) for k in range(14, 17)]
LABEL = {i: "spiral" if k % 2 else "elliptical" for k, i in enumerate(CERTAIN)}
LOST = set(CERTAIN[14:]) | {CERTAIN[3]}
HP = [CERTAIN[1], CERTAIN[4], CERTAIN[7], CERTAIN[14]]
FAINT = [galaxy(k) for k in range(20, 25)] + [galaxy(25, run=3325, camcol=4)]
OVERLAP = [CERTAIN[1], CERTAIN[2], *FAINT]
"""One of HP, one that trains or validates, and six of which the last is taken for lost and one has no neighbour."""

ALONE, TIE = FAINT[1], FAINT[2]
FO = [i for i in OVERLAP if i not in (ALONE, CERTAIN[2])]
IN_DES = {i: str(140_000_000 + k) for k, i in enumerate(sorted({*HP, *OVERLAP} - {ALONE}))}


def position(object_id: str) -> tuple[float, float]:
    """Degrees: 0.1 from the next galaxy, across right ascension 0."""
    number = int(object_id) & 0xFFFF
    return (359.0 + 0.1 * number) % 360, -1.0 + 0.05 * number


def des_position(object_id: str) -> tuple[float, float]:
    """The same galaxy in DES: 0.2 arcsec to the north."""
    ra, dec = position(object_id)
    return ra, dec + 0.2 * ARCSEC


def fractions(object_id: str) -> tuple[float, float]:
    """Debiased fractions elliptical and spiral."""
    if object_id == TIE:
        return 0.4, 0.4
    if object_id in LABEL:
        return (0.01, 0.99) if LABEL[object_id] == "spiral" else (0.95, 0.02)
    return (0.3, 0.6) if int(object_id) % 2 else (0.7, 0.2)


def write_table(folder: Path, name: str, header: str, rows: list[str]) -> None:
    """Write a table, compressed where its name says so."""
    (folder / name).write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode(), mtime=0))


def write_tables(folder: Path, label: dict[str, str] = LABEL) -> None:
    """Write the five tables."""
    place = {i: "{:.8f},{:.8f}".format(*position(i)) for i in {*CERTAIN, *OVERLAP}}
    certain = [f"{i},{place[i]},7.5,{label[i]},{'clip' if i in LOST else ''}" for i in CERTAIN]
    write_table(folder, tables.HIGH_CERTAINTY, "objid,ra,dec,petroRad_r,label,image_failed", certain)
    write_table(folder, tables.OVERLAP, "objid,ra,dec,petroRad_r", [f"{i},{place[i]},4.5" for i in OVERLAP])
    for name, ids in ((tables.HP_IN_DES, HP), (tables.FO_IN_DES, [i for i in OVERLAP if i != ALONE])):
        rows = ["{},{:.8f},{:.8f}".format(IN_DES[i], *des_position(i)) for i in ids]
        write_table(folder, name, "DES_COADD_OBJECT_ID,RA_des,DEC_des", rows)
    votes = ["{},{},{}".format(i, *fractions(i)) for i in dict.fromkeys([*HP, *OVERLAP])]
    write_table(folder, tables.VOTES[0], "OBJID,P_EL_DEBIASED,P_CS_DEBIASED", votes)


def picture(object_id: str) -> bytes:
    """A PNG whose pixels follow from the id."""
    pixels = np.random.default_rng(int(object_id)).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write_images(folder: Path, ids: list[str]) -> None:
    """Write an image for each id."""
    folder.mkdir(exist_ok=True)
    for object_id in ids:
        (folder / f"{object_id}.png").write_bytes(picture(object_id))


def write(folder: Path) -> None:
    """Write tables, and the images of both surveys."""
    write_tables(folder)
    write_images(folder / "sdss", [i for i in dict.fromkeys([*CERTAIN, *OVERLAP]) if i not in LOST])
    write_images(folder / "des", list(IN_DES.values()))
