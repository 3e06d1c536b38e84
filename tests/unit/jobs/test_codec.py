"""Values of jobs as JSON text: what comes back, what is refused, and that data forges nothing."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from isthmus.errors import JobDecodingError, JobEncodingError, JobError
from isthmus.jobs.codec import DEEPEST, Codec

CODEC = Codec()


class Money:
    def __init__(self, amount: Decimal) -> None:
        self.amount = amount

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.amount == other.amount


class Coins(Money):
    pass


class Colour(StrEnum):
    RED = "red"


def again(value: Any) -> Any:
    return CODEC.decode(CODEC.encode(value))


def test_what_json_knows_is_written_as_it_is() -> None:
    value = {"a": [1, -2.5, "é", True, None, {}], "b": []}
    assert CODEC.encode(value) == '{"a":[1,-2.5,"é",true,null,{}],"b":[]}'
    assert again(value) == value


def test_another_value_names_its_kind() -> None:
    assert json.loads(CODEC.encode(datetime(2026, 11, 25, 8))) == {
        "$": "datetime",
        "v": "2026-11-25T08:00:00",
    }


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Brussels"), fold=1),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-3, seconds=7, microseconds=9))),
        datetime(2026, 1, 1, tzinfo=UTC),
        time(2, 30, fold=1, tzinfo=ZoneInfo("Asia/Kolkata")),
        time(23, 59, tzinfo=timezone(timedelta(minutes=30))),
    ],
    ids=repr,
)
def test_a_moment_keeps_its_zone_and_its_fold(value: Any) -> None:
    found = again(value)
    assert (found, found.tzinfo, found.fold) == (value, value.tzinfo, value.fold)


def test_text_that_utf8_cannot_hold_comes_back() -> None:
    assert again(["caf\udce9", {"\ud83d\ude00": 1}]) == ["caf\udce9", {"\ud83d\ude00": 1}]


def test_numbers_beyond_json_come_back() -> None:
    assert again([2**63, -(2**200), float("inf"), -float("inf")]) == [
        2**63,
        -(2**200),
        float("inf"),
        -float("inf"),
    ]
    assert again(float("nan")) != again(float("nan"))


def test_a_set_is_written_in_one_order_whatever_the_hashes() -> None:
    assert CODEC.encode({"c", "a", "b"}) == '{"$":"set","v":["a","b","c"]}'


def test_a_dictionary_with_the_tag_is_data_and_forges_nothing() -> None:
    forged = {"$": "records", "model": "res.users", "ids": [1], "su": True}
    assert again(forged) == forged
    assert again({"x": [forged]}) == {"x": [forged]}
    assert again({"$": {"$": 1}}) == {"$": {"$": 1}}
    assert CODEC.encode({"$": 1}) == '{"$":"dict","v":[["$",1]]}'


def test_what_cannot_be_kept_is_named_with_its_place_its_type_and_what_is_allowed() -> None:
    lines = [1, 2, 3, object()]
    with pytest.raises(JobEncodingError) as caught:
        CODEC.encode([{"lines": lines}], "args")
    assert caught.value.message.startswith(
        "args[0].lines[3] is a value of type object, which cannot be kept in a job; allowed are text, "
    )
    assert "datetime" in caught.value.message
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, JobError)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": {(1, 2): {object()}}}, "value.a[(1, 2)][...]"),
        ({"a b": (0, object())}, "value['a b'][1]"),
        ({object: 1}, "value["),
        (OrderedDict(a=1), "value is a value of type collections.OrderedDict"),
        ({}.keys(), "value is a value of type dict_keys"),
        ([Colour.RED], "value[0] is a value of type"),
    ],
)
def test_the_place_is_that_of_the_innermost_value(value: Any, place: str) -> None:
    with pytest.raises(JobEncodingError) as caught:
        CODEC.encode(value)
    assert caught.value.message.startswith(place)


def test_the_value_itself_is_not_shown_since_it_may_be_secret() -> None:
    class Token:
        def __repr__(self) -> str:
            return "t0k3n"

    with pytest.raises(JobEncodingError) as caught:
        CODEC.encode({"token": Token()})
    assert "t0k3n" not in str(caught.value)


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(JobEncodingError, match="nested too deeply, or contains itself"):
        CODEC.encode(endless)


def test_values_may_be_nested_as_deep_as_is_said() -> None:
    deep: Any = ()
    for _ in range(DEEPEST - 1):
        deep = [deep]
    assert again(deep) == deep
    with pytest.raises(JobEncodingError):
        CODEC.encode([deep])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1",
        "nonsense",
        '{"$":"nobody","v":1}',
        '{"$":7}',
        '{"$":null}',
        '{"$":["dict"]}',
        '{"$":"datetime"}',
        '{"$":"datetime","v":3}',
        '{"$":"datetime","v":"yesterday"}',
        '{"$":"datetime","v":"2026-01-01","zone":"Nowhere/Else"}',
        '{"$":"datetime","v":"2026-01-01","zone":"../etc"}',
        '{"$":"decimal","v":"one"}',
        '{"$":"bytes","v":"*"}',
        '{"$":"set","v":[[1]]}',
        '{"$":"dict","v":[[[1],2]]}',
        '{"$":"dict","v":[1]}',
        '{"$":"timedelta","v":[1e9,0,0]}',
        '{"$":"int","v":"z"}',
        '{"$":"uuid","v":"1"}',
        "[" * 3000 + '"$"' + "]" * 3000,
        "[" * 900 + '{"$":"tuple","v":[]}' + "]" * 900,
    ],
    ids=lambda text: text[:40],
)
def test_what_cannot_be_read_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(JobDecodingError) as caught:
        CODEC.decode(text)
    assert isinstance(caught.value, ValueError)


def test_an_unknown_kind_is_named_with_those_that_are_known() -> None:
    with pytest.raises(JobDecodingError, match="unknown kind 'nobody'; known: bytearray, bytes, ") as caught:
        CODEC.decode('{"$":"nobody"}')
    assert caught.value.hint == "Load the package that registers it."


def test_a_registered_type_comes_back_with_what_it_holds() -> None:
    codec = Codec()
    codec.register("money", Money, lambda one: {"amount": one.amount}, lambda of: Money(of["amount"]))
    found = codec.decode(codec.encode([Money(Decimal("1.10"))]))
    assert found == [Money(Decimal("1.10"))]
    with pytest.raises(JobEncodingError):
        codec.encode(Coins(Decimal(1)))
    with pytest.raises(JobEncodingError):
        CODEC.encode(Money(Decimal(1)))


def test_derived_types_are_written_where_the_kind_allows_it() -> None:
    codec = Codec()
    with pytest.raises(JobEncodingError):
        codec.encode(Coins(Decimal(1)))
    codec.register(
        "money", Money, lambda one: {"amount": one.amount}, lambda of: Money(of["amount"]), subclasses=True
    )
    assert codec.decode(codec.encode(Coins(Decimal(2)))) == Money(Decimal(2))


def test_a_scoped_kind_is_told_the_scope_both_ways() -> None:
    codec = Codec()
    codec.register(
        "money",
        Money,
        lambda one, rate: {"v": one.amount * rate},
        lambda of, rate: Money(of["v"] / rate),
        scoped=True,
    )
    text = codec.encode(Money(Decimal(2)), scope=5)
    assert json.loads(text)["v"]["v"] == "10"
    assert codec.decode(text, scope=10) == Money(Decimal(1))


@pytest.mark.parametrize(
    ("tag", "kind"), [("dict", Money), ("datetime", Money), ("x", dict), ("x", datetime)]
)
def test_a_tag_or_type_that_is_known_cannot_be_registered_again(tag: str, kind: type) -> None:
    with pytest.raises(ValueError, match="is known already"):
        Codec().register(tag, kind, dict, dict)


def test_a_frozen_clocks_dates_are_written_as_plain_ones() -> None:
    class Frozen(datetime):
        pass

    found = again(Frozen(2026, 1, 2))
    assert found == datetime(2026, 1, 2)
    assert type(found) is datetime
