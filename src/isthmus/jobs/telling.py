"""What a supervisor and its worker processes tell each other: a signal and an exit code."""

from __future__ import annotations

import os
import signal

#: The exit code of a worker that cannot work at all: wrong settings, a database that lags behind.
MISUSED = 2

#: Tells a worker for the second time to end. Another signal than the first: of two that are the same, a
#: process that is busy gets one.
AGAIN_SIGNAL = signal.SIGTERM if os.name == "nt" else signal.SIGINT

#: Tells a worker to look for dead ones now. None where there is no such signal.
BURY_SIGNAL = getattr(signal, "SIGUSR1", None)
