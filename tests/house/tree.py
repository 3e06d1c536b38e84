"""The files and modules that the house rules look at."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import isthmus

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CODE = ("src", "tests", "benchmarks")


def code_files() -> list[Path]:
    """Return every Python file of the project."""
    return sorted(file for folder in CODE for file in (ROOT / folder).rglob("*.py"))


def pages() -> list[Path]:
    """Return every page for people."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def own_files() -> list[Path]:
    """Return the files that we write ourselves: code, pages, and what builds and checks them."""
    folders = [ROOT / ".ci", ROOT / "requirements"]
    tools = [ROOT / "Makefile", ROOT / "pyproject.toml", *(file for one in folders for file in one.iterdir())]
    return [*code_files(), *pages(), *tools]


def modules() -> Iterator[ModuleType]:
    """Yield every module of the package, those that start a program on import left out."""
    yield isthmus
    for info in pkgutil.walk_packages(isthmus.__path__, "isthmus."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)
