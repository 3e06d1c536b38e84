"""Sets of ids as short text: ``1-500,503`` for five hundred and one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def to_text(ids: Iterable[int]) -> str:
    """Return ids as ranges in their order."""
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in _runs(sorted(ids)))


def from_text(text: str) -> set[int]:
    """Return the ids that :func:`to_text` wrote down."""
    found: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def _runs(ids: list[int]) -> Iterator[tuple[int, int]]:
    start = previous = None
    for id_ in ids:
        if previous is not None and start is not None and id_ > previous + 1:
            yield start, previous
            start = id_
        start = id_ if start is None else start
        previous = id_
    if start is not None and previous is not None:
        yield start, previous
