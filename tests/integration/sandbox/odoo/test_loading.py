"""``load``: rows of text with external ids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.sandbox.odoo.client import Client, Refused

TASK = "project.task"


def load(odoo: Client, fields: list[str], *rows: list[Any], model: str = TASK) -> Any:
    return odoo.call(model, "load", fields, list(rows))


def test_the_same_external_id_creates_once_and_updates_after(odoo: Client, board: Any) -> None:
    columns = ["id", "name", "project_id/.id"]
    first = load(odoo, columns, ["ext.a", "one", str(board.project)], ["ext.b", "two", str(board.project)])
    again = load(odoo, columns, ["ext.a", "uno", str(board.project)], ["ext.b", "two", str(board.project)])
    assert first == again == {"ids": first["ids"], "messages": [], "nextrow": 0}
    assert [odoo.one(TASK, id_, "name") for id_ in first["ids"]] == ["uno", "two"]


def test_one_bad_row_keeps_the_good_ones_out(odoo: Client, board: Any) -> None:
    columns = ["id", "name", "project_id/.id", "state"]
    answer = load(
        odoo, columns, ["ext.a", "ok", str(board.project), "1_done"], ["ext.b", "bad", "999999", "bogus"]
    )
    assert answer["ids"] is False
    assert [(message["record"], message["field"], message["message"]) for message in answer["messages"]] == [
        (1, "state", "Value 'bogus' not found in selection field 'State'"),
        (1, "project_id", "No matching record found for database id '999999' in field 'Project'"),
    ]
    assert odoo.call(TASK, "search_count", [["project_id", "=", board.project]]) == 0


def test_a_row_that_cannot_be_saved_is_named(odoo: Client) -> None:
    odoo.call("project.tags", "create", {"name": "taken"})
    answer = load(odoo, ["id", "name"], ["ext.a", "free"], ["ext.b", "taken"], model="project.tags")
    assert answer["ids"] is False
    said = "A tag with the same name already exists."
    if odoo.sandbox.version < 19:
        said = "The value for the field 'name' already exists (this is probably 'Name' in the current model)."
    row = {"rows": {"from": 1, "to": 1}, "record": 1}
    assert answer["messages"] == [{**row, "type": "error", "message": said, "field": "name"}]
    assert odoo.call("project.tags", "search_count", [["name", "=", "free"]]) == 0


def test_a_column_that_does_not_exist_is_an_error_of_the_call(odoo: Client) -> None:
    with pytest.raises(Refused, match="Invalid field name 'bogus'") as caught:
        load(odoo, ["id", "bogus"], ["ext.a", "x"])
    assert caught.value.name == "builtins.ValueError"


def test_cells_are_text(odoo: Client, board: Any) -> None:
    with pytest.raises(Refused, match="'bool' object has no attribute 'lower'"):
        load(odoo, ["id", "active"], ["ext.a", True])
    tags = odoo.call("project.tags", "create", [{"name": "x"}, {"name": "y"}])
    cells = {
        "id": "ext.a",
        "name": "n",
        "project_id": "Board",
        "stage_id/.id": str(board.doing),
        "tag_ids/.id": f"{tags[0]},{tags[1]}",
        "active": "0",
        "sequence": "7",
        "date_deadline": "2026-02-03 10:00:00",
        "description": "a & b",
    }
    (task,) = load(odoo, list(cells), list(cells.values()))["ids"]
    assert odoo.one(
        TASK, task, "project_id", "stage_id", "tag_ids", "active", "sequence", "date_deadline"
    ) == {
        "id": task,
        "project_id": board.project,
        "stage_id": board.doing,
        "tag_ids": tags,
        "active": False,
        "sequence": 7,
        "date_deadline": "2026-02-03 10:00:00",
    }
    assert odoo.one(TASK, task, "description") == "<p>a &amp; b</p>"


def test_an_empty_cell_clears_and_a_missing_column_keeps(odoo: Client, board: Any) -> None:
    columns = ["id", "name", "project_id/.id", "date_deadline", "priority"]
    (task,) = load(odoo, columns, ["ext.a", "n", str(board.project), "2026-02-03", "1"])["ids"]
    load(odoo, ["id", "date_deadline"], ["ext.a", ""])
    assert odoo.one(TASK, task, "date_deadline", "priority") == {
        "id": task,
        "date_deadline": False,
        "priority": "1",
    }
    load(odoo, ["id", "priority"], ["ext.a", ""])
    assert odoo.one(TASK, task, "priority") is False


def test_archived_records_are_found_by_their_external_id(odoo: Client, board: Any) -> None:
    (task,) = load(odoo, ["id", "name", "project_id/.id", "active"], ["ext.a", "n", str(board.project), "0"])[
        "ids"
    ]
    assert load(odoo, ["id", "name"], ["ext.a", "m"])["ids"] == [task]


def test_database_ids_update_and_unknown_ones_are_named(odoo: Client, board: Any) -> None:
    task = odoo.call(TASK, "create", {"name": "n", "project_id": board.project})
    assert load(odoo, [".id", "name"], [str(task), "m"])["ids"] == [task]
    answer = load(odoo, [".id", "name"], ["999999", "m"])
    assert answer["messages"][0]["message"] == "Unknown database identifier '999999'"


def test_rows_refer_to_each_other_by_external_id(odoo: Client) -> None:
    load(odoo, ["id", "name"], ["ext.board", "B"], model="project.project")
    load(odoo, ["id", "name", "project_ids/id"], ["ext.list", "L", "ext.board"], model="project.task.type")
    (task,) = load(
        odoo, ["id", "name", "project_id/id", "stage_id/id"], ["ext.card", "C", "ext.board", "ext.list"]
    )["ids"]
    assert odoo.call(TASK, "read", [task], ["stage_id"])[0]["stage_id"][1] == "L"
    answer = load(odoo, ["id", "stage_id/id"], ["ext.card", "ext.nothing"])
    assert (
        answer["messages"][0]["message"]
        == "No matching record found for external id 'ext.nothing' in field 'Stage'"
    )


def test_a_deleted_record_frees_its_external_id_and_a_late_load_makes_it_again(
    odoo: Client, board: Any
) -> None:
    columns, row = ["id", "name", "project_id/.id"], ["ext.a", "n", str(board.project)]
    (task,) = load(odoo, columns, row)["ids"]
    odoo.call(TASK, "unlink", [task])
    assert odoo.call("ir.model.data", "search_count", [["module", "=", "ext"]]) == 0
    (again,) = load(odoo, columns, row)["ids"]
    assert again > task


def test_an_external_id_belongs_to_one_model(odoo: Client, board: Any) -> None:
    load(odoo, ["id", "name", "project_id/.id"], ["ext.a", "n", str(board.project)])
    answer = load(odoo, ["id", "name"], ["ext.a", "t"], model="project.tags")
    assert answer["ids"] is False
    assert "found record of different model project.task" in answer["messages"][0]["message"]


def test_ids_without_a_module_go_to_the_import_module(odoo: Client, board: Any) -> None:
    load(odoo, ["id", "name", "project_id/.id"], ["bare", "n", str(board.project)])
    assert (
        odoo.call("ir.model.data", "search_count", [["module", "=", "__import__"], ["name", "=", "bare"]])
        == 1
    )


def test_one_new_id_twice_in_a_file_is_one_record_with_the_last_values(odoo: Client, board: Any) -> None:
    columns = ["id", "name", "project_id/.id"]
    answer = load(
        odoo, columns, ["ext.a", "first", str(board.project)], ["ext.a", "last", str(board.project)]
    )
    assert answer["ids"][0] == answer["ids"][1]
    assert odoo.one(TASK, answer["ids"][0], "name") == "last"


def test_loading_changes_nothing_else_than_its_columns_in_many_rows(odoo: Client, board: Any) -> None:
    rows = [[f"ext.t{number}", f"n{number}", str(board.project)] for number in range(300)]
    made = load(odoo, ["id", "name", "project_id/.id"], *rows)["ids"]
    stages = (str(board.todo), str(board.doing))
    moved = load(odoo, ["id", "stage_id/.id"], *[[f"ext.t{n}", stages[n % 2]] for n in range(300)])["ids"]
    assert moved == made == sorted(made)
    found = odoo.call(TASK, "search_read", [["stage_id", "=", board.doing]], ["name"], order="id")
    assert [row["name"] for row in found] == [f"n{number}" for number in range(1, 300, 2)]
