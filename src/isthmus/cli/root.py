"""The root of all commands: global options, exit codes, errors in one sentence."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from isthmus.cli import (
    backend,
    celery,
    channels,
    conflicts,
    cron,
    db,
    demo,
    explain,
    imports,
    init,
    jobs,
    odoo,
    sandbox,
    sync,
    why,
    worker,
)
from isthmus.cli.console import Console
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError, IsthmusError, RemoteError, SchemaError, SecretError

#: What the exit code says. docs/reference/cli.md lists them.
FAILED, MISUSED, REMOTE, INTERRUPTED = 1, 2, 3, 130

cli = typer.Typer(
    name="isthmus",
    help="Keep Odoo in step with other systems, Trello first.",
    epilog="Global options may also stand behind the command. Exit codes: 0 done, 1 differences or failures, "
    "2 wrong usage or settings, 3 the other side is unreachable or refused, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
TRY, SET_UP, WORK, LATER, UNDERSTAND = "Try it", "Set up", "Synchronise", "Work later", "Understand"

for name, panel, command in (
    ("demo", TRY, demo.demo),
    ("init", SET_UP, init.init),
    ("sync", WORK, sync.sync),
    ("plan", WORK, sync.plan),
    ("retry", WORK, sync.retry),
    ("import", WORK, imports.import_),
    ("export", WORK, imports.export),
    ("verify", WORK, imports.verify),
    ("worker", LATER, worker.worker),
    ("why", UNDERSTAND, why.why),
):
    cli.command(name, rich_help_panel=panel)(command)
for name, panel, group in (
    ("sandbox", TRY, sandbox.group),
    ("odoo", SET_UP, odoo.group),
    ("backend", SET_UP, backend.group),
    ("db", SET_UP, db.group),
    ("conflicts", WORK, conflicts.group),
    ("jobs", LATER, jobs.group),
    ("channels", LATER, channels.group),
    ("cron", LATER, cron.group),
    ("celery", LATER, celery.group),
    ("components", UNDERSTAND, explain.components),
    ("map", UNDERSTAND, explain.mappers),
):
    cli.add_typer(group, name=name, no_args_is_help=True, rich_help_panel=panel)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        print(f"isthmus {version('isthmus')}")
        raise typer.Exit


@cli.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Settings file; otherwise ISTHMUS_CONFIG or ./isthmus.toml."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print results as JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Take in the options that every command knows."""
    ctx.obj = Session(Console(json=json, quiet=quiet, debug=debug), config)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code."""
    arguments = hoisted(sys.argv[1:] if arguments is None else arguments)
    console = Console(json="--json" in arguments, debug="--debug" in arguments)
    signal.signal(signal.SIGTERM, end_by_signal)
    try:
        code = typer.main.get_command(cli).main(arguments, prog_name="isthmus", standalone_mode=False)
    except typer.Abort:
        code = INTERRUPTED
    except typer.TyperException as error:
        code = refuse_usage(console, error)
    except IsthmusError as error:
        if console.debug:
            raise
        console.failure(error)
        code = exit_code(error)
    except Exception as error:  # the outermost boundary: a user gets a sentence, whatever broke
        if console.debug:
            raise
        console.failure(unexpected(error))
        code = FAILED
    if code == INTERRUPTED:
        console.note("Interrupted.")
    sys.exit(code or 0)


def exit_code(error: IsthmusError) -> int:
    """Return the exit code for an error."""
    if isinstance(error, RemoteError):
        return REMOTE
    return MISUSED if isinstance(error, (ConfigurationError, SchemaError, SecretError)) else FAILED


def refuse_usage(console: Console, error: typer.TyperException) -> int:
    """Say what was wrong with the command line, or show the help that was asked for by saying nothing."""
    message = error.format_message()
    if not message or type(error).__name__ == "NoArgsIsHelpError":
        return MISUSED
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "isthmus"
    console.failure(ConfigurationError(message, hint=f"See `{command} --help`."))
    return MISUSED


def unexpected(error: Exception) -> IsthmusError:
    """Return the error that stands for one that nobody foresaw."""
    return IsthmusError(
        f"unexpected {type(error).__name__}: {error}",
        hint="This is a mistake in Isthmus or in a connector; run again with --debug for the traceback.",
    )


def hoisted(arguments: Iterable[str]) -> list[str]:
    """Return the arguments with the global options in front, wherever they stood before ``--``."""
    front: list[str] = []
    rest = list(arguments)
    end = rest.index("--") if "--" in rest else len(rest)
    kept: list[str] = []
    words = iter(rest[:end])
    for word in words:
        if word in ("--json", "--quiet", "-q", "--debug") or word.startswith("--config="):
            front.append(word)
        elif word in ("--config", "-c"):
            front += [word, *(value for value in [next(words, None)] if value is not None)]
        else:
            kept.append(word)
    return [*front, *kept, *rest[end:]]


def end_by_signal(number: int, _frame: FrameType | None) -> NoReturn:
    """End as if by an exception, so that transactions roll back and servers close."""
    sys.exit(128 + number)
