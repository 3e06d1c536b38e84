from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import MalformedAnswerError
from isthmus.odoo.codec import decode_rows, encode, encode_values
from isthmus.odoo.schema import fields_of
from tests.unit.odoo.recorded import named

FIELDS = fields_of(
    "x.thing",
    {
        "name": {"type": "char"},
        "count": {"type": "integer"},
        "price": {"type": "monetary"},
        "done": {"type": "boolean"},
        "day": {"type": "date"},
        "at": {"type": "datetime"},
        "data": {"type": "binary"},
        "extra": {"type": "json"},
        "parent_id": {"type": "many2one", "relation": "x.thing"},
        "tag_ids": {"type": "many2many", "relation": "x.tag"},
    },
)


def decode_one(**row):
    (values,) = decode_rows(FIELDS, list(row), [{"id": 1, **row}])
    del values["id"]
    return values


@pytest.mark.parametrize(("value", "wire"), [
    (None, False), (False, False), ("", ""), (0, 0), (date(2026, 2, 3), "2026-02-03"),
    (datetime(2026, 2, 3, 4, 5, 6, 789), "2026-02-03 04:05:06"), (b"\x00\xff", "AP8="),
    (datetime(2026, 2, 3, 4, 0, tzinfo=timezone(timedelta(hours=2))), "2026-02-03 02:00:00"),
    ([(6, 0, (1, 2)), (0, 0, {"at": date(2026, 1, 1)})], [[6, 0, [1, 2]], [0, 0, {"at": "2026-01-01"}]]),
])  # fmt: skip
def test_neutral_values_are_written_as_odoo_reads_them(value, wire):
    assert encode(value) == wire


def test_a_json_field_is_sent_as_it_is():
    assert encode_values(FIELDS, {"extra": {"a": None}}) == {"extra": {"a": None}}


@pytest.mark.parametrize(("row", "values"), [
    ({"name": False}, {"name": False}), ({"count": False}, {"count": 0}), ({"price": 1.5}, {"price": 1.5}),
    ({"day": "2026-02-03"}, {"day": date(2026, 2, 3)}), ({"day": False}, {"day": False}),
    ({"at": "2026-02-03 04:05:06"}, {"at": datetime(2026, 2, 3, 4, 5, 6)}),
    ({"at": "2026-02-03 04:05:06.5"}, {"at": datetime(2026, 2, 3, 4, 5, 6, 500000)}),
    ({"data": "AP8="}, {"data": b"\x00\xff"}), ({"data": False}, {"data": False}),
    ({"parent_id": 5}, {"parent_id": 5}), ({"parent_id": [5, False]}, {"parent_id": 5}),
    ({"parent_id": False}, {"parent_id": False}), ({"tag_ids": [2, 1]}, {"tag_ids": [2, 1]}),
    ({"extra": None}, {"extra": None}),
])  # fmt: skip
def test_odoos_values_are_read_into_their_neutral_form(row, values):
    assert decode_one(**row) == values


def test_a_field_that_odoo_leaves_out_of_its_answer_reads_as_empty():
    assert decode_rows(FIELDS, ["name", "count"], [{"id": 3}]) == [{"id": 3, "name": False, "count": 0}]


def test_only_the_fields_asked_for_come_back():
    assert decode_rows(FIELDS, ["id", "name"], [{"id": 3, "name": "a", "count": 4}]) == [
        {"id": 3, "name": "a"}
    ]


@pytest.mark.parametrize("row", [{"day": "soon"}, {"at": 5}, {"data": "10.00 bytes"}])
def test_a_value_that_its_field_cannot_have_is_named(row):
    with pytest.raises(MalformedAnswerError, match=rf"x\.thing\.{next(iter(row))}"):
        decode_one(**row)


@given(st.binary())
def test_bytes_survive_the_way_out_and_back(content):
    assert decode_one(data=encode(content))["data"] == (content or False)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0)))
def test_moments_survive_the_way_out_and_back(at):
    assert decode_one(at=encode(at))["at"] == at
    assert encode(at.replace(tzinfo=UTC)) == encode(at)


def test_a_recorded_row_is_read():
    exchange = named("19", "read-mixed-missing-id")
    assert decode_rows(FIELDS, ["name"], exchange["response"]["body"]["result"])[0]["id"] == 1
