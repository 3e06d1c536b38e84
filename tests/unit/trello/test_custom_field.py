"""Which property stands for a custom field, and what values become on the way."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.trello.custom_field import (
    Column,
    from_odoo,
    from_trello,
    joined,
    property_name,
    to_odoo,
    to_trello,
)
from isthmus.trello.task_values import by_name

ID, OTHER = "5f0000000000000000000701", "5f0000000000000000000702"


def custom(type_: str, name: str = "Size", id_: str = ID, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": name, "type": type_, "pos": 1, **more}


def option(id_: str, text: str, pos: int = 1) -> dict[str, Any]:
    return {"id": id_, "value": {"text": text}, "pos": pos}


def test_a_field_gets_a_property_that_follows_its_name_and_is_found_again() -> None:
    made, (column,) = joined([], [custom("number")])
    assert made == [{"name": property_name(ID), "string": "Size", "type": "float"}]
    again, columns = joined(made, [custom("number", "Renamed")])
    assert [one["string"] for one in again] == ["Renamed"]
    assert [one.property for one in columns] == [column.property]


def test_a_property_of_the_name_is_taken_where_its_type_fits_and_by_one_field_alone() -> None:
    mine = [{"name": "mine", "string": "Size", "type": "float"}]
    after, (one,) = joined(mine, [custom("number")])
    assert (after, one.property) == (mine, "mine")
    after, columns = joined(mine, [custom("number"), custom("number", id_=OTHER)])
    assert [one.property for one in columns] == ["mine", property_name(OTHER)]
    assert [one.property for one in joined(mine, [custom("text")])[1]] == [property_name(ID)]
    changed = [{"name": property_name(ID), "string": "Size", "type": "integer"}]
    assert joined(changed, [custom("number")]) == (changed, []), "its whole numbers would cut fractions off"


def test_options_are_known_by_their_key_then_by_their_label_and_none_is_taken_away() -> None:
    mine = [{"name": "m", "string": "Size", "type": "selection", "selection": [["s", "Small"], ["x", "Own"]]}]
    options = [option("a", "Small"), option("b", "Large", 2)]
    after, (column,) = joined(mine, [custom("list", options=options)])
    assert after[0]["selection"] == [["s", "Small"], ["x", "Own"], ["b", "Large"]]
    assert column.options == {"a": "s", "b": "b"}
    assert mine[0]["selection"] == [["s", "Small"], ["x", "Own"]], "what was given is not changed"
    assert from_odoo(column, "x") == "new:Own"
    assert (from_odoo(column, "s"), to_odoo(column, "b"), to_odoo(column, "gone")) == ("a", "b", False)


@pytest.mark.parametrize(
    ("type_", "kind", "item", "odoo"),
    [
        ("text", "char", {"value": {"text": "any"}}, "any"),
        ("number", "float", {"value": {"number": "0.3"}}, 0.3),
        ("number", "float", {"value": {"number": "0"}}, 0.0),
        ("checkbox", "boolean", {"value": {"checked": "true"}}, True),
        ("date", "datetime", {"value": {"date": "2026-12-24T12:00:00.000Z"}}, "2026-12-24 12:00:00"),
        ("text", "char", {"value": ""}, False),
        ("list", "selection", {"idValue": "a"}, "s"),
        ("list", "selection", {"idValue": ""}, False),
    ],
)
def test_values_come_back_as_they_were(type_: str, kind: str, item: dict[str, Any], odoo: Any) -> None:
    column = Column(ID, "Size", type_, "p", kind, {"a": "s"}, {"s": "Small"})
    value = from_trello(column, item)
    assert to_odoo(column, value) == odoo
    assert from_odoo(column, odoo) == value
    assert to_trello(column, value) == item


def test_all_values_of_a_task_are_sent_back_in_the_form_that_odoo_takes() -> None:
    given = [
        {"name": "a", "type": "many2one", "value": [7, "Anna"]},
        {"name": "b", "type": "many2many", "value": [[1, "x"], [2, "y"]]},
        {"name": "c", "type": "separator"},
        {"name": "d", "type": "integer", "value": 0},
        {"name": "e", "type": "many2one", "value": False},
    ]
    assert by_name(given) == {"a": 7, "b": [1, 2], "d": 0, "e": False}


def test_what_is_nothing_on_one_side_is_nothing_on_the_other() -> None:
    box = Column(ID, "Done", "checkbox", "p", "boolean")
    assert (
        from_trello(box, {"value": {"checked": "false"}})
        is from_trello(box, None)
        is from_odoo(box, False)
        is None
    )
    day = Column(ID, "Day", "date", "p", "date")
    assert from_trello(day, {"value": {"date": "2026-12-24T12:00:00.000Z"}}) == "2026-12-24"
    assert to_trello(day, "2026-12-24") == {"value": {"date": "2026-12-24T00:00:00.000Z"}}
