"""Channels as people write them: ``root:4,root.trello:2,root.mail:1:sequential``.

::

    channels := entry { ("," | line break) entry }
    entry    := name { "." name } [ ":" capacity { ":" option } ]
    option   := "sequential" | "throttle" "=" seconds | "paused"

The name may do without ``root.``. A capacity is the number of jobs that run at once, 0 for no limit; without
one it is 1. Blanks round the parts and blank entries count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

import msgspec

from isthmus.errors import ChannelError
from isthmus.jobs.spec import ROOT

OPTIONS = ("sequential", "throttle", "paused")

_ENTRY = re.compile(r"[^,\n\r]+")
_NAME = re.compile(r"[^\s.]+(\.[^\s.]+)*")


class ChannelSetting(msgspec.Struct, frozen=True, kw_only=True):
    """What is set for a channel.

    ``capacity`` None is no limit; that of ``root`` may be 0: nothing runs. ``throttle_s`` is the seconds
    between two starts.
    """

    name: str
    capacity: int | None = 1
    sequential: bool = False
    throttle_s: int | None = None
    paused: bool = False


class Piece(NamedTuple):
    """A part of the text without the blanks round it, and where it stands."""

    text: str
    at: int


def parse_channels(text: str) -> list[ChannelSetting]:
    """Return the settings of a string of channels, in order; empty for a blank one.

    Raises ChannelError (a ValueError) naming the place of what cannot be read.
    """
    settings: dict[str, ChannelSetting] = {}
    for found in _ENTRY.finditer(text):
        if found[0].strip():
            pieces = list(split(found[0], ":", found.start()))
            setting = _setting(pieces, text)
            if setting.name in settings:
                raise refusal(text, pieces[0], f"the channel {setting.name!r} stands there twice")
            settings[setting.name] = setting
    return list(settings.values())


def format_channels(settings: Iterable[ChannelSetting]) -> str:
    """Return the string that :func:`parse_channels` reads as these settings."""
    return ",".join(":".join(_written(setting)) for setting in settings)


def _written(setting: ChannelSetting) -> Iterator[str]:
    yield setting.name
    yield str(setting.capacity or 0)
    if setting.sequential:
        yield "sequential"
    if setting.throttle_s is not None:
        yield f"throttle={setting.throttle_s}"
    if setting.paused:
        yield "paused"


def split(text: str, separator: str, start: int) -> Iterator[Piece]:
    """Yield the parts of a text that begins at position ``start`` of the whole."""
    for part in text.split(separator):
        yield Piece(part.strip(), start + len(part) - len(part.lstrip()))
        start += len(part) + len(separator)


def full_name(name: str) -> str:
    """Return the name of a channel from the root on: ``trello`` is ``root.trello``."""
    return name if name == ROOT or name.startswith(f"{ROOT}.") else f"{ROOT}.{name}"


def parse_name(text: str) -> str:
    """Return the full name of the one channel that a text names. Raises ChannelError for anything else."""
    name = text.strip()
    if not is_name(name):
        raise ChannelError(
            f"{text!r} is no name of a channel", hint="Names are words joined by dots, without options."
        )
    return full_name(name)


def is_name(name: str) -> bool:
    """Tell whether a text can name a channel: words joined by dots."""
    return _NAME.fullmatch(name) is not None and not set(name) & set(":,=")


def _setting(pieces: list[Piece], text: str) -> ChannelSetting:
    name, *rest = pieces
    if not is_name(name.text):
        raise refusal(text, name, f"{name.text!r} is no name of a channel", "Names are words joined by dots.")
    options = _options(rest[1:], text)
    channel = full_name(name.text)
    capacity = _number(rest[0], text, "a capacity") if rest else 1
    if options.get("sequential") and capacity != 1:
        raise refusal(text, rest[0], f"a sequential channel has the capacity 1, not {capacity}")
    return ChannelSetting(
        name=channel,
        capacity=capacity if capacity or channel == ROOT else None,
        sequential=bool(options.get("sequential")),
        throttle_s=options.get("throttle"),
        paused=bool(options.get("paused")),
    )


def _options(pieces: list[Piece], text: str) -> dict[str, int]:
    """Return the options that are given, those without a value as 1."""
    found: dict[str, int] = {}
    for piece in pieces:
        key, *values = split(piece.text, "=", piece.at)
        if key.text not in OPTIONS:
            near = get_close_matches(key.text, OPTIONS, n=1)
            known = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(OPTIONS)}."
            raise refusal(text, key, f"{key.text!r} is no option of a channel", known)
        if key.text in found:
            raise refusal(text, key, f"{key.text!r} stands there twice")
        if len(values) != (key.text == "throttle"):
            rule = "takes one value" if key.text == "throttle" else "takes no value"
            raise refusal(text, key, f"{key.text!r} {rule}", "Write throttle=SECONDS, sequential, paused.")
        found[key.text] = _number(values[0], text, "a throttle") if values else 1
    return found


def _number(piece: Piece, text: str, what: str) -> int:
    if re.fullmatch("[0-9]{1,9}", piece.text) is None:
        raise refusal(text, piece, f"{what} is a whole number from 0, not {piece.text!r}")
    return int(piece.text)


def refusal(text: str, piece: Piece, reason: str, hint: str | None = None) -> ChannelError:
    """Return the error for a part that cannot be read; positions count from 1."""
    return ChannelError(
        f"the channels {text!r} cannot be read at position {piece.at + 1}: {reason}", hint=hint
    )
