"""What a sandbox server was asked and what it answered, kept in memory for proofs and tables."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

SECRET_NAMES = frozenset({"key", "token", "password", "api_key", "secret"})


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. ``ms`` is the server's own time; ``status`` is 0 when no answer was sent.

    ``query`` comes without credentials. ``facts`` holds what the handler told (Odoo: ``model``, ``call``);
    ``error`` is the traceback of a handler that failed; ``fault`` names the fault that was played.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int
    ms: float
    facts: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    fault: str | None = None


class RequestLog:
    """An append-only list of :class:`LogEntry`, safe to read while the server runs."""

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []
        self._lock = threading.Lock()

    def add(self, entry: LogEntry) -> None:
        """Append one entry."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget everything, for instance between two steps that are counted."""
        with self._lock:
            self._entries.clear()

    @property
    def entries(self) -> list[LogEntry]:
        """Return a copy of all entries, oldest first."""
        with self._lock:
            return list(self._entries)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self._entries)

    def select(
        self,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        where: Callable[[LogEntry], bool] | None = None,
        **facts: Any,
    ) -> list[LogEntry]:
        """Return the entries that agree with every given argument; ``path`` is a prefix, ``facts`` are equal.

        >>> log.select(model="project.task", call="write")  # doctest: +SKIP
        """
        return [
            entry
            for entry in self.entries
            if (method is None or entry.method == method)
            and (path is None or entry.path.startswith(path))
            and (status is None or entry.status == status)
            and all(entry.facts.get(name) == value for name, value in facts.items())
            and (where is None or where(entry))
        ]

    def count(
        self,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        where: Callable[[LogEntry], bool] | None = None,
        **facts: Any,
    ) -> int:
        """Return how many entries :meth:`select` finds."""
        return len(self.select(method, path, status, where, **facts))

    def tally(self, *facts: str) -> Counter[tuple[Any, ...]]:
        """Count entries by the named facts, for instance ``tally("model", "call")``."""
        return Counter(tuple(entry.facts.get(name) for name in facts) for entry in self.entries)

    @property
    def ms(self) -> float:
        """Return the server's own time over all entries, in milliseconds."""
        return sum(entry.ms for entry in self.entries)


def without_secrets(query: dict[str, str]) -> dict[str, str]:
    """Return ``query`` without credentials."""
    return {name: value for name, value in query.items() if name.lower() not in SECRET_NAMES}
