"""How long to wait before something that failed is tried again, and in which words it is told."""

from __future__ import annotations

import random

from isthmus.errors import IsthmusError

#: The first wait after a failure and the longest one, in seconds.
BACK_OFF_S = (0.1, 5.0)


def back_off_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row: longer each time, never twice the same."""
    least, most = BACK_OFF_S
    return min(most, least * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)


def described(error: Exception) -> str:
    """Return an error in one sentence."""
    return error.message if isinstance(error, IsthmusError) else f"{type(error).__name__}: {error}"
