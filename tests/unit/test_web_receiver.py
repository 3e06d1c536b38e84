"""What is answered to a webhook, decided without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from isthmus.web import Hook, Receiver
from isthmus.web.odoo_hook import read_odoo_hook
from isthmus.web.receiver import digest_of

SECRET = "s3cret"
ADDRESS = f"/hooks/odoo/main/{SECRET}"
BODY = b'{"_action": "Isthmus(#399)", "_id": 449, "_model": "project.task", "name": "<b>"}'

Hint = tuple[str, str, list[Any]]


@pytest.fixture
def hints() -> list[Hint]:
    return []


@pytest.fixture
def receiver(hints: list[Hint]) -> Receiver:
    hooks = [
        Hook("odoo/main", digest_of(SECRET)),
        Hook("odoo/main/deleted", digest_of(SECRET)),
        Hook("odoo/other", digest_of("another")),
        Hook("trello/work", digest_of(SECRET)),
    ]
    sink = lambda source, model, ids: hints.append((source, model, list(ids)))  # noqa: E731
    return Receiver(lambda: hooks, {"odoo": read_odoo_hook}, sink)


def test_a_post_with_the_secret_is_a_hint(receiver: Receiver, hints: list[Hint]) -> None:
    assert receiver.answer("POST", ADDRESS, BODY).status == 200
    assert receiver.answer("POST", f"/hooks/odoo/main/deleted/{SECRET}?x=1", BODY).status == 200
    assert hints == [("odoo/main", "project.task", [449]), ("odoo/main/deleted", "project.task", [449])]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/hooks/",
        "/hooks/odoo/main",
        "/hooks/odoo/main/",
        "/hooks/odoo/main/wrong",
        f"/hooks/odoo/other/{SECRET}",
        f"/hooks/odoo/{SECRET}",
        f"/hooks/trello/work/{SECRET}",  # known, but nobody reads what it sends yet
        f"/hook/odoo/main/{SECRET}",
        f"/hooks/odoo/main/{SECRET}/",
        f"/hooks/odoo/main/{digest_of(SECRET)}",
        "/hooks/odoo/main/\udcff",
    ],
)
def test_everything_else_gets_the_same_answer(receiver: Receiver, hints: list[Hint], path: str) -> None:
    answer = receiver.answer("POST", path, BODY)
    assert (answer.status, answer.text) == (404, "There is no such hook.")
    assert hints == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not JSON"),
        (b"{", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it names no model as _model"),
        (b'{"_id": 1}', "it names no model as _model"),
        (b'{"_model": 7}', "it names no model as _model"),
        (b'{"_model": "a b"}', "it names no model as _model"),
        (json.dumps({"_model": "m" * 200}).encode(), "it names no model as _model"),
    ],
)
def test_garbage_is_refused_with_a_reason(
    receiver: Receiver, hints: list[Hint], body: bytes, reason: str
) -> None:
    answer = receiver.answer("POST", ADDRESS, body)
    assert (answer.status, answer.text) == (400, f"This body gives no hint: {reason}.")
    assert hints == []


def test_an_id_that_is_none_is_left_out(receiver: Receiver, hints: list[Hint]) -> None:
    for id_ in ("449", None, True, [1], 1.5):
        receiver.answer("POST", ADDRESS, json.dumps({"_model": "project.task", "_id": id_}).encode())
    assert hints == [("odoo/main", "project.task", [])] * 5


def test_others_may_ask_whether_somebody_is_there(receiver: Receiver, hints: list[Hint]) -> None:
    assert receiver.answer("HEAD", ADDRESS, b"").status == 200
    assert receiver.answer("DELETE", ADDRESS, b"").status == 405
    assert receiver.answer("HEAD", "/hooks/odoo/main/wrong", b"").status == 404
    assert hints == []
