"""Which records a lost create made, decided on values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from isthmus.odoo.creation import MOST_KNOWN, Made, match_rows
from isthmus.odoo.schema import fields_of
from tests.unit.odoo.scripted import FIELDS

KNOWN = fields_of("project.task", {**FIELDS, "description": {"type": "html"}, "hours": {"type": "float"}})
AT = datetime(2026, 7, 1, 12)


def one(id_: int, **values: Any) -> dict[str, Any]:
    return {"id": id_, "name": False, "date_deadline": False, **values}


@pytest.mark.parametrize(
    ("rows", "candidates", "ids"),
    [
        ([{"name": "a"}], [one(7, name="a")], [7]),
        ([{"name": "a"}, {"name": "b"}], [one(7, name="a"), one(8, name="b")], [7, 8]),
        ([{"name": "a"}, {"name": "a"}], [one(7, name="a"), one(8, name="a")], [7, 8]),
        ([{"name": "a"}], [one(7, name="x"), one(8, name="a"), one(9, name="y")], [8]),
        ([{"name": "a", "date_deadline": AT}], [one(7, name="a"), one(8, name="a", date_deadline=AT)], [8]),
        ([{"name": "a", "description": "x", "hours": 0.1}], [one(7, name="a")], [7]),
        ([{"name": "a"}], [], None),
        ([{"name": "a"}], [one(7, name="a"), one(8, name="a")], None),
        ([{"name": "a"}, {"name": "b"}], [one(7, name="a")], None),
        ([{"name": "a"}, {"name": "b"}], [one(7, name="b"), one(8, name="a")], None),
        ([{"name": "a"}, {"name": "b"}], [one(7, name="a"), one(8, name="a")], None),
        ([{}], [one(7)], None),
        ([{"description": "x"}], [one(7)], None),
    ],
)
def test_rows_are_found_when_exactly_they_are_there_in_their_order(
    rows: list[dict[str, Any]], candidates: list[dict[str, Any]], ids: list[int] | None
) -> None:
    assert match_rows(KNOWN, rows, candidates) == ids


def test_the_last_records_that_were_made_are_known_by_model() -> None:
    made = Made()
    made.add("a", range(MOST_KNOWN + 5))
    made.add("b", [7])
    assert (len(made.ids("a")), made.ids("a")[-1], made.ids("b"), made.ids("c")) == (
        MOST_KNOWN,
        MOST_KNOWN + 4,
        [7],
        [],
    )
