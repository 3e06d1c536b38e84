"""Laws of what is stored of a job: values come back with their types, whatever they hold; so do channels."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isthmus.jobs.channel_config import ChannelSetting, format_channels, parse_channels
from isthmus.jobs.codec import Codec

CODEC = Codec()

TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(["$", "v", "\udce9", "\0"])
KEYS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXT
    | st.binary(max_size=8)
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.times(timezones=st.timezones() | st.none())
    | st.datetimes(timezones=st.timezones() | st.none())
    | st.timedeltas()
    | st.uuids()
)
HASHABLE = st.recursive(
    KEYS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
LEAVES = HASHABLE | st.binary(max_size=8).map(bytearray)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.dictionaries(TEXT, inner, max_size=4)
        | st.sets(HASHABLE, max_size=3)
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """Return a value in which two that differ in a type or a zone differ too."""
    kind = type(value).__name__
    if isinstance(value, dict):
        return kind, [(shape(key), shape(one)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return kind, [shape(one) for one in value]
    if isinstance(value, set | frozenset):
        return kind, sorted(repr(shape(one)) for one in value)
    if isinstance(value, float) and value == 0:
        return kind, math.copysign(1, value)
    return kind, repr(value) if isinstance(value, Decimal) else value, str(getattr(value, "tzinfo", None))


@given(VALUES)
def test_every_value_comes_back_with_its_types(value: Any) -> None:
    assert shape(CODEC.decode(CODEC.encode(value))) == shape(value)


@given(VALUES)
def test_what_is_written_once_is_written_the_same_again(value: Any) -> None:
    text = CODEC.encode(value)
    assert CODEC.encode(CODEC.decode(text)) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.just("$") | TEXT, JSON, max_size=4))
def test_a_dictionary_from_outside_stays_a_dictionary(data: dict[str, Any]) -> None:
    assert shape(CODEC.decode(CODEC.encode(data))) == shape(data)


NAMES = st.lists(st.text("abz_-é", min_size=1, max_size=4), min_size=1, max_size=3).map(".".join)


@st.composite
def settings(draw: Any) -> ChannelSetting:
    sequential = draw(st.booleans())
    return ChannelSetting(
        name=f"root.{draw(NAMES)}",
        capacity=1 if sequential else draw(st.integers(1, 99) | st.none()),
        sequential=sequential,
        throttle_s=draw(st.integers(0, 99) | st.none()),
        paused=draw(st.booleans()),
    )


@given(st.lists(settings(), max_size=5, unique_by=lambda one: one.name))
def test_channels_that_are_written_are_read_as_they_were(channels: list[ChannelSetting]) -> None:
    assert parse_channels(format_channels(channels)) == channels
