"""Files stay small, and say nothing about the machine that they were written on."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import ROOT, code_files, own_files

MOST_LINES = 400

#: Folders that exist on somebody's machine, not in the project (written so that this line does not match).
FOREIGN_PATH = re.compile(r"(?:^|[^\w.])/(?:" + "|".join(["work", "root", "tmp", "opt"]) + r")/")


def relative(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_no_file_is_longer_than_a_noun_deserves() -> None:
    """Tests may be long: a list of sentences has no nouns hiding in it."""
    files = [file for file in code_files() if ROOT / "tests" not in file.parents]
    lengths = {relative(file): len(file.read_text().splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    found = [
        f"{relative(file)}:{number}"
        for file in own_files()
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if FOREIGN_PATH.search(line)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    words = "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3])
    marks = re.compile(rf"#.*\b(?:{words})\b|raise NotImplemented" + "Error")
    found = [
        f"{relative(file)}:{number}"
        for file in code_files()
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_contributing_can_be_read_in_five_minutes() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 100
