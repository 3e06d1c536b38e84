"""Texts of Odoo that are longer than Trello takes: they are set aside by themselves, and say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend
from isthmus.demo import Stage
from isthmus.trello.mapper import MAX_TEXT
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both

TOO_LONG = f"<p>{'x' * (MAX_TEXT + 1)}</p>"
REASON = "it has 16,385 characters as Markdown, and Trello takes 16,384"


@pytest.fixture
def both() -> Iterator[Both]:
    with Stage(board()) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def exported(both: Both, entity: str) -> Any:
    return {report.entity: report for report in export_backend(both.backend)}[entity]


def test_a_description_that_is_too_long_holds_nothing_else_up(both: Both) -> None:
    task = both.task(1)
    task.write({"name": "Told", "description": TOO_LONG})
    (failure,) = exported(both, "trello.card").failures
    assert REASON in failure.reason
    assert "Shorten it in Odoo" in failure.hint
    found: Any = both.trello.get(f"/cards/{card(1)['id']}", fields="name,desc")
    assert (found["name"], found["desc"]) == ("Told", "")
    task.write({"description": f"<p>{'x' * MAX_TEXT}</p>"})
    both.settle()


def test_a_message_that_is_too_long_waits_until_it_is_shorter(both: Both) -> None:
    kind = both.env["mail.message.subtype"].search([("name", "=", "Discussions")])
    about = {"model": "project.task", "res_id": both.task(1).id, "message_type": "comment"}
    message = both.env["mail.message"].create({**about, "subtype_id": kind.id, "body": TOO_LONG})
    (failure,) = exported(both, "trello.comment").failures
    assert "and Trello takes 16,384" in failure.reason
    message.write({"body": "<p>short</p>"})
    both.settle()
