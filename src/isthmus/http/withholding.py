"""While something is only tried out, requests that could change anything are not sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_withholding: ContextVar[bool] = ContextVar("withholding", default=False)


@contextmanager
def withholding() -> Iterator[None]:
    """Refuse, in this thread and while the block runs, requests of clients that are not safe."""
    token = _withholding.set(True)
    try:
        yield
    finally:
        _withholding.reset(token)


def is_withholding() -> bool:
    """Tell whether requests that could change anything are refused here."""
    return _withholding.get()
