"""Python's garbage collector where much is made and little of it is garbage: it would look in vain.

It is the process's, not a thread's; what is done to it here ends with the block that wanted it, and blocks of
several threads may overlap.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: After so many new objects that still live it looks at the youngest, in an unhurried block. Python says 700.
UNHURRIED = 20_000

_lock = threading.Lock()
_blocks = 0
_before = gc.get_threshold()


@contextmanager
def unhurried() -> Iterator[None]:
    """Have the collector look less often during the block: records of whole pages live through many looks."""
    global _blocks, _before
    with _lock:
        _blocks += 1
        if _blocks == 1:
            _before = gc.get_threshold()
            if 0 < _before[0] < UNHURRIED:  # 0 is off, and whoever chose more knows why
                gc.set_threshold(UNHURRIED, *_before[1:])
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if _blocks == 0:
                gc.set_threshold(*_before)


@contextmanager
def at_rest() -> Iterator[None]:
    """Have the collector not look at all during the block, which must be short."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
