"""What a method says of the jobs that call it: ``@job``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import FunctionType
from typing import Any, NoReturn, TypeVar, overload

import msgspec

from isthmus.delay.property import (
    Key,
    Until,
    checked_attempts,
    checked_channel,
    checked_key,
    checked_timeout,
    checked_until,
)
from isthmus.jobs.retry import RetryPattern, checked_pattern
from isthmus.jobs.spec import DEFAULT_MAX_RETRIES, ROOT

Method = TypeVar("Method", bound=Callable[..., Any])


class JobOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the jobs of a method where a job does not say otherwise.

    ``auto_delay``: calling the method enqueues it; text is the context key that must be true for that.
    """

    channel: str = ROOT
    retry_pattern: RetryPattern | None = None
    timeout_s: float | None = None
    max_retries: int = DEFAULT_MAX_RETRIES
    auto_delay: bool | str = False
    identity_key: Key | None = None
    identity_until: Until | None = None
    serial_key: Key | None = None


DEFAULTS = JobOptions()


@overload
def job(method: Method, /) -> Method: ...


@overload
def job(
    *,
    default_channel: str = ROOT,
    retry_pattern: RetryPattern | None = None,
    timeout: float | timedelta | None = None,
    max_retries: int | None = None,
    auto_delay: bool | str = False,
    identity_key: Key | None = None,
    identity_until: Until | timedelta | None = None,
    serial_key: Key | None = None,
) -> Callable[[Method], Method]: ...


def job(
    method: Any = None,
    /,
    *,
    default_channel: str = ROOT,
    retry_pattern: RetryPattern | None = None,
    timeout: float | timedelta | None = None,
    max_retries: int | None = None,
    auto_delay: bool | str = False,
    identity_key: Key | None = None,
    identity_until: Until | timedelta | None = None,
    serial_key: Key | None = None,
) -> Any:
    """Say how jobs that call the method are run. Bare, or with what differs from the defaults.

    ``default_channel``: ``root``, or a name that starts with ``root.``. ``retry_pattern``: how long to wait
    by the number of attempts made, ``{1: 60, 5: (300, 600)}``. ``timeout``: seconds that one attempt may
    take. ``max_retries``: the number of attempts, 0 for no limit. ``auto_delay``: True makes a call enqueue
    the method, except inside a job; text is the context key that must be true for that.
    ``identity_key``, ``identity_until`` and ``serial_key`` are those of ``with_delay``: most methods know by
    themselves what makes two of their jobs the same, and which must not run side by side.

    An override without ``@job`` keeps what the method that it overrides says. Raises ValueError or TypeError
    for what is none of these.
    """
    if default_channel != ROOT and not str(default_channel).startswith(f"{ROOT}."):
        raise ValueError(
            f"a channel is {ROOT!r} or starts with '{ROOT}.', but this one is {default_channel!r}"
        )
    options = JobOptions(
        channel=checked_channel("default_channel", default_channel),
        retry_pattern=None if retry_pattern is None else checked_pattern(retry_pattern),
        timeout_s=checked_timeout("timeout", timeout or 0) or None,
        max_retries=(
            DEFAULT_MAX_RETRIES if max_retries is None else checked_attempts("max_retries", max_retries)
        ),
        auto_delay=auto_delay,
        identity_key=None if identity_key is None else checked_key("identity_key", identity_key),
        identity_until=None if identity_until is None else checked_until("identity_until", identity_until),
        serial_key=None if serial_key is None else checked_key("serial_key", serial_key),
    )

    def mark(method: Method) -> Method:
        if not isinstance(method, FunctionType):
            raise TypeError(f"@job marks methods of models, not {method!r}")
        method._job_options = options  # type: ignore[attr-defined]
        method.delay = _delay  # type: ignore[attr-defined]
        return method

    return mark if method is None else mark(method)


def _delay(*args: Any, **kwargs: Any) -> NoReturn:
    raise AttributeError("a method has no delay(): call record.with_delay().method(…) instead")


def options_in(cls: type, method: str) -> JobOptions:
    """Return what the nearest ``@job`` in a class's line of ancestors says of a method; else the defaults."""
    stated = (getattr(base.__dict__.get(method), "_job_options", None) for base in cls.__mro__)
    return next((options for options in stated if options is not None), DEFAULTS)
