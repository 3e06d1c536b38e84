"""What type checkers see."""

from __future__ import annotations

from pathlib import Path

from mypy import api

SOURCE = """
from typing import assert_type

from isthmus.components import AbstractComponent, Component, WorkContext


class Importer(AbstractComponent):
    _name = "importer"
    _apply_on = ["res.partner"]

    def run(self, external_id: str) -> int:
        return len(external_id)


class Caller(Component):
    def go(self) -> int:
        assert_type(self.unit_for(Importer), Importer)
        return self.work.find(Importer, model_name="res.users").run("1")


def check(work: WorkContext) -> None:
    assert_type(work.find(Importer), Importer)
    assert_type(work.find(Importer).run("1"), int)
    assert_type(work.work_on("res.users"), WorkContext)
    work.find(Importer).walk()  # expect: attr-defined
"""


def test_a_component_found_by_its_class_is_typed_as_that_class(tmp_path: Path) -> None:
    checked = tmp_path / "checked.py"
    checked.write_text(SOURCE)

    report, errors, status = api.run(
        ["--strict", "--no-incremental", "--follow-imports=silent", str(checked)]
    )

    assert errors == ""
    assert [line.split(": ", 1)[1] for line in report.splitlines()[:-1]] == [
        'error: "Importer" has no attribute "walk"  [attr-defined]'
    ]
    assert status == 1
