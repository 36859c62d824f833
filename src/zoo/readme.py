"""The README of the package that brings a part, as a checkout or its metadata have it, and its licence."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from zoo.discovery import distribution
from zoo.plugin import normal
from zoo.registry import Part

HEADINGS = ("Paper", "Licence", "Results", "Differences from the paper")
"""What the README of every plugin has a section on."""

TEMPLATE = Path(__file__).parent / "plugin_template"
REQUEST = "Say here"
"""How each sentence of the template begins that asks its author for something."""

FIELDS = ("License-Expression", "License")
"""Where metadata state a licence, by PEP 639 and before."""


def text(part: Part) -> str:
    """The README of a part's package in Markdown: the file in a checkout, else the description in its metadata."""
    project = project_of(part)
    if project and (project / "README.md").is_file():
        return (project / "README.md").read_text(encoding="utf-8")
    return next(iter(stated(part, "Description")), "")


def project_of(part: Part) -> Path | None:
    """The folder with the pyproject.toml of a part's package, where it is installed from a checkout."""
    return next((folder for folder in part.path.parents if named(folder) == normal(distribution(part.provider))), None)


def named(folder: Path) -> str:
    """The name of the project in a folder, empty where there is none."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError):  # no file, or a stranger's that is none of ours to read
        return ""
    return normal(str(project.get("name", "")))


def stated(part: Part, field: str) -> list[str]:
    """What the metadata of a part's package state in a field, nothing for a part in the user's own folder."""
    try:
        return importlib.metadata.metadata(distribution(part.provider)).get_all(field) or []
    except PackageNotFoundError:
        return []


def licence(part: Part) -> str:
    """The licence that the metadata of a part's package state, empty where they state none."""
    named = [text.strip().splitlines()[0] for field in FIELDS for text in stated(part, field) if text.strip()]
    classified = [line.rpartition(":: ")[2] for line in stated(part, "Classifier") if line.startswith("License ::")]
    return next(iter([*named, *classified]), "")


def address(part: Part) -> str:
    """Where to read more: the README of a checkout, else the first address in the metadata, else nothing."""
    project = project_of(part)
    if project and (project / "README.md").is_file():
        return str(project / "README.md")
    return next((line.partition(", ")[2] for line in stated(part, "Project-URL")), "")


def sections(text: str) -> dict[str, str]:
    """The text under each heading of a page in Markdown, without the sections below it."""
    found, title, code = dict[str, list[str]](), "", False
    for line in text.splitlines():
        code ^= line.startswith("```")
        if line.startswith("#") and not code:
            title = line.lstrip("#").strip()
            found[title] = []
        elif title:
            found[title].append(line)
    return {title: "\n".join(lines).strip() for title, lines in found.items()}


def said(text: str) -> dict[str, str]:
    """The sections of a page without what stands there only for its author: the requests of zoo's own template."""
    return {title: without_requests(section) for title, section in sections(text).items()}


def unanswered(text: str) -> list[str]:
    """The headings below which a request of the template still stands."""
    return [title for title, section in sections(text).items() if without_requests(section) != section]


def without_requests(text: str) -> str:
    """A text without the requests of the template, however its lines are broken."""
    for request in requests():
        text = re.sub(r"\s+".join(map(re.escape, request.split())), "", text)
    return text.strip()


@cache
def requests() -> tuple[str, ...]:
    """What the template's README asks of its author: each from the words `Say here` to the end of its line."""
    text = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    return tuple(line[line.index(REQUEST) :] for line in text.splitlines() if REQUEST in line)
