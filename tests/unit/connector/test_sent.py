"""What was sent before a process died: taken for agreed where it arrived, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.connector.agreement import Agreement
from isthmus.connector.sent import Sent

BASE = Agreement({"name": "A", "due": None, "list": 1}, {"title": "A", "date": None, "stage": 7})
SENT = Sent({"name": "B", "due": "d"}, {"title": "B", "date": "d"})
ARRIVED = {"name": "B", "due": "d", "list": 1}


def compare(name: str, value: Any) -> Any:
    return value or None


@pytest.mark.parametrize(
    ("present", "external", "odoo"),
    [
        # it arrived, whole
        ({"name": "B", "due": "d", "list": 1}, ARRIVED, SENT.odoo),
        # it arrived, and somebody changed a part of it and something else: that stays visible
        ({"name": "B", "due": "e", "list": 2}, ARRIVED, SENT.odoo),
        # it did not arrive
        ({"name": "A", "due": None, "list": 1}, BASE.external, {}),
        # what is there now is neither: nobody knows
        ({"name": "C", "due": "", "list": 1}, BASE.external, {}),
        # the other side no longer shows these fields
        ({"list": 1}, BASE.external, {}),
    ],
)  # fmt: skip
def test_what_arrived_is_agreed_on(present: dict[str, Any], external: Any, odoo: dict[str, Any]) -> None:
    found = SENT.arrived(BASE, present, compare)
    assert found.external == external
    assert found.odoo == {**BASE.odoo, **odoo}


def test_a_value_that_was_there_before_proves_nothing() -> None:
    sent = Sent({"name": "A", "due": "d"}, {"title": "A", "date": "d"})
    assert sent.arrived(BASE, {"name": "A", "due": None, "list": 1}, compare) == BASE


def test_it_is_kept_as_json_and_read_again() -> None:
    assert Sent.of(SENT.to_json()) == SENT
    assert Sent.of(False) is None


@pytest.mark.parametrize(
    ("shown", "external"),
    [
        # as it was sent, in the other side's words
        ({"name": "B", "due": ""}, {"name": "B", "due": ""}),
        # somebody changed it since: that stays visible
        ({"name": "C", "due": "d"}, {"name": "B", "due": "d"}),
        # what was not sent, or is not shown, stays unknown
        ({"name": "B", "list": 1}, {"name": "B"}),
    ],
)  # fmt: skip
def test_what_was_made_is_agreed_on_as_it_was_sent(shown: dict[str, Any], external: Any) -> None:
    sent = Sent({"name": "B", "due": shown.get("due") and "d"}, {"title": "B"})
    assert sent.made(shown, compare) == Agreement(external, {"title": "B"})
