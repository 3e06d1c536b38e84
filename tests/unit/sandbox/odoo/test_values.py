"""Single values that clients write."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from isthmus.records import fields
from isthmus.sandbox.odoo.errors import ForeignError
from isthmus.sandbox.odoo.values import content, day, integer, markup, moment, record_id, selected, text

STATE = fields.Selection([("a", "A"), ("b", "B")]).bound("state", "project.task")
PARENT = fields.Many2one("project.task").bound("parent_id", "project.task")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-02-03 10:11:12", datetime(2026, 2, 3, 10, 11, 12)),
        ("2026-02-03 10:11", datetime(2026, 2, 3, 10, 11)),
        ("2026-02-03", datetime(2026, 2, 3)),
        ("", False),
        (False, False),
    ],
)
def test_a_moment_may_end_early(written: object, kept: object) -> None:
    assert moment(written) == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "2026-02-03T10:00:00.000Z",
            "time data '2026-02-03T10:00:00.000Z' does not match format '%Y-%m-%d %H:%M:%S'",
        ),
        ("2026-02-03 10:00:00.123", "unconverted data remains: .123"),
        ("2026-02-30", "day is out of range for month"),
    ],
)
def test_iso_notation_fractions_and_impossible_days_are_refused(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        moment(written)


def test_a_day_ignores_the_time_after_it() -> None:
    assert day("2026-02-03 10:00:00") == date(2026, 2, 3)
    assert day(False) is False


def test_whole_numbers_are_cut_and_must_fit_four_bytes() -> None:
    assert [integer(value) for value in ("7", 3.9, None, False, -(2**31))] == [7, 3, 0, 0, -(2**31)]
    with pytest.raises(ForeignError) as caught:
        integer(2**31)
    assert (caught.value.name, caught.value.message) == (
        "psycopg2.errors.NumericValueOutOfRange",
        "integer out of range\n",
    )


def test_text_of_any_kind_is_kept_but_not_nul() -> None:
    assert [text(value) for value in ("", 5, ["a"], None, False)] == ["", "5", "['a']", False, False]
    with pytest.raises(ForeignError, match="cannot contain NUL"):
        text("a\0b")


def test_html_must_be_text() -> None:
    with pytest.raises(ForeignError) as caught:
        markup(5)
    assert caught.value.name == "builtins.TypeError"


def test_a_selection_takes_its_keys_only() -> None:
    assert (selected(STATE, "a"), selected(STATE, "")) == ("a", False)
    with pytest.raises(ForeignError, match=r"Wrong value for project.task.state: 'A'"):
        selected(STATE, "A")


def test_a_link_is_an_id_or_a_pair() -> None:
    assert [record_id(PARENT, value) for value in (5, [5, "name"], False, [], None)] == [
        5,
        5,
        False,
        False,
        False,
    ]
    with pytest.raises(ForeignError, match="Wrong value"):
        record_id(PARENT, "abc")


def test_files_travel_in_base64() -> None:
    assert content("YWJj") == b"abc"
    with pytest.raises(ValueError, match="Invalid base64-encoded string"):
        content("***not base64***")
