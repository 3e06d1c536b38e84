"""A process of Isthmus beside the demo: what a person would have started in a terminal."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from isthmus.errors import IsthmusError

#: How long anything may take that a process is waited for. Only a failure takes so long.
PATIENCE_S = 60.0


class ProcessFailed(IsthmusError):
    """A process of the demo did not do what it was started for."""


class Process:
    """``isthmus`` with some words and the settings of the demo; ended when the block ends."""

    def __init__(self, settings: Path, environ: Mapping[str, str], *words: str) -> None:
        self._words = words
        command = [sys.executable, "-m", "isthmus.cli", "--config", str(settings), *words]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **environ, "NO_COLOR": "1", "COLUMNS": "1000"},
            cwd=settings.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it at once, as a loss of power does: it can finish nothing."""
        self._process.kill()

    def wait(self) -> int:
        """Wait for its end and return its exit code: negative for the number of a signal."""
        try:
            return self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise self._failure(f"did not end within {PATIENCE_S:g} s") from None

    def hear(self, pattern: str) -> re.Match[str]:
        """Wait until it says something on stderr that fits a pattern."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise self._failure(f"did not say {pattern!r} within {PATIENCE_S:g} s") from None
            if line is None:
                raise self._failure(f"ended without saying {pattern!r}")
            if found := re.search(pattern, line):
                return found

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def _failure(self, what: str) -> ProcessFailed:
        said = "".join(self._said[-5:]).strip() or "nothing"
        return ProcessFailed(f"`isthmus {' '.join(self._words)}` {what}; it said: {said}")
