"""What the server decides about tasks by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.sandbox.odoo.client import Client, Refused
from tests.still_clock import StillClock

TASK = "project.task"


def make(odoo: Client, board: Any, **values: Any) -> int:
    return odoo.call(TASK, "create", {"name": "card", "project_id": board.project, **values})  # type: ignore[no-any-return]


def test_a_new_task_starts_in_the_first_stage_of_its_project(odoo: Client, board: Any) -> None:
    assert odoo.one(TASK, make(odoo, board), "stage_id") == board.todo


def test_a_stage_of_another_project_is_accepted_without_a_word(odoo: Client, board: Any) -> None:
    task = make(odoo, board)
    assert odoo.call(TASK, "write", [task], {"stage_id": board.strange}) is True
    assert odoo.one(TASK, task, "stage_id", "project_id")["stage_id"] == board.strange


def test_a_new_project_brings_a_stage_of_its_own(odoo: Client, board: Any) -> None:
    task = make(odoo, board, stage_id=board.doing)
    odoo.call(TASK, "write", [task], {"project_id": board.other})
    assert odoo.one(TASK, task, "stage_id") == board.strange


def test_project_and_stage_written_together_stay_together(odoo: Client, board: Any) -> None:
    task = make(odoo, board)
    odoo.call(TASK, "write", [task], {"project_id": board.other, "stage_id": board.strange})
    odoo.call(TASK, "write", [task], {"project_id": board.project, "stage_id": board.doing})
    assert odoo.one(TASK, task, "stage_id") == board.doing


def test_a_task_without_project_is_a_private_one_of_the_caller(odoo: Client) -> None:
    (task,) = odoo.call(TASK, "create", [{}])
    row = odoo.one(TASK, task, "name", "user_ids", "project_id", "stage_id")
    assert row == {
        "id": task,
        "name": "Untitled to-do",
        "user_ids": [2],
        "project_id": False,
        "stage_id": False,
    }


def test_a_task_of_a_project_needs_a_name(odoo: Client, board: Any) -> None:
    with pytest.raises(Refused, match="a mandatory field is not set") as caught:
        odoo.call(TASK, "create", [{"project_id": board.project}])
    assert caught.value.name == "odoo.exceptions.ValidationError"


def test_a_blank_name_passes_though_the_field_is_required(odoo: Client, board: Any) -> None:
    task = make(odoo, board)
    odoo.call(TASK, "write", [task], {"name": ""})
    assert odoo.one(TASK, task, "name") == ""


def test_a_sub_task_without_project_fails_on_18_and_gets_its_parents_on_19(odoo: Client, board: Any) -> None:
    parent = make(odoo, board)
    if odoo.sandbox.version < 19:
        with pytest.raises(Refused, match="A private task cannot have a parent"):
            odoo.call(TASK, "create", {"name": "item", "parent_id": parent})
    else:
        child = odoo.call(TASK, "create", {"name": "item", "parent_id": parent})
        assert odoo.one(TASK, child, "project_id") == board.project


def test_circles_of_tasks_are_refused(odoo: Client, board: Any) -> None:
    parent = make(odoo, board)
    child = make(odoo, board, parent_id=parent)
    with pytest.raises(Refused, match="can't set a task as its parent"):
        odoo.call(TASK, "write", [parent], {"parent_id": parent})
    with pytest.raises(Refused, match="recursive hierarchy"):
        odoo.call(TASK, "write", [parent], {"parent_id": child})


def test_a_write_of_equal_values_moves_write_date(odoo: Client, board: Any, clock: StillClock) -> None:
    task = make(odoo, board)
    for values in ({"name": "card"}, {}, {"tag_ids": []}):
        before = odoo.one(TASK, task, "write_date")
        clock.advance(5)
        odoo.call(TASK, "write", [task], values)
        assert odoo.one(TASK, task, "write_date") > before


def test_neither_messages_nor_tags_move_a_tasks_write_date(
    odoo: Client, board: Any, clock: StillClock
) -> None:
    tag = odoo.call("project.tags", "create", {"name": "bug"})
    task = make(odoo, board, tag_ids=[[4, tag]])
    before = odoo.one(TASK, task, "write_date")
    clock.advance(5)
    odoo.call(TASK, "message_post", [task], body="hello")
    odoo.call("project.tags", "write", [tag], {"name": "defect"})
    odoo.call("project.project", "write", [board.project], {"name": "renamed"})
    make(odoo, board, parent_id=task)
    odoo.call("project.tags", "unlink", [tag])
    assert odoo.one(TASK, task, "write_date", "tag_ids") == {"id": task, "write_date": before, "tag_ids": []}


def test_dates_and_authors_that_a_client_gives_are_ignored(odoo: Client, board: Any) -> None:
    task = make(
        odoo, board, write_date="2020-01-01 00:00:00", create_date="2020-01-01 00:00:00", create_uid=1
    )
    row = odoo.one(TASK, task, "write_date", "create_date", "create_uid")
    assert row == {
        "id": task,
        "write_date": "2026-11-22 12:00:00",
        "create_date": "2026-11-22 12:00:00",
        "create_uid": 2,
    }


def test_another_stage_takes_back_an_approval_but_not_a_done(odoo: Client, board: Any) -> None:
    approved, done = make(odoo, board, state="03_approved"), make(odoo, board, state="1_done")
    odoo.call(TASK, "write", [approved, done], {"stage_id": board.doing})
    assert [odoo.one(TASK, task, "state") for task in (approved, done)] == ["01_in_progress", "1_done"]


def test_a_folded_stage_ends_a_task(odoo: Client, board: Any) -> None:
    task = make(odoo, board)
    odoo.call(TASK, "write", [task], {"stage_id": board.done})
    assert odoo.one(TASK, task, "date_end") == "2026-11-22 12:00:00"
    odoo.call(TASK, "write", [task], {"stage_id": board.todo})
    assert odoo.one(TASK, task, "date_end") is False


def test_archived_tasks_are_hidden_unless_asked_for(odoo: Client, board: Any) -> None:
    task = make(odoo, board, active=False)
    mine = [["project_id", "=", board.project]]
    assert odoo.call(TASK, "search", mine) == []
    assert odoo.call(TASK, "search", mine, context={"active_test": False}) == [task]
    assert odoo.call(TASK, "search", [*mine, ["active", "=", False]]) == [task]


def test_a_project_takes_its_tasks_into_the_archive_and_into_the_grave(odoo: Client, board: Any) -> None:
    task = make(odoo, board)
    odoo.call("project.project", "write", [board.project], {"active": False})
    assert odoo.one(TASK, task, "active") is False
    odoo.call("project.project", "unlink", [board.project])
    assert odoo.call(TASK, "read", [task], ["name"]) == []
    assert odoo.call("project.task.type", "search_count", [["id", "in", [board.todo, board.done]]]) == 2


def test_sub_tasks_go_with_their_parent(odoo: Client, board: Any) -> None:
    parent = make(odoo, board)
    child = make(odoo, board, parent_id=parent, active=False)
    odoo.call(TASK, "unlink", [parent])
    assert odoo.call(TASK, "search", [["id", "in", [parent, child]]], context={"active_test": False}) == []


def test_a_stage_in_use_cannot_be_deleted(odoo: Client, board: Any) -> None:
    make(odoo, board, stage_id=board.doing)
    with pytest.raises(Refused) as caught:
        odoo.call("project.task.type", "unlink", [board.doing])
    assert caught.value.name == "odoo.exceptions.ValidationError"


def test_one_missing_record_stops_a_write_and_an_unlink_for_all(odoo: Client, board: Any) -> None:
    task = make(odoo, board)
    for method, rest in (("write", [{"name": "x"}]), ("unlink", [])):
        with pytest.raises(Refused, match=r"\(Record: project.task\(999,\), User: 2\)"):
            odoo.call(TASK, method, [task, 999], *rest)
    assert odoo.one(TASK, task, "name") == "card"


def test_tag_names_are_unique_in_the_whole_database_and_case_matters(odoo: Client) -> None:
    odoo.call("project.tags", "create", {"name": "bug"})
    assert odoo.call("project.tags", "create", [{"name": "Bug"}])
    with pytest.raises(
        Refused, match="The operation cannot be completed: A tag with the same name already exists"
    ):
        odoo.call("project.tags", "create", [{"name": "fresh"}, {"name": "bug"}])
    assert odoo.call("project.tags", "search_count", [["name", "=", "fresh"]]) == 0


def test_a_copy_says_so_and_starts_anew(odoo: Client, board: Any) -> None:
    task = make(odoo, board, state="1_done", stage_id=board.doing)
    (copy,) = odoo.call(TASK, "copy", [task])
    row = odoo.one(TASK, copy, "name", "state", "stage_id")
    assert row == {"id": copy, "name": "card (copy)", "state": "01_in_progress", "stage_id": board.doing}


def test_commands_on_links_do_what_they_say(odoo: Client, board: Any) -> None:
    a, b = odoo.call("project.tags", "create", [{"name": "a"}, {"name": "b"}])
    task = make(odoo, board, tag_ids=[[6, 0, [a, b]]])
    for command, left in (([3, a], [b]), ([4, a], [a, b]), ([5], []), ([6, 0, [b]], [b])):
        odoo.call(TASK, "write", [task], {"tag_ids": [command]})
        assert odoo.one(TASK, task, "tag_ids") == left
    odoo.call(TASK, "write", [task], {"tag_ids": [[0, 0, {"name": "c"}]]})
    assert len(odoo.one(TASK, task, "tag_ids")) == 2
    with pytest.raises(Refused, match="project_tags_project_task_rel_project_tags_id_fkey"):
        odoo.call(TASK, "write", [task], {"tag_ids": [[4, 99999]]})
