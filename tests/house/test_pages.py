"""The reference names everything that is public, and pages lead nowhere that does not exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import isthmus
from isthmus import errors
from tests.house.tree import DOCS, ROOT, pages

REFERENCE = "\n".join(page.read_text() for page in sorted((DOCS / "reference").glob("*.md")))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    """Return the anchors that a code host makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def in_code(name: str) -> bool:
    """Tell whether the reference has a name in code: in quotes or in a block."""
    return re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", REFERENCE) is not None


@pytest.mark.parametrize("name", isthmus.__all__)
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert in_code(name)


def test_every_error_is_in_the_reference() -> None:
    known = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    listed = re.findall(r"^\| \**`(\w+Error)`\** \|", (DOCS / "reference" / "errors.md").read_text(), re.M)
    assert sorted(listed) == sorted(known)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    stated = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    text = (DOCS / "explanation" / "dependencies.md").read_text().lower()
    names = {re.split(r"[\[<>=! ]", one)[0] for one in stated}
    assert [name for name in sorted(names) if f"| {name}" not in text and f", {name}" not in text] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    dead = []
    text = page.read_text()
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            dead.append(target)
    assert dead == []
