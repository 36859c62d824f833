"""The map of the sky tells the galaxies it was given: from catalogues, tables and data sets, few and many."""

import numpy as np
import pandas as pd
import pytest
from astropy import units
from astropy.table import Table
from zoo_dataset_surveys import chart, coverage
from zoo_dataset_surveys.figures import sky_map

from zoo import compose
from zoo.catalogue import ABOUT
from zoo.errors import DataError, ZooError

from . import catalogues

KEYS = {"object_id": "object_id", "ra": "ra", "dec": "dec", "colour": None, "most": 20_000, "cells": 30}


def drawn(catalogue, **keys):
    return sky_map.draw(catalogue, **KEYS | {"footprint": None} | keys)


@pytest.mark.parametrize("place", [(0.0, 0.0), (30.0, 90.0), (180.0, -89.0)])
def test_a_few_galaxies_are_dots_in_the_colours_of_their_classes(tmp_path, place):
    made = catalogues.write(tmp_path / "G", *catalogues.around(*place, 40), ["ok"] * 40)
    drawing = drawn(made.folder)
    rows = made.to_pandas()
    pd.testing.assert_frame_equal(drawing.numbers, rows[["object_id", "ra", "dec", "morph_class"]])
    legend = [text.get_text() for text in drawing.picture.legends[0].get_texts()]
    assert legend == [f"{name} ({(rows['morph_class'] == name).sum()})" for name in catalogues.CLASSES]
    axes = drawing.picture.axes[0]
    points = np.concatenate([dots.get_offsets() for dots in axes.collections])
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert len(points) == 40 and ((points >= [left, low]) & (points <= [right, high])).all()
    assert axes.get_title().startswith("40 galaxies, a field of ")


def test_many_galaxies_are_a_density_that_counts_every_one(tmp_path):
    made = catalogues.write(tmp_path / "G", *catalogues.all_over(100_000))
    path = drawn(made.folder).write(tmp_path / "out", "sky_map")
    numbers = pd.read_csv(path.with_suffix(".csv"))
    assert numbers["galaxies"].sum() == 100_000 and len(numbers) <= 30 * 15
    area = numbers["galaxies"] / numbers["per_square_degree"]
    assert area.std() < 1e-9 and numbers["per_square_degree"].median() == pytest.approx(100_000 / 41253, rel=0.05)
    assert path.with_suffix(".svg").stat().st_size < 300_000
    dots = drawn(made.folder, colour="morph_class")
    assert len(dots.numbers) == 100_000
    assert all(one.get_rasterized() for one in dots.picture.axes[0].collections), "an SVG holds no 100,000 circles"


def test_a_table_in_radians_gives_the_same_map_as_one_in_degrees(tmp_path):
    ra, dec = catalogues.around(0.0, 10.0, 30)
    numbers = []
    for unit in (units.deg, units.rad):
        path = tmp_path / f"{unit}.fits"
        columns = {
            "name": [f"g{k}" for k in range(30)],
            "RA": (ra * units.deg).to(unit),
            "DE": (dec * units.deg).to(unit),
        }
        Table(columns | {"kind": ["a", "b", ""] * 10}).write(path)
        numbers.append(drawn(path, object_id="name", ra="RA", dec="DE", colour="kind").numbers)
    np.testing.assert_allclose(numbers[0][["ra", "dec"]], numbers[1][["ra", "dec"]], atol=1e-9)
    assert numbers[0]["kind"].tolist() == ["a", "b", "none"] * 10 and numbers[0]["object_id"][0] == "g0"
    with pytest.raises(
        ZooError, match="colour=knd is neither density nor a column of the galaxies; the nearest are kind"
    ):
        drawn(path, object_id="name", ra="RA", dec="DE", colour="knd")


def test_names_without_a_colour_of_their_own_are_others(tmp_path):
    rows = pd.DataFrame({"kind": [*"aaabbbcccdddeeefff", "g", None, ""]})
    assert sky_map.kinds(rows, "kind").tolist() == [*"aaabbbcccdddeeefff", "others", "none", "none"]


def test_a_footprint_is_outlined_where_it_is_and_nowhere_else(tmp_path):
    pytest.importorskip("mocpy", reason="the surveys plugin's extra `moc` is not installed")
    made = catalogues.write(tmp_path / "G", *catalogues.around(0.0, 60.0, 3000, radius=5.0))
    bare = drawn(made.folder)
    path = coverage.write(made, 8, "fits")
    side = chart.of(coverage.seen(made), KEYS["cells"]).side
    for drawing in (drawn(made.folder), drawn(made.folder, footprint=path)):
        (line,) = {*map(type, drawing.picture.axes[0].collections)} - {*map(type, bare.picture.axes[0].collections)}
        outline = next(one for one in drawing.picture.axes[0].collections if type(one) is line)
        loops = outline.get_paths()[0].to_polygons()
        area = (
            sum((x[:-1] @ y[1:] - x[1:] @ y[:-1]) / 2 for x, y in map(np.transpose, loops)) * side**2
        )  # holes turn back
        assert abs(area) == pytest.approx(coverage.read(path).sky_fraction * coverage.SKY, rel=0.15)


def test_the_command_writes_three_files(tmp_path, capsys):
    made = catalogues.write(tmp_path / "G", *catalogues.around(0.0, 0.0, 20))
    assert (
        compose.run_hydra("figure", ["sky_map", f"catalogue={made.folder}", f"out={tmp_path / 'out'}", "cells=20"]) == 0
    )
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "out" / "sky_map.png")
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".png", ".svg"]


def test_galaxies_without_places_are_refused(tmp_path):
    with pytest.raises(ZooError, match="The figure sky_map needs galaxies: give catalogue=FOLDER"):
        drawn(None)
    with pytest.raises(DataError, match="has no columns ra and dec"):
        drawn(catalogues.write(tmp_path / "G", [1.0], [2.0], known=ABOUT[2:]).folder)
    with pytest.raises(ZooError, match="cells=1: a map has at least two"):
        drawn(tmp_path / "G", cells=1)
    (tmp_path / "hours.csv").write_text("object_id,ra,dec\na,361,0\n")
    with pytest.raises(DataError, match="ra 361 and dec 0, has a right ascension beyond 0° to 360°"):
        drawn(tmp_path / "hours.csv")
