"""Search domains of clients: what they become, and how mistakes are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from isthmus.inheritance import capture
from isthmus.records import Registry, open_environment
from isthmus.sandbox.odoo.domains import DomainReader
from isthmus.sandbox.odoo.errors import Refusal
from isthmus.sandbox.odoo.session import Session


@pytest.fixture(scope="module")
def notes() -> Iterator[Any]:
    from isthmus import fields, models

    with capture() as declared:

        class Note(models.Model):
            _name = "x.note"
            name = fields.Char()
            at = fields.Datetime()
            rank = fields.Integer()
            parent_id = fields.Many2one("x.note")

    with open_environment(Registry.build(classes=declared)) as env:
        yield env["x.note"]


def read(notes: Any, domain: Any, series: int = 19) -> list[Any]:
    return DomainReader(Session(2, series)).read(notes, domain)


def test_a_good_domain_stays_what_it_is(notes: Any) -> None:
    domain = ["|", ("name", "ilike", "a"), "!", ("parent_id.rank", ">", 3), (1, "=", 1)]
    assert read(notes, domain) == domain


@pytest.mark.parametrize(
    ("domain", "before_19", "from_19"),
    [
        ([["bogus", "=", 1]], "Invalid field x.note.bogus in leaf ('bogus', '=', 1)",
         "Invalid field x.note.bogus in condition ('bogus', '=', 1)"),
        ([["name", "~~", 1]], "Invalid leaf ('name', '~~', 1)",
         "Invalid operator in condition ('name', '~~', 1)"),
        (["&", ["name", "=", "x"]], "Domain ['&', ['name', '=', 'x']] is syntactically not correct.",
         "Domain() malformed domain ['&', ['name', '=', 'x']]"),
        ([5], "Invalid leaf 5", "Domain() invalid item in domain: 5"),
    ],
)  # fmt: skip
def test_mistakes_are_named_in_the_words_of_the_version(
    notes: Any, domain: Any, before_19: str, from_19: str
) -> None:
    for series, said in ((18, before_19), (19, from_19)):
        with pytest.raises(Refusal) as caught:
            read(notes, domain, series)
        assert (caught.value.name, caught.value.message) == ("builtins.ValueError", said)


def test_18_compares_the_stored_microseconds(notes: Any) -> None:
    at = datetime(2026, 1, 1, 12, 0, 0)
    assert read(notes, [("at", ">", "2026-01-01 12:00:00")], 18) == [("at", ">", at)]
    assert read(notes, [("at", "=", "2026-01-01 12:00:00")], 18) == [("at", "=", at)]


def test_19_compares_whole_seconds(notes: Any) -> None:
    at, after = datetime(2026, 1, 1, 12, 0, 0), datetime(2026, 1, 1, 12, 0, 1)
    assert read(notes, [("at", ">", "2026-01-01 12:00:00.5")]) == [("at", ">=", after)]
    assert read(notes, [("at", "<=", "2026-01-01 12:00:00")]) == [("at", "<", after)]
    assert read(notes, [("at", "=", "2026-01-01 12:00:00")]) == ["&", ("at", ">=", at), ("at", "<", after)]
    assert read(notes, [("at", "!=", "2026-01-01 12:00:00")]) == [
        "!",
        "&",
        ("at", ">=", at),
        ("at", "<", after),
    ]


def test_a_mere_day_means_its_end_where_later_is_asked(notes: Any) -> None:
    assert read(notes, [("at", ">", "2026-01-01")], 18) == [("at", ">", datetime(2026, 1, 1, 23, 59, 59))]
    assert read(notes, [("at", ">=", "2026-01-01")], 18) == [("at", ">=", datetime(2026, 1, 1))]


def test_a_moment_that_cannot_be_read_is_refused(notes: Any) -> None:
    with pytest.raises(Refusal, match="Invalid term 'abc'"):
        read(notes, [("at", ">", "abc")])
    with pytest.raises(Refusal, match="invalid input syntax for type timestamp"):
        read(notes, [("at", ">", "abc")], 18)


def test_text_on_a_relation_means_the_name(notes: Any) -> None:
    assert read(notes, [("parent_id", "ilike", "a")]) == [("parent_id.name", "ilike", "a")]
    assert read(notes, [("parent_id", "not ilike", "a")]) == ["!", ("parent_id.name", "ilike", "a")]
    assert read(notes, [("parent_id", "=", 5)]) == [("parent_id", "=", 5)]
    assert read(notes, [("display_name", "=", "a")]) == [("name", "=", "a")]


def test_numbers_beyond_four_bytes_fail_before_19_and_find_nothing_since(notes: Any) -> None:
    for name in ("id", "rank", "parent_id"):
        assert read(notes, [(name, "=", 2147483653)]) == [(0, "=", 1)]
        with pytest.raises(Refusal, match=r'value "2147483653" is out of range for type integer'):
            read(notes, [(name, "=", 2147483653)], 18)


def test_nul_is_refused_in_searches_too(notes: Any) -> None:
    with pytest.raises(Refusal, match="NUL"):
        read(notes, [("name", "=", "a\0b")])
