"""What is shown of jobs: a list, one in full, what became of a wish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from isthmus.cli.console import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from isthmus.jobs.handling import Handled
    from isthmus.jobs.inspection import JobInfo

#: Notes longer than this are cut in a list; `isthmus jobs show` has them in full.
LONGEST_NOTE = 60


def listed(found: Sequence[JobInfo], *, is_narrow: bool) -> RenderableType:
    """Return jobs as a table of one line each, or of two where there is little room."""
    if not found:
        return "No such jobs."
    if is_narrow:
        rows: list[list[Any]] = [
            [f"{one.uuid}\n{one.call}", f"{one.state}\n{when(one)}", f"{attempts(one)}\n{note(one)}".rstrip()]
            for one in found
        ]
        columns = ["job", "state, when (UTC)", "attempt, note"]
        return table("Jobs", columns, rows, whole=columns[:2])
    rows = [
        [one.uuid, one.state, one.call, one.channel, one.priority, when(one), attempts(one), note(one)]
        for one in found
    ]
    columns = ["uuid", "state", "call", "channel", "prio", "when (UTC)", "attempt", "note"]
    return table("Jobs", columns, rows, whole=("uuid", "when (UTC)"))


def handled_table(handled: Sequence[Handled]) -> RenderableType:
    """Return what became of each job."""
    rows = [[one.uuid, one.before, one.after, one.refused or one.note or ""] for one in handled]
    return table("Jobs", ["uuid", "was", "is", "note"], rows, whole=("uuid",)) if rows else "No such jobs."


def when(info: JobInfo) -> str:
    """Return the time that matters for a job in its state."""
    return moment(info.ended or info.began or info.eta or info.created)


def moment(at: datetime) -> str:
    """Return a time to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def attempts(info: JobInfo) -> str:
    """Return which attempt it is of how many, empty before the first."""
    if not info.attempt:
        return ""
    return f"{info.attempt} of {info.max_retries}" if info.max_retries else str(info.attempt)


def note(info: JobInfo) -> str:
    """Return the little that a list says about a job."""
    if info.progress:
        return progress(info)
    lines = (info.reason or info.description or "").strip().splitlines()
    text = lines[0] if lines else ""
    return text if len(text) <= LONGEST_NOTE else f"{text[:LONGEST_NOTE]}…"


def progress(info: JobInfo) -> str:
    """Return how far a job has come, with what it says about that."""
    said = info.progress
    total, remark = said.get("total"), said.get("note")
    return f"{said['done']:g}" + (f" of {total:g}" if total else "") + (f", {remark}" if remark else "")


# --- one job ---------------------------------------------------------------------------------------------


def shown(info: JobInfo, reason: str) -> Iterator[RenderableType]:
    """Yield what is known of a job, for people: facts, then the traceback as it is."""
    yield table(f"Job {info.uuid}", ["", ""], facts(info, reason))
    if info.trace:
        yield info.trace.rstrip()


def facts(info: JobInfo, reason: str) -> Iterator[tuple[str, Any]]:
    """Yield what is known of a job, line by line; what it does not have is left out."""
    at = {name: getattr(info, name) for name in ("created", "eta", "began", "ended")}
    known: list[tuple[str, Any]] = [
        ("why", reason),
        ("state", info.state),
        ("call", f"{info.call}({arguments(info.payload)})"),
        ("on records", on_records(info.payload)),
        ("description", info.description),
        ("attempt", attempts(info)),
        ("progress", progress(info) if info.progress else None),
        ("result", info.result),
        ("error", info.error),
        ("channel", info.channel),
        ("priority", info.priority),
        *(("due" if name == "eta" else name, value and f"{moment(value)} UTC") for name, value in at.items()),
        ("took", took(info)),
        ("timeout", info.timeout_s and f"{info.timeout_s:g} s"),
        ("worker", info.worker),
        ("Odoo", info.odoo),
        ("identity", info.identity),
        ("serial key", info.serial_key),
        ("graph", info.graph),
        ("waits for", "\n".join(info.waits_for)),
        ("is waited for by", "\n".join(info.is_waited_for_by)),
    ]
    return ((name, value) for name, value in known if value not in (None, ""))


def took(info: JobInfo) -> str | None:
    """Return how long the last attempt took; None for one that is not over."""
    if info.began is None or info.ended is None:
        return None
    return f"{(info.ended - info.began).total_seconds():.3g} s"


def arguments(payload: str) -> str:
    """Return the arguments of a stored call as they were written; the payload where it cannot be read."""
    stored = call_of(payload)
    if stored is None:
        return payload
    words = [*stored.get("args", ()), *stored.get("kwargs", {}).items()]
    return ", ".join(f"{one[0]}={value(one[1])}" if isinstance(one, tuple) else value(one) for one in words)


def value(stored: Any) -> str:
    """Return one argument as JSON."""
    return msgspec.json.encode(stored).decode()


def on_records(payload: str) -> str | None:
    """Return the ids of the records that a method is called on, None for none."""
    stored = call_of(payload)
    return ", ".join(map(str, stored.get("ids", ()))) or None if stored else None


def call_of(payload: str) -> dict[str, Any] | None:
    """Return a stored call, None for what is none."""
    try:
        stored = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return None
    return stored if isinstance(stored, dict) else None
