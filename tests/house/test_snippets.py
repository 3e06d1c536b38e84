"""The code of README and docs works as printed.

Blocks marked ```` ```python run ```` are executed, those of a page in order, in a folder of their own.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from isthmus.inheritance import capture
from tests.house.tree import ROOT, modules, pages

BLOCK = re.compile(r"^```python run[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)

RUNNING = [page for page in pages() if BLOCK.search(page.read_text())]


def blocks(page: Path) -> list[str]:
    """Return the blocks to run, each behind the empty lines that make errors name its line in the page."""
    text = page.read_text()
    return ["\n" * text.count("\n", 0, found.start(1)) + found[1] for found in BLOCK.finditer(text)]


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """Import every module first: what a block imported for the first time would count as declared by it."""
    list(modules())


@pytest.mark.parametrize("page", RUNNING, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_works_as_printed(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": f"docs.{page.stem}"}
    with capture():
        for block in blocks(page):
            exec(compile(block, str(page), "exec"), namespace)


def test_every_python_block_says_whether_it_runs() -> None:
    """A block that cannot run is marked as something else than plain ``python``."""
    unmarked = [
        f"{page.relative_to(ROOT)}: {fence}"
        for page in pages()
        for fence in re.findall(r"^```python(?! run| fragment).*$", page.read_text(), re.MULTILINE)
    ]
    assert unmarked == []
