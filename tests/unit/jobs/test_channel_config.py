"""Channels as people write them."""

from __future__ import annotations

import pytest

from isthmus.errors import ChannelError, ConfigurationError
from isthmus.jobs.channel_config import ChannelSetting, format_channels, full_name, parse_channels


def test_the_common_string_is_read() -> None:
    assert parse_channels("root:4,root.trello:2,root.mail:1:sequential") == [
        ChannelSetting(name="root", capacity=4),
        ChannelSetting(name="root.trello", capacity=2),
        ChannelSetting(name="root.mail", capacity=1, sequential=True),
    ]


def test_lines_blanks_and_empty_entries_count_for_nothing() -> None:
    assert parse_channels("\n root : 2 ,\n\n , a.b : 1 : throttle = 30 : paused \r\n") == [
        ChannelSetting(name="root", capacity=2),
        ChannelSetting(name="root.a.b", capacity=1, throttle_s=30, paused=True),
    ]
    assert parse_channels("  \n,") == []


def test_a_name_alone_has_room_for_one_job() -> None:
    assert parse_channels("mail") == [ChannelSetting(name="root.mail", capacity=1)]


def test_zero_is_no_limit_but_for_the_root() -> None:
    assert [one.capacity for one in parse_channels("root:0,mail:0")] == [0, None]


def test_root_is_optional_in_a_name() -> None:
    assert parse_channels("rooted.x:1")[0].name == "root.rooted.x"
    assert [full_name(name) for name in ("root", "root.a", "a")] == ["root", "root.a", "root.a"]


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("root:4,a:2:sequental", 12, "'sequental' is no option of a channel"),
        ("root:4,a:2:", 12, "'' is no option of a channel"),
        ("a:x", 3, "a capacity is a whole number from 0, not 'x'"),
        ("a: -1", 4, "a capacity is a whole number from 0, not '-1'"),
        ("a:1.5", 3, "a capacity is a whole number from 0, not '1.5'"),
        ("a:\u0661", 3, "a capacity is a whole number"),
        ("a:" + "9" * 5000, 3, "a capacity is a whole number"),
        ("a:", 3, "a capacity is a whole number from 0, not ''"),
        (":3", 1, "'' is no name of a channel"),
        ("root,a..b", 6, "'a..b' is no name of a channel"),
        ("a b:1", 1, "'a b' is no name of a channel"),
        ("a:1:throttle=1.5", 14, "a throttle is a whole number from 0, not '1.5'"),
        ("a:1:throttle", 5, "'throttle' takes one value"),
        ("a:1:throttle=1=2", 5, "'throttle' takes one value"),
        ("a:1:sequential=no", 5, "'sequential' takes no value"),
        ("a:1:paused:paused", 12, "'paused' stands there twice"),
        ("root.a, a:3", 9, "the channel 'root.a' stands there twice"),
        ("a:2:sequential", 3, "a sequential channel has the capacity 1, not 2"),
        ("a:0:sequential", 3, "a sequential channel has the capacity 1, not 0"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(text: str, position: int, reason: str) -> None:
    with pytest.raises(ChannelError) as caught:
        parse_channels(text)
    assert caught.value.message.startswith(
        f"the channels {text!r} cannot be read at position {position}: {reason}"
    )
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ConfigurationError)


def test_the_nearest_option_is_named() -> None:
    with pytest.raises(ChannelError) as caught:
        parse_channels("a:2:sequental")
    assert caught.value.hint == "Did you mean 'sequential'?"


def test_settings_are_written_as_they_are_read() -> None:
    text = "root:4,root.a:0:throttle=5:paused,root.mail:1:sequential"
    assert format_channels(parse_channels(text)) == text
