"""Messages and files on records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.sandbox.odoo.client import Client, Refused
from tests.still_clock import StillClock

TASK, MESSAGE, FILE = "project.task", "mail.message", "ir.attachment"
SILENT = {"tracking_disable": True, "mail_create_nolog": True}


@pytest.fixture
def task(odoo: Client, board: Any) -> int:
    return odoo.call(TASK, "create", {"name": "card", "project_id": board.project}, context=SILENT)  # type: ignore[no-any-return]


def messages(odoo: Client, task: int) -> list[dict[str, Any]]:
    """Return the messages on a task, oldest first."""
    about = [["model", "=", TASK], ["res_id", "=", task]]
    names = ["body", "message_type", "author_id", "subtype_id", "date"]
    return odoo.call(MESSAGE, "search_read", about, names, order="id")  # type: ignore[no-any-return]


def test_a_comment_is_escaped_unless_it_says_that_it_is_html(odoo: Client, task: int) -> None:
    odoo.call(TASK, "message_post", [task], body="a <b>b</b>", message_type="comment")
    odoo.call(TASK, "message_post", [task], body="<p>a <b>b</b></p>", body_is_html=True)
    plain, rich = messages(odoo, task)
    assert (plain["body"], plain["message_type"]) == ("<p>a &lt;b&gt;b&lt;/b&gt;</p>", "comment")
    assert (rich["body"], rich["message_type"]) == ("<p>a <b>b</b></p>", "notification")
    assert plain["author_id"] == [3, "Administrator"]
    assert plain["subtype_id"][1] == "Note"


def test_posting_answers_an_id_on_18_and_a_list_on_19(odoo: Client, task: int) -> None:
    answer = odoo.call(TASK, "message_post", [task], body="x")
    assert isinstance(answer, list if odoo.sandbox.version >= 19 else int)


def test_an_author_without_address_is_refused_before_19(odoo: Client, task: int) -> None:
    author = odoo.call("res.partner", "create", {"name": "Ann"})
    if odoo.sandbox.version < 19:
        with pytest.raises(Refused, match="configure the sender's email address"):
            odoo.call(TASK, "message_post", [task], body="x", author_id=author)
    else:
        odoo.call(TASK, "message_post", [task], body="x", author_id=author)
        assert messages(odoo, task)[-1]["author_id"][0] == author


def test_history_is_kept_with_its_own_date_and_author(odoo: Client, task: int) -> None:
    author = odoo.call("res.partner", "create", {"name": "Ann"})
    row = {"model": TASK, "res_id": task, "body": "old", "date": "2020-01-02 03:04:05", "author_id": author}
    odoo.call(MESSAGE, "create", [row])
    (message,) = messages(odoo, task)
    assert (message["date"], message["author_id"], message["body"]) == (
        "2020-01-02 03:04:05",
        [author, "Ann"],
        "<p>old</p>",
    )


def test_editing_a_comment_moves_its_write_date_but_not_its_date(
    odoo: Client, task: int, clock: StillClock
) -> None:
    odoo.call(TASK, "message_post", [task], body="first")
    (message,) = messages(odoo, task)
    clock.advance(60)
    odoo.call(MESSAGE, "write", [message["id"]], {"body": "<p>second</p>"})
    row = odoo.one(MESSAGE, message["id"], "body", "date", "write_date")
    assert row["body"] == "<p>second</p>"
    assert row["date"] < row["write_date"]


def test_the_server_notes_a_creation_and_changes_unless_it_is_told_not_to(
    odoo: Client, board: Any, task: int
) -> None:
    assert messages(odoo, task) == []
    loud = odoo.call(TASK, "create", {"name": "loud", "project_id": board.project})
    odoo.call(TASK, "write", [loud], {"state": "1_done"})
    odoo.call(TASK, "write", [loud], {"state": "1_done"})
    odoo.call(TASK, "write", [loud], {"name": "quiet"}, context={"tracking_disable": True})
    assert [message["subtype_id"][1] for message in messages(odoo, loud)] == ["Task Created", "Task Done"]


def test_messages_files_and_external_ids_go_with_their_record(odoo: Client, task: int) -> None:
    odoo.call(TASK, "message_post", [task], body="x")
    file = odoo.call(FILE, "create", {"name": "a.txt", "datas": "YQ==", "res_model": TASK, "res_id": task})
    odoo.call(TASK, "export_data", [task], ["id"])
    odoo.call(TASK, "unlink", [task])
    assert messages(odoo, task) == []
    assert odoo.call(FILE, "read", [file], ["name"]) == []
    assert odoo.call("ir.model.data", "search_count", [["model", "=", TASK]]) == 0


def test_files_know_their_checksum_size_and_type(odoo: Client, task: int) -> None:
    file = odoo.call(
        FILE, "create", {"name": "a.png", "datas": "iVBORw0KGgo=", "res_model": TASK, "res_id": task}
    )
    row = odoo.one(FILE, file, "checksum", "file_size", "mimetype", "datas")
    assert (row["file_size"], row["mimetype"], row["datas"]) == (8, "image/png", "iVBORw0KGgo=")
    assert len(row["checksum"]) == 40
    with pytest.raises(Refused, match="utf-8"):
        odoo.call(FILE, "read", [file], ["raw"])
