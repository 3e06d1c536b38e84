"""Field values as they are typed."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.cli.value import parse_value
from isthmus.errors import ConfigurationError
from isthmus.records import fields


def field(made: Any) -> Any:
    return made.bound("value", "shop.backend")


@pytest.mark.parametrize(
    ("made", "text", "value"),
    [
        (fields.Char(), "a=b", "a=b"),
        (fields.Char(), "", False),
        (fields.Integer(), "-3", -3),
        (fields.Float(), "1.5", 1.5),
        (fields.Boolean(), "Yes", True),
        (fields.Boolean(), "off", False),
        (fields.Json(), '["b1"]', ["b1"]),
        (fields.Many2one("res.users"), "2", 2),
    ],
)
def test_a_text_becomes_the_value_of_its_field(made: Any, text: str, value: Any) -> None:
    assert parse_value(field(made), text) == value


@pytest.mark.parametrize(
    ("made", "text", "wanted"),
    [
        (fields.Integer(), "many", "a number"),
        (fields.Float(), "1,5", "a number"),
        (fields.Boolean(), "perhaps", "yes or no"),
        (fields.Json(), "[b1]", "JSON"),
        (fields.Many2one("res.users"), "admin", "the id of a res.users"),
        (fields.Selection([("on", "On"), ("off", "Off")]), "half", "one of on, off"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_with_what_would(made: Any, text: str, wanted: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_value(field(made), text)
    assert caught.value.message == f"value cannot be {text!r}: expected {wanted}"
