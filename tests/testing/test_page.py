"""docs/conformance.md lists the kit as it is."""

from pathlib import Path

import pytest

import zoo.testing

PAGE = " ".join((Path(__file__).parents[2] / "docs" / "conformance.md").read_text().split())


@pytest.mark.parametrize("kind", ["Dataset", "Augmenter", "Architecture", "Head"])
def test_every_check_stands_on_the_page_with_its_reason(kind: str) -> None:
    kit = getattr(zoo.testing, f"{kind}Conformance")
    missing = [c.name for c in zoo.testing.checks(kit) if f"- `{c.name}`: {' '.join(c.why.split())}" not in PAGE]
    assert not missing, f"add to docs/conformance.md: {', '.join(missing)}"


def test_the_page_lists_no_check_that_is_gone() -> None:
    kits = [getattr(zoo.testing, f"{kind}Conformance") for kind in ("Dataset", "Augmenter", "Architecture", "Head")]
    known = {check.name for kit in kits for check in zoo.testing.checks(kit)}
    listed = [word.strip("`:") for word in PAGE.split() if word.startswith("`") and word.endswith("`:")]
    assert listed and set(listed) <= known
