"""A worker's ownership of a job, and what it reports at the end."""

from __future__ import annotations

from typing import Literal

import msgspec


class Claim(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A job that a worker owns until its lease ends. Only the holder of ``token`` may finish it.

    ``attempt`` counts this one; ``crashes`` counts the workers that died while running it.
    """

    id: int
    uuid: str
    model: str
    method: str
    payload: str
    odoo: str | None
    channel: str
    attempt: int
    max_retries: int
    crashes: int
    timeout_s: float | None
    token: int


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why an attempt did not succeed: the exception's class, its message, and its traceback for a person."""

    name: str
    message: str
    trace: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one attempt.

    ``kind``: ``done`` (``value`` is the result as JSON, None when there is none), ``failed``, ``cancelled``,
    ``retry`` (after ``after_s`` seconds; the attempt counts unless ``counts`` is False), ``release`` (it was
    never begun: back it goes, uncounted).
    """

    kind: Literal["done", "failed", "cancelled", "retry", "release"]
    value: str | None = None
    failure: Failure | None = None
    after_s: float = 0.0
    counts: bool = True

    @property
    def is_final(self) -> bool:
        """Whether the job is over with it."""
        return self.kind in ("done", "failed", "cancelled")


class Ack(msgspec.Struct, frozen=True, gc=False):
    """The result of a claim, with when the attempt began and ended (µs since 1970, None: it never began)."""

    claim: Claim
    result: Result
    began: int | None = None
    ended: int | None = None


class Claimed(msgspec.Struct, frozen=True):
    """What a claim gave: the jobs, best first; when to look again at the latest (µs since 1970, None: not
    known); and whether the worker still counts as living.
    """

    claims: list[Claim]
    wake_at: int | None = None
    lives: bool = True
