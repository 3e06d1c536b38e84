"""Comments on cards and messages on tasks, in both directions, without echoes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.faults import Answer, DropConnection, on
from isthmus.trello.comment import Comment, later
from isthmus.trello.signature import body_of, said, signed, unsigned
from tests.integration.trello.board import BOARD, board, card
from tests.integration.trello.both import Both

ANNA, BEN = "5f0000000000000000000301", "5f0000000000000000000302"


def action(number: int, text: str, who: str, name: str) -> dict[str, Any]:
    return {
        "id": f"5f0000000000000000000a{number:02x}",
        "idMemberCreator": who,
        "type": "commentCard",
        "date": f"2020-07-04T10:00:0{number}.250Z",
        "data": {
            "text": text,
            "card": {"id": card(1)["id"], "name": "Card 1", "idShort": 1, "shortLink": "card0001"},
            "board": {"id": BOARD, "name": "A board", "shortLink": "aBoard01"},
        },
        "memberCreator": {"id": who, "fullName": name, "username": name.split()[0].lower()},
    }


@pytest.fixture
def both() -> Iterator[Both]:
    actions = [action(2, "I **disagree**", BEN, "Ben Jones"), action(1, "Hello", ANNA, "Anna Smith")]
    people = [
        {"id": id_, "username": name.lower(), "fullName": f"{name} Smith"} for id_, name in ((ANNA, "Anna"),)
    ]
    here = [{"id": "5f00000000000000000004ff", "idMember": ANNA, "memberType": "normal"}]
    data = board([card(1), card(2)], actions=actions, members=people, memberships=here)
    with Stage(data) as stage, stage.app.environment() as env:
        env["res.users"].create(
            {"name": "Anna Smith", "login": "anna@example.com", "email": "anna@example.com"}
        )
        yield Both(stage, env)


def comments(both: Both, number: int = 1) -> list[str]:
    found: Any = both.trello.get(f"/cards/{card(number)['id']}/actions", filter="commentCard", limit=1000)
    return [one["data"]["text"] for one in reversed(found)]


def messages(both: Both, number: int = 1) -> Any:
    both.env.clear()
    domain = [("res_id", "=", both.task(number).id), ("message_type", "=", "comment")]
    return both.env["mail.message"].search([("model", "=", "project.task"), *domain], order="date, id")


def post(both: Both, number: int, body: str, **values: Any) -> Any:
    """Write a message as somebody in Odoo does."""
    kind = both.env["mail.message.subtype"].search([("name", "=", "Discussions")])
    row = {"model": "project.task", "res_id": both.task(number).id, "body": body, "message_type": "comment"}
    return both.env["mail.message"].create({**row, "subtype_id": kind.id, **values})


def test_comments_come_with_author_and_date(both: Both) -> None:
    first, second = messages(both)
    assert (first.body, first.date) == ("<p>Hello</p>", datetime(2020, 7, 4, 10, 0, 1))
    assert first.author_id.name == "Anna Smith"
    assert (second.author_id.id, second.email_from) == (False, "Ben Jones")
    assert second.body == "<p>I <strong>disagree</strong></p>"
    both.settle()


def test_messages_are_posted_once_with_their_author_and_follow_edits(both: Both) -> None:
    anna = both.env["res.partner"].search([("name", "=", "Anna Smith")])
    post(both, 2, "<p>From <b>Odoo</b></p>", author_id=anna.id)
    mine = post(both, 2, "<p>Nobody's</p>", author_id=False)
    note = both.env["mail.message.subtype"].search([("name", "=", "Note")])
    post(both, 2, "<p>Internal</p>", subtype_id=note.id, is_internal=True)
    post(both, 2, "<p>Stage changed</p>", message_type="notification")
    post(both, 2, "<p><br></p>")
    both.settle()
    assert comments(both, 2) == ["**Anna Smith** (Odoo):\n\nFrom **Odoo**", "Nobody's"]
    assert len(messages(both, 2)) == 4
    mine.write({"body": "<p>Edited here</p>"})
    signed_one, _ = both.env["trello.comment"].search([("card", "=", card(2)["id"])], order="id")
    both.trello.put(f"/actions/{signed_one.external_id}", {"text": signed("Edited there", "Anna Smith")})
    both.settle()
    assert comments(both, 2) == ["**Anna Smith** (Odoo):\n\nEdited there", "Edited here"]
    both.backend.notes = True
    both.settle()
    assert len(comments(both, 2)) == 3


def test_edits_and_deletions_go_as_far_as_trello_and_the_policy_let_them(both: Both) -> None:
    first, second = messages(both)
    first.write({"body": "<p>Changed by somebody else</p>"})
    reports = {report.entity: report for report in export_backend(both.backend)}
    (failure,) = reports["trello.comment"].failures
    assert "nobody but its author" in failure.reason
    assert comments(both) == ["Hello", "I **disagree**"]
    post(both, 2, "<p>Mine</p>", author_id=False)
    both.backend.export_deletion = both.backend.import_deletion = "delete"
    export_backend(both.backend)
    messages(both, 2).unlink()
    export_backend(both.backend)
    assert comments(both, 2) == []
    second.unlink()
    refusal = Answer(401, "unauthorized permission requested")
    both.stage.trello.faults.add(refusal, times=1, when=on("DELETE"))
    export_backend(both.backend)
    (kept,) = both.env["trello.comment"].search([("last_error", "like", "unauthorized")])
    assert (kept.state, kept.author) == ("deleted", BEN)
    export_backend(both.backend)
    assert len(comments(both)) == 2, "Ben's comment is not ours to delete"
    made: Any = both.trello.post(f"/cards/{card(2)['id']}/actions/comments", {"text": "Soon gone"})
    import_backend(both.backend)
    assert len(messages(both, 2)) == 1
    both.trello.delete(f"/actions/{made['id']}")
    import_backend(both.backend)
    assert not messages(both, 2)


@pytest.mark.parametrize("first", [export_backend, import_backend])
def test_a_comment_that_was_posted_without_an_answer_never_comes_back(both: Both, first: Any) -> None:
    post(both, 2, "<p>Once</p>", author_id=False)
    both.stage.trello.faults.add(DropConnection(after_acting=True), times=1, when=on("POST", "/1/cards"))
    export_backend(both.backend)
    assert comments(both, 2) == ["Once"]
    assert not both.env["trello.comment"].search([("card", "=", card(2)["id"])])
    first(both.backend)
    both.settle()
    assert comments(both, 2) == ["Once"]
    assert len(messages(both, 2)) == 1


def test_the_comments_of_a_real_board_come_in_few_calls_and_stay() -> None:
    with Stage(board_path("08")) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        reports = {report.entity: report for report in import_backend(backend)}
        assert reports["trello.comment"].counts["created"] > 20
        assert reports["trello.comment"].calls <= 12
        writes = stage.odoo_writes(), stage.trello_writes()
        import_backend(backend)
        export_backend(backend)
        assert (stage.odoo_writes(), stage.trello_writes()) == writes


def test_comments_are_read_in_pages_without_gap(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        both.trello.post(f"/cards/{card(2)['id']}/actions/comments", {"text": f"Comment {number}"})
    monkeypatch.setattr("isthmus.trello.comment.PAGE", 3)
    with both.backend.work_on("trello.comment") as work:
        adapter: Comment.Adapter = work.component(usage="backend.adapter")
        pages = list(adapter.pages())
        assert len(pages) > 3
        assert len({one["id"] for page, _ in pages for one in page}) == 9
        rest = list(adapter.pages(cursor=pages[1][1]))
        assert {one["id"] for page, _ in rest for one in page} >= {one["id"] for one in pages[2][0]}


def test_a_signature_is_taken_off_as_it_was_put_on() -> None:
    assert unsigned(signed("Text", "A *strange* [name]_")) == "Text"
    assert said(signed("Text", "Anna")) == said("Text")
    assert body_of("**Bold** start") == "<p><strong>Bold</strong> start</p>"
    assert later("2020-07-04T10:00:00.999Z") == "2020-07-04T10:00:01.000Z"
