"""A contestant's process: carries out what the referee asks, one JSON line each way.

Started as ``python -m peers.agent MODULE``; the module has a function ``driver(course)``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from peers.course import Course, Driver


def timed(action: Callable[[], Any]) -> dict[str, Any]:
    """Do it; return what it returned, the seconds it took, and when it ended (monotonic nanoseconds)."""
    start = time.monotonic_ns()
    result = action()
    end = time.monotonic_ns()
    return {"result": result, "seconds": (end - start) / 1e9, "ended": end}


def answer(driver: Driver, request: dict[str, Any]) -> dict[str, Any]:
    """Call the method of the driver that a request names, and return how it went."""
    method = getattr(driver, request["do"])
    return timed(lambda: method(*request["arguments"]))


def main(module: str) -> None:
    """Answer until the referee closes the pipe. What libraries print goes to the log, not between answers."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    driver: Driver = importlib.import_module(module).driver(Course.of_environment())
    try:
        for line in sys.stdin:
            print(json.dumps(answer(driver, json.loads(line))), file=answers, flush=True)
    finally:
        driver.close()


if __name__ == "__main__":
    main(sys.argv[1])
