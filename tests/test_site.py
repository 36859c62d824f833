"""The pages about parts have every part, with all that its YAML and its class say."""

import importlib.util
from pathlib import Path

import pytest

from zoo import registry, signature
from zoo.verbs import plugins

SITE = Path(__file__).parents[1] / "docs" / "site"
spec = importlib.util.spec_from_file_location("part_pages", SITE / "part_pages.py")
part_pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(part_pages)


@pytest.mark.parametrize("group", ["head", "model", "stages"])
def test_every_part_of_a_group_stands_on_its_page_with_its_arguments(group: str):
    text = "\n".join(part_pages.page(group))
    sections = dict(section.split("\n", 1) for section in text.split("\n## ")[1:])
    assert list(sections) == registry.names(group)
    for name, section in sections.items():
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        known = [row[0] for row in plugins.arguments(registry.find(group, name))]
        assert [row.split("`")[1] for row in rows] == known, f"{group}/{name}"


def test_a_page_says_what_the_class_of_a_part_says():
    text, part = "\n".join(part_pages.page("head")), registry.find("head", "classes")
    said = signature.imported(signature.target(part)).__doc__.partition("\n")[0]
    assert f"`{signature.target(part)}`\n\n{part_pages.plain(said)}" in text
    assert "[zoo-head-classes](../../plugins/zoo-head-classes/README.md)" in text


def test_words_stay_what_they_are_in_markdown():
    assert part_pages.plain("a_b <c> [d] `e_f`") == r"a\_b \<c\> \[d\] `e_f`"


def test_pages_that_stay_the_same_are_not_written_again_and_those_of_no_group_go(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(registry, "groups", lambda: ["model"])
    (tmp_path / "gone.md").write_text("old")
    part_pages.write(tmp_path)
    first = (tmp_path / "model.md").stat().st_mtime_ns
    part_pages.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.md"]
    assert (tmp_path / "model.md").stat().st_mtime_ns == first
