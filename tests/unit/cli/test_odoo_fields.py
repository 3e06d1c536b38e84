"""Fields of Odoo as rows for a person."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.cli.odoo_fields import field_row, matching

FIELDS: dict[str, dict[str, Any]] = {
    "stage_id": {"type": "many2one", "string": "Stage", "relation": "project.task.type", "required": True},
    "child_ids": {"type": "one2many", "string": "Sub-tasks", "relation": "project.task",
                  "relation_field": "parent_id"},
    "state": {"type": "selection", "string": "State", "selection": [["1_done", "Done"], ["x", "X"]]},
    "secret": {"type": "char", "string": None, "readonly": True, "store": False,
               "groups": "base.group_system"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        (None, None, ["child_ids", "secret", "stage_id", "state"]),
        ("sta", None, ["stage_id", "state"]),
        ("SUB-", None, ["child_ids"]),
        ("sta", "selection", ["state"]),
        (None, "binary", []),
    ],
)
def test_fields_are_found_by_name_label_and_type(
    text: str | None, kind: str | None, names: list[str]
) -> None:
    assert list(matching(FIELDS, text, kind)) == names


def test_a_row_says_what_is_special_and_what_the_field_holds() -> None:
    assert field_row("stage_id", FIELDS["stage_id"]) == (
        "stage_id", "many2one", "Stage", "required", "project.task.type"
    )  # fmt: skip
    assert field_row("child_ids", FIELDS["child_ids"])[4] == "project.task by parent_id"
    assert field_row("state", FIELDS["state"])[4] == "1_done, x"
    assert field_row("secret", FIELDS["secret"])[2:] == (
        "", "read only, not stored, for base.group_system", ""
    )  # fmt: skip
