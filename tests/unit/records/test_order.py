"""Order clauses."""

from __future__ import annotations

import pytest

from isthmus.errors import FieldError
from isthmus.records import fields
from isthmus.records.order import OrderTerm, parse_order

FIELDS = {
    name: field.bound(name, "thing")
    for name, field in {
        "name": fields.Char(),
        "priority": fields.Integer(),
        "line_ids": fields.One2many("line", "thing_id"),
        "label": fields.Char(compute="_compute"),
    }.items()
}


def parse(order: str) -> tuple[OrderTerm, ...]:
    return parse_order(order, "thing", FIELDS, "name")


def test_an_order_is_ended_by_the_id() -> None:
    assert parse("priority desc, name") == (
        OrderTerm("priority", descending=True, nulls_first=True),
        OrderTerm("name"),
        OrderTerm("id"),
    )
    assert parse("id DESC") == (OrderTerm("id", descending=True, nulls_first=True),)


def test_empty_values_go_where_the_clause_says() -> None:
    assert parse("name NULLS FIRST")[0] == OrderTerm("name", nulls_first=True)
    assert parse("name desc nulls last")[0] == OrderTerm("name", descending=True)


def test_the_display_name_is_ordered_by_the_field_it_is_made_of() -> None:
    assert parse("display_name")[0] == OrderTerm("name")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("nmae", r"(?s)'nmae'.*Did you mean 'name'"),
        ("line_ids", "no such stored field"),
        ("label", "no such stored field"),
        ("name up", r"(?s)'name up'.*\[asc\|desc\]"),
        ("name, 1; --", "'name, 1; --'"),
    ],
)
def test_a_clause_that_cannot_be_followed_is_refused(order: str, expected: str) -> None:
    with pytest.raises(FieldError, match=expected):
        parse(order)
