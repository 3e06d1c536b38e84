"""Bodies that are too large for memory: sent and received piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

#: How many bytes a piece has at most.
PIECE = 64 * 1024


class Stream(Protocol):
    """The body of a request. Iterated once for each try, it gives the same bytes each time."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces, from the first one."""
        ...


class Sink(Protocol):
    """Where the body of a success goes, instead of into the response. What it raises ends the request."""

    def begin(self, headers: Mapping[str, str]) -> None:
        """Take note that a body begins: what an earlier try brought is to be dropped."""
        ...

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        ...
