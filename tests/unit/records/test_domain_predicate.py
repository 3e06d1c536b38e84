"""Domains as Python functions, on records that are plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from isthmus.errors import DomainError, FieldError
from isthmus.records import fields
from isthmus.records.domain import Domain
from isthmus.records.predicate import PythonReader

NODE, TAG = "node", "tag"


class Library:
    """Two models: nodes in a tree with tags, and tags."""

    def fields(self, model: str) -> Mapping[str, fields.Field]:
        declared: dict[str, fields.Field] = {"name": fields.Char(), "active": fields.Boolean()}
        if model == NODE:
            declared |= {
                "number": fields.Integer(),
                "weight": fields.Float(),
                "day": fields.Date(),
                "moment": fields.Datetime(),
                "data": fields.Json(),
                "parent_id": fields.Many2one(NODE),
                "tag_ids": fields.Many2many(TAG),
            }
        return {name: field.bound(name, model) for name, field in declared.items()}

    def rec_name(self, model: str) -> str:
        return "name"

    def inherits(self, model: str) -> Mapping[str, str]:
        return {}


class Record(dict[str, Any]):
    """A record: its fields by name, relations as lists of records."""

    def __init__(self, id_: int, **values: Any) -> None:
        empty = {"name": False, "active": True, "number": 0, "weight": 0.0, "day": False, "moment": False}
        super().__init__({**empty, "data": False, "parent_id": [], "tag_ids": [], **values})
        self.id = id_


def holds(record: Record, *terms: Any, active_test: bool = True) -> bool:
    return PythonReader(Library(), active_test=active_test).read(NODE, Domain.parse(terms))(record)


LIVE, ARCHIVED = Record(1, name="Live"), Record(2, name="Old", active=False)
RECORD = Record(
    7,
    name="Straße",
    number=3,
    day=date(2026, 1, 2),
    moment=datetime(2026, 1, 2, 12),
    data=0,
    tag_ids=[LIVE, ARCHIVED],
)
EMPTY = Record(8)


@pytest.mark.parametrize(
    "term",
    [
        ("name", "=like", "str%"),
        ("name", "ilike", "STRASSE"),  # ß is not ss
        ("name", "like", "_____________"),
        ("number", "=", 3.5),
        ("number", "in", [False]),
        ("number", ">", 2**70),
        ("id", "in", []),
        ("id", "=", False),
        ("data", "=", False),
        ("tag_ids.name", "=", "Old"),
        ("tag_ids", "any", [("name", "=", "Old")]),
        ("tag_ids", "not like", "Live"),
        ("parent_id.name", "!=", "x"),
        ("day", "<", "2026-01-02"),
        ("moment", "<", "2026-01-02"),
        ("moment", ">", "2026-01-02"),
        ("moment", "=", "2026-01-02"),
        ("day", ">", False),
    ],
    ids=str,
)
def test_a_record_is_not_in(term: Any) -> None:
    assert not holds(RECORD, term)


@pytest.mark.parametrize(
    "term",
    [
        ("name", "ilike", "sTRA"),
        ("name", "=ilike", "s%E"),
        ("display_name", "=", "Straße"),
        ("number", "=", "3"),
        ("number", "<", 3.5),
        ("number", ">=", -(2**70)),
        ("number", "like", "3"),
        ("weight", "=", False),
        ("id", "!=", False),
        ("id", "not in", []),
        ("data", "!=", False),
        ("tag_ids", "in", [2]),
        ("tag_ids.active", "=", False),
        ("tag_ids.name", "=", "Live"),
        ("tag_ids", "like", "Li"),
        ("tag_ids", "like", ""),
        ("parent_id", "=", False),
        ("parent_id", "not any", []),
        ("day", "=", datetime(2026, 1, 2, 23)),
        ("moment", "<=", "2026-01-02"),
        ("moment", ">=", date(2026, 1, 2)),
        ("moment", "=", datetime(2026, 1, 2, 13, tzinfo=timezone(timedelta(hours=1)))),
        ("moment", "<", datetime(2026, 1, 2, 12, 0, 1, tzinfo=UTC)),
        ("moment", "in", ["2026-01-02 12:00:00"]),
    ],
    ids=str,
)
def test_a_record_is_in(term: Any) -> None:
    assert holds(RECORD, term)


@pytest.mark.parametrize(
    "term",
    [
        ("name", "!=", "x"),
        ("name", "not in", ["x"]),
        ("name", "not like", "x"),
        ("name", "in", ["x", False]),
        ("name", "=", ""),
        ("name", "=like", ""),
        ("number", "=", False),
        ("number", "<", 1),
        ("number", "not like", "1"),
        ("day", "!=", "2026-01-01"),
        ("tag_ids", "=", False),
        ("tag_ids", "not in", [1]),
    ],
    ids=str,
)
def test_negative_operators_and_zero_include_the_empty_record(term: Any) -> None:
    assert holds(EMPTY, term)


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
def test_an_empty_date_is_neither_before_nor_after(sign: str) -> None:
    assert not holds(EMPTY, ("day", sign, "2026-01-01"))
    assert not holds(EMPTY, ("moment", sign, "2026-01-01"))


def test_archived_lines_count_when_the_context_says_so() -> None:
    assert holds(RECORD, ("tag_ids.name", "=", "Old"), active_test=False)


def test_a_tree_is_climbed_even_when_it_is_a_circle() -> None:
    top, middle, low = Record(1, name="top"), Record(2, name="middle"), Record(3, name="low")
    low["parent_id"], middle["parent_id"] = [middle], [top]
    # A many2one of plain records is a list here; the tree is climbed through a single record.
    low["parent_id"], middle["parent_id"], top["parent_id"] = middle, top, low
    assert holds(low, ("id", "child_of", 1))
    assert holds(low, ("id", "child_of", "TOP"))
    assert not holds(low, ("id", "child_of", [9]))
    assert not holds(low, ("id", "child_of", False))


def test_mistakes_are_found_before_any_record_is_looked_at() -> None:
    reader = PythonReader(Library())
    with pytest.raises(FieldError, match=r"(?s)'nmae'.*'name'"):
        reader.read(NODE, Domain.parse([("nmae", "=", 1)]))
    with pytest.raises(DomainError, match=r"\('day', '=', 'soon'\) on node"):
        reader.read(NODE, Domain.parse(["|", ("name", "=", "x"), ("day", "=", "soon")]))
    with pytest.raises(DomainError, match="wants text"):
        reader.read(NODE, Domain.parse([("name", "like", True)]))
