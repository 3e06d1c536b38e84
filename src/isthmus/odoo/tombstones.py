"""Records that were known under an external identifier, and are deleted by now.

Odoo forgets an identifier with its record, so that a ``load`` with the same one would make the record anew,
though somebody has deleted it on purpose. Who upserts remembers what it made, and looks before it repeats.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol


class UpsertMemory(Protocol):
    """Which record an external identifier had. :class:`LocalMemory` is for one process."""

    def known(self, model: str, identifiers: Iterable[str]) -> Mapping[str, int]:
        """Return the id of the record that was last seen under each identifier, where one was."""
        ...

    def remember(self, model: str, ids: Mapping[str, int]) -> None:
        """Keep the records of some identifiers."""
        ...

    def forget(self, model: str, ids: Iterable[int]) -> None:
        """Let the identifiers of some records be used anew."""
        ...


class LocalMemory:
    """Remember in this process: for an hour, the last ``most`` of each model. Safe in threads.

    An hour is longer than any repetition comes late, and short enough that a record can be had again by who
    wants it: what a connector keeps for good of a deletion stands in its bindings.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, *, keep_s: float = 3600.0, most: int = 100_000
    ) -> None:
        self._monotonic = monotonic
        self._keep_s = keep_s
        self._most = most
        self._lock = threading.Lock()
        self._seen: dict[str, dict[str, tuple[int, float]]] = {}

    def known(self, model: str, identifiers: Iterable[str]) -> dict[str, int]:
        since = self._monotonic() - self._keep_s
        with self._lock:
            seen = self._seen.get(model, {})
            return {one: seen[one][0] for one in identifiers if one in seen and seen[one][1] >= since}

    def remember(self, model: str, ids: Mapping[str, int]) -> None:
        now = self._monotonic()
        with self._lock:
            seen = self._seen.setdefault(model, {})
            for identifier, id_ in ids.items():
                seen.pop(identifier, None)  # what was seen last stands last
                seen[identifier] = (id_, now)
            while len(seen) > self._most:
                del seen[next(iter(seen))]

    def forget(self, model: str, ids: Iterable[int]) -> None:
        gone = set(ids)
        with self._lock:
            seen = self._seen.get(model, {})
            for identifier in [one for one, (id_, _) in seen.items() if id_ in gone]:
                del seen[identifier]
