"""The properties of a job, as callers give them: checked once, the same in every way to delay."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Literal, NoReturn, TypedDict

import msgspec

from isthmus.jobs.channel_config import full_name, is_name
from isthmus.jobs.codec import is_text

#: When an identity lets a twin in again: the job has started, has finished, or so many seconds have passed.
Until = Literal["started", "finished"] | float

#: A key, or what makes it of the job.
Key = str | Callable[[Any], str | None]

#: Where a priority must lie, so that every database can hold it.
_LEAST, _MOST = -(2**31), 2**31 - 1


class JobProperties(TypedDict, total=False):
    """What ``with_delay``, ``delayable`` and ``set`` take. None is the same as not given."""

    priority: int | None
    eta: float | timedelta | datetime | None
    max_retries: int | None
    description: str | None
    channel: str | None
    identity_key: Key | None
    identity_until: Until | timedelta | None
    serial_key: Key | None
    timeout: float | timedelta | None


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What was stated of a job; None: nothing, so that the method or the default decides.

    ``eta`` is a moment (naive UTC), or a time that is counted from the job's enqueueing. A ``timeout`` of 0
    is no limit.
    """

    priority: int | None = None
    eta: datetime | timedelta | None = None
    max_retries: int | None = None
    description: str | None = None
    channel: str | None = None
    identity_key: Key | None = None
    identity_until: Until | None = None
    serial_key: Key | None = None
    timeout: float | None = None


NOTHING = Stated()


def stated(given: Mapping[str, Any], before: Stated = NOTHING) -> Stated:
    """Return the checked properties, over those stated before.

    Raises ValueError for a property that does not exist, naming the nearest, and for a value that it cannot
    have.
    """
    if not given:
        return before
    for name in given:
        if name not in _CHECKS:
            raise _unknown(name)
    checked = {name: None if value is None else _CHECKS[name](name, value) for name, value in given.items()}
    return msgspec.structs.replace(before, **checked)


def _unknown(name: object) -> ValueError:
    near = get_close_matches(str(name), _CHECKS, n=1)
    more = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_CHECKS)}"
    return ValueError(f"a job has no property {name!r}: {more}")


# --- checks --------------------------------------------------------------------------------------------


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number, and not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number, and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def refuse(name: str, value: object, expected: str) -> NoReturn:
    """Raise the ValueError for a property that cannot have a value."""
    raise ValueError(f"{name} is {expected}, not {value!r}")


def checked_priority(name: str, value: Any) -> int:
    """Return a priority: a whole number, the smaller the earlier."""
    if not is_whole(value) or not _LEAST <= value <= _MOST:
        refuse(name, value, "a whole number (the smaller the earlier)")
    return int(value)


def checked_eta(name: str, value: Any) -> datetime | timedelta | None:
    """Return an earliest start: a naive UTC moment or a time from now, None for none (whatever is false)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if is_number(value):
        try:
            value = timedelta(seconds=value)
        except OverflowError:
            refuse(name, value, "a number of seconds that a date can hold")
    if not isinstance(value, timedelta) and value is not False:
        refuse(name, value, "a number of seconds, a timedelta or a datetime")
    return value or None


def checked_attempts(name: str, value: Any) -> int:
    """Return a number of attempts, 0 for no limit."""
    if not is_whole(value) or not 0 <= value <= _MOST:
        refuse(name, value, "a number of attempts (0: no limit)")
    return int(value)


def checked_text(name: str, value: Any) -> str | None:
    """Return a text, None for an empty one."""
    if not isinstance(value, str) or "\0" in value or not is_text(value):
        refuse(name, value, "text")
    return value or None


def checked_channel(name: str, value: Any) -> str:
    """Return the full name of a channel, from ``root`` on."""
    if not isinstance(value, str) or not is_name(value) or not is_text(value):
        refuse(name, value, "the name of a channel, such as 'root.trello'")
    return full_name(value)


def checked_key(name: str, value: Any) -> Key | None:
    """Return a key, or the function that makes it of the job."""
    return value if callable(value) else checked_text(name, value)


def checked_until(name: str, value: Any) -> Until:
    """Return until when a twin is refused."""
    if value in ("started", "finished"):
        return value  # type: ignore[no-any-return]
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not is_number(seconds) or seconds <= 0:
        refuse(name, value, "'started', 'finished', or a number of seconds")
    return float(seconds)


def checked_timeout(name: str, value: Any) -> float:
    """Return the seconds that one attempt may take, 0 for no limit."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not is_number(seconds) or seconds < 0:
        refuse(name, value, "a number of seconds or a timedelta (0: no limit)")
    return float(seconds)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "priority": checked_priority,
    "eta": checked_eta,
    "max_retries": checked_attempts,
    "description": checked_text,
    "channel": checked_channel,
    "identity_key": checked_key,
    "identity_until": checked_until,
    "serial_key": checked_key,
    "timeout": checked_timeout,
}
