"""What differs between the tasks of Odoo 14 to 19: on every simulated version, and on a real Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from isthmus.odoo import OdooConnection, RpcStore
from isthmus.odoo.tasks import TaskFields, posted_id
from tests.integration.odoo.conftest import Workshop
from tests.some_odoo import REAL, some_odoo

TASK = "project.task"
KNOWN = {
    14: TaskFields("kanban_state", False, "user_id", False, "planned_hours"),
    15: TaskFields("kanban_state", False, "user_ids", True, "planned_hours"),
    16: TaskFields("kanban_state", False, "user_ids", True, "planned_hours"),
    17: TaskFields("state", True, "user_ids", True, "allocated_hours"),
    18: TaskFields("state", True, "user_ids", True, "allocated_hours"),
    19: TaskFields("state", True, "user_ids", True, "allocated_hours"),
}
EVERY = [*(f"sandbox {series}" for series in KNOWN), pytest.param("real", marks=REAL)]


@pytest.fixture(scope="module", params=EVERY)
def shop(request: pytest.FixtureRequest) -> Iterator[Workshop]:
    with some_odoo(request.param) as settings:
        shop = Workshop(RpcStore(OdooConnection(*settings)))
        yield shop
        shop.clean()


def test_the_fields_of_a_task_are_those_of_its_version(shop: Workshop) -> None:
    assert TaskFields.of(shop.store.fields(TASK)) == KNOWN[shop.store.connection.version().major]


def test_a_task_is_done_due_and_given_to_somebody_in_the_words_of_its_version(shop: Workshop) -> None:
    store, user = shop.store, shop.store.connection.authenticate()
    known = TaskFields.of(store.fields(TASK))
    assert known.done is not None
    assert known.assignees is not None
    at = datetime(2026, 7, 1, 23, 30, 15)
    (task,) = shop.tasks("a")
    values = {"date_deadline": known.due_value(at), **known.assignee_values([user])}
    store.write(TASK, [task], {**values, **known.done_values(True)})
    (row,) = store.read(TASK, [task], ["date_deadline", known.done, known.assignees])
    assert known.is_done(row)
    assert row["date_deadline"] == (at if known.due_has_time else at.date())
    assert row[known.assignees] in ([user], user)
    store.write(TASK, [task], {**known.done_values(False), **known.assignee_values([])})
    (row,) = store.read(TASK, [task], [known.done, known.assignees])
    assert not known.is_done(row)
    assert not row[known.assignees]


def test_a_message_has_its_id_whatever_the_answer(shop: Workshop) -> None:
    (task,) = shop.tasks("a")
    answer = shop.store.connection.execute(TASK, "message_post", [task], kwargs={"body": "Hello"})
    (message,) = shop.store.read("mail.message", [posted_id(answer)], ["body", "res_id"])
    assert message["body"] == "<p>Hello</p>"
    assert message["res_id"] == task


def test_a_deadline_elsewhere_is_a_moment_in_utc() -> None:
    tokyo = datetime(2026, 7, 2, 8, 0, tzinfo=timezone(timedelta(hours=9)))
    assert KNOWN[19].due_value(tokyo) == tokyo.astimezone(UTC).replace(tzinfo=None)
    assert KNOWN[14].due_value(tokyo) == datetime(2026, 7, 1).date()
    assert KNOWN[14].due_value(None) is False


def test_a_model_without_such_fields_has_none_to_write() -> None:
    bare = TaskFields.of({})
    assert bare.done_values(True) == bare.assignee_values([1]) == {}
    assert not bare.is_done({"state": "1_done"})
