"""Fields of Odoo are asked once, and again when a refusal makes them doubtful."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.errors import FieldError, RejectedError
from tests.still_clock import StillClock
from tests.unit.odoo.scripted import FIELDS, ScriptedOdoo, store_on

TASK = "project.task"
RENAMED = {"title" if name == "name" else name: field for name, field in FIELDS.items()}
REFUSAL = RejectedError("Odoo refused", name="builtins.ValueError")


def store(*answers: dict[str, Any], refusal: RejectedError = REFUSAL) -> Any:
    return store_on(ScriptedOdoo(fields_get=list(answers), create=[refusal] * 9))


def create(made: Any) -> None:
    made.create(TASK, [{"name": "x"}])


def advance(made: Any, seconds: float) -> None:
    clock = made.connection.clock
    assert isinstance(clock, StillClock)
    clock.advance(seconds)


def test_a_lost_field_is_named_and_not_sent_again() -> None:
    made = store(FIELDS, RENAMED)
    made.fields(TASK)
    advance(made, 61)
    with pytest.raises(FieldError, match="no field 'name' any more") as caught:
        create(made)
    assert caught.value.details["lost"] == ["name"]
    calls = len(made.connection._protocol.asked("create"))
    with pytest.raises(FieldError):
        create(made)
    assert len(made.connection._protocol.asked("create")) == calls


def test_a_refusal_of_a_value_stays_one_and_does_not_ask_again_and_again() -> None:
    made = store(FIELDS, FIELDS, FIELDS)
    made.fields(TASK)
    advance(made, 61)
    for _ in range(4):
        with pytest.raises(RejectedError):
            create(made)
    assert len(made.connection._protocol.asked("fields_get")) == 2


def test_fields_that_were_just_asked_for_are_believed() -> None:
    made = store(FIELDS)
    with pytest.raises(RejectedError):
        create(made)
    assert len(made.connection._protocol.asked("fields_get")) == 1


def test_a_rule_of_odoo_raises_no_doubt_about_fields() -> None:
    made = store(FIELDS, refusal=RejectedError("no", name="odoo.exceptions.UserError"))
    made.fields(TASK)
    advance(made, 61)
    with pytest.raises(RejectedError):
        create(made)
    assert len(made.connection._protocol.asked("fields_get")) == 1
