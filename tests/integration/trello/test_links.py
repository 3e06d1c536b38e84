"""Links on cards and on tasks, in both directions; files are left to files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from isthmus.sandbox.faults import DropConnection, on
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both

LINK = {
    "id": "5f0000000000000000000c01",
    "name": "Docs",
    "url": "https://example.com/docs",
    "isUpload": False,
}
FILE = {
    "id": "5f0000000000000000000c02",
    "name": "plan.pdf",
    "url": "https://trello.com/1/x",
    "isUpload": True,
}


@pytest.fixture
def both() -> Iterator[Both]:
    cards = [card(1, attachments=[LINK, FILE]), card(2)]
    with Stage(board(cards)) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def links(both: Both, number: int) -> list[tuple[str, str]]:
    """The links of a task."""
    both.env.clear()
    domain = [("res_model", "=", "project.task"), ("res_id", "=", both.task(number).id)]
    found = both.env["ir.attachment"].search([*domain, ("type", "=", "url")], order="id")
    return [(one.name, one.url) for one in found]


def attachments(both: Both, number: int) -> list[tuple[str, str]]:
    found: Any = both.trello.get(f"/cards/{card(number)['id']}/attachments")
    return [(one["name"], one["url"]) for one in found if not one["isUpload"]]


def attach(both: Both, number: int, **values: Any) -> Any:
    row = {"res_model": "project.task", "res_id": both.task(number).id, "type": "url"}
    return both.env["ir.attachment"].create({**row, **values})


def test_links_go_both_ways(both: Both) -> None:
    assert links(both, 1) == [("Docs", "https://example.com/docs")]
    attach(both, 2, name="Ours", url="https://example.com/ours")
    attach(both, 2, name="A file", type="binary", datas=b"hello")
    attach(both, 2, name="Inside", url="/web/content/1")
    export_backend(both.backend)
    assert attachments(both, 2) == [("Ours", "https://example.com/ours")]
    both.trello.post(
        f"/cards/{card(1)['id']}/attachments", {"url": "https://example.com/theirs", "name": "Theirs"}
    )
    writes = stage_writes(both)
    import_backend(both.backend)
    assert links(both, 1)[1] == ("Theirs", "https://example.com/theirs")
    assert stage_writes(both) == (writes[0] + 1, writes[1])
    import_backend(both.backend)
    export_backend(both.backend)
    assert stage_writes(both) == (writes[0] + 1, writes[1])


def stage_writes(both: Both) -> tuple[int, int]:
    return both.stage.odoo_writes(), both.stage.trello_writes()


@pytest.mark.parametrize("first", [export_backend, import_backend])
def test_a_link_that_was_attached_without_an_answer_is_not_attached_again(both: Both, first: Any) -> None:
    attach(both, 2, name="Ours", url="https://example.com/ours")
    both.stage.trello.faults.add(DropConnection(after_acting=True), times=1, when=on("POST", "/1/cards"))
    export_backend(both.backend)
    first(both.backend)
    export_backend(both.backend)
    import_backend(both.backend)
    assert attachments(both, 2) == [("Ours", "https://example.com/ours")] == links(both, 2)


def test_deletions_follow_the_policy(both: Both) -> None:
    both.backend.import_deletion = both.backend.export_deletion = "delete"
    ours = attach(both, 2, name="Ours", url="https://example.com/ours")
    export_backend(both.backend)
    ours.unlink()
    both.trello.delete(f"/cards/{card(1)['id']}/attachments/{LINK['id']}")
    export_backend(both.backend)
    import_backend(both.backend)
    assert attachments(both, 2) == [] == links(both, 1)
