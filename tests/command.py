"""Running ``isthmus`` in this process, and reading what it printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from isthmus.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The result of a command that was run with ``--json``."""
        return json.loads(self.out)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """The outcomes of an import or export with ``--json`` that are not zero, by entity."""
        return {
            one["entity"]: {kind: count for kind, count in one["counts"].items() if count}
            for one in self.data["entities"]
        }


class Command:
    """The command, run in the current folder with nobody at the keyboard."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        """Run a command to its end."""
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        printed = self._capsys.readouterr()
        assert "Traceback" not in printed.err, printed.err
        return Ran(int(end.value.code or 0), printed.out, printed.err)
