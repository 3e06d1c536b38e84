"""A Python prompt on an Odoo: records as connectors see them, and the bare connection below."""

from __future__ import annotations

import code
import contextlib
import sys
from typing import Any

from isthmus.cli.console import Console
from isthmus.errors import IsthmusError

BANNER = """\
Isthmus on {odoo}, Odoo {version} ({protocol})
env["res.partner"].search([], limit=3)   records; what is written to Odoo is final
odoo.execute("res.partner", "search_count", kwargs={{"domain": []}})   a call
env.commit()   keeps what was changed locally; otherwise it is undone at the end. Ctrl-D ends.
"""


class Prompt(code.InteractiveConsole):
    """A prompt on which an error of Isthmus is a sentence, not a traceback."""

    def __init__(self, names: dict[str, Any], console: Console) -> None:
        super().__init__(names)
        self._console = console

    def showtraceback(self) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, IsthmusError) and not self._console.debug:
            self._console.failure(error)
        else:
            super().showtraceback()


def talk(names: dict[str, Any], console: Console, banner: str) -> None:
    """Let somebody type, with history and completion where the system has them."""
    with contextlib.suppress(ImportError):
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    Prompt(names, console).interact(banner, exitmsg="")


def run(source: str, name: str, names: dict[str, Any]) -> Any:
    """Execute a script; return the value of a single expression, None for anything else."""
    try:
        expression = compile(source.strip(), name, "eval")
    except SyntaxError:
        exec(compile(source, name, "exec"), names)
        return None
    return eval(expression, names)
