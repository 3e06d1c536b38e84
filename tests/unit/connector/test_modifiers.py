"""Modifiers: alone, nested, as plain functions, and what is known of their source."""

from __future__ import annotations

from datetime import date

import pytest

from isthmus.connector.mapper import (
    ExportMapper,
    ImportMapper,
    RecordMapper,
    convert,
    follow_m2o_relations,
    none,
)
from isthmus.connector.modifiers import describe, source_of
from isthmus.errors import MappingError
from isthmus.inheritance import capture
from tests.unit.connector.shop import mapper_of


def imported(source, record):
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [(source, "target")]

    return mapper_of(*declared).map_record(record).values()["target"]


def exported(source, record):
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [(source, "target")]

    return mapper_of(*declared).map_record(record).values()["target"]


@pytest.mark.parametrize("empty", [False, None, "", 0, []])
def test_none_replaces_empty_values_by_none(empty):
    assert imported(none("a"), {"a": empty}) is None
    assert exported(none("a"), {"a": empty}) is None


def test_none_lets_values_pass():
    assert imported(none("a"), {"a": "x"}) == "x"


@pytest.mark.parametrize(
    ("conv_type", "value", "expected"),
    [(int, "5", 5), (float, 0, 0.0), (str, 0, "0"), (str, "", ""), (bool, 0, False), (bool, "x", True)],
)
def test_convert_converts(conv_type, value, expected):
    converted = imported(convert("a", conv_type), {"a": value})
    assert (converted, type(converted)) == (expected, conv_type)


def test_convert_takes_any_function():
    assert imported(convert("day", date.fromisoformat), {"day": "2026-11-22"}) == date(2026, 11, 22)


@pytest.mark.parametrize("record", [{}, {"a": None}, {"a": False}, {"a": ""}])
def test_convert_gives_the_empty_value_of_the_direction_for_what_is_missing(record):
    assert imported(convert("a", int), record) is False
    assert exported(convert("a", int), record) is None


def test_convert_names_the_value_that_it_cannot_convert():
    with pytest.raises(MappingError, match=r"record › a: ValueError.*'many'") as caught:
        imported(convert("a", int), {"a": "many"})
    assert caught.value.details["rule"] == "convert(a, int) → target"
    assert caught.value.details["field"] == "a"
    assert caught.value.details["value"] == "many"


def test_modifiers_nest():
    assert imported(convert(none("a"), int), {"a": "7"}) == 7
    assert imported(convert(none("a"), int), {"a": 0}) is False


def test_a_lambda_serves_as_source_alone_and_nested():
    def plain(mapper, record, target):
        return f"{record['a']} for {target}"

    assert imported(lambda mapper, record, target: record["a"] * 2, {"a": 4}) == 8
    assert imported(plain, {"a": 1}) == "1 for target"
    assert imported(convert(lambda mapper, record, target: record["a"], int), {"a": "9"}) == 9


def test_relations_are_followed_through_nested_values():
    record = {"order": {"partner": {"country": "CH"}}}
    assert exported(follow_m2o_relations("order.partner.country"), record) == "CH"
    assert exported(convert(follow_m2o_relations("order.partner.country"), str.lower), record) == "ch"


@pytest.mark.parametrize("record", [{}, {"order": None}, {"order": {"partner": False}}])
def test_following_relations_ends_where_one_is_empty(record):
    assert exported(follow_m2o_relations("order.partner.country"), record) is None


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("name", "name"),
        (none("name"), "name"),
        (convert(none("name"), int), "name"),
        (follow_m2o_relations("order_id.partner_id"), "order_id"),
        (convert(follow_m2o_relations("order_id.amount"), str), "order_id"),
        (lambda mapper, record, target: 1, None),
        (convert(lambda mapper, record, target: 1, int), None),
    ],
)
def test_the_source_field_is_known_through_nesting(source, field):
    assert source_of(source) == field


def test_a_modifier_shows_itself_as_it_was_written():
    assert describe(convert(none("price"), float)) == "convert(none(price), float)"


def test_a_reusable_rule_is_a_record_mapper_with_one_method():
    class Shouting(RecordMapper):
        def map_value(self, mapper, value, target):
            return value.upper() if value else value

    assert imported(Shouting("name"), {"name": "ada"}) == "ADA"
    assert imported(convert(Shouting("name"), list), {"name": "ada"}) == ["A", "D", "A"]
    assert source_of(Shouting("name")) == "name"
