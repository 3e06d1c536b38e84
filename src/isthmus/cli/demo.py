"""``isthmus demo``: the main job on a real board, with both sides simulated or with an Odoo of one's own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.console import table
from isthmus.cli.imports import verify_tables
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

#: The board that is shown unless another is asked for.
DEFAULT_BOARD = "08"


def demo(
    ctx: typer.Context,
    board: Annotated[
        str, typer.Option("--board", help="A board export (JSON), or 03, 08 or 10 for one that comes along.")
    ] = DEFAULT_BOARD,
    odoo_url: Annotated[str | None, typer.Option("--odoo-url", help="A real Odoo (17 to 19) to use.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="Its database.")] = None,
    login: Annotated[str | None, typer.Option("--login", help="A user with rights on projects.")] = None,
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", envvar="ISTHMUS_DEMO_API_KEY", help="That user's API key or password."),
    ] = None,
) -> None:
    """Take a Trello board into Odoo and changes both ways, and verify the result; exit 1 when it is wrong.

    With --odoo-url the board becomes a project of its own in that Odoo; nothing else there is touched.
    """
    from isthmus.demo import DemoFailed, Stage, Step, Story

    session: Session = ctx.obj
    access = odoo_access(odoo_url, database, login, api_key)
    console = session.console
    start = time.perf_counter()

    def tell(step: Step) -> None:
        waited = f", {step.waited_ms:,.0f} of them for Trello's limits" if step.waited_ms >= 1 else ""
        console.note(f"{step.name}: {step.did} ({step.calls} calls, {step.ms:,.0f} ms{waited})")

    with Stage(board_file(board), access) as stage, console.progress() as progress:
        story = Story(stage, progress)
        try:
            story.play(tell)
        except DemoFailed as failed:
            if reports := failed.details.pop("reports", None):
                console.result({"ok": False, "verify": reports}, *verify_tables("demo", reports))
            raise
    rows: list[list[Any]] = [
        [step.name, step.did, step.calls, step.ms, step.waited_ms or ""] for step in story.steps
    ]
    seconds = time.perf_counter() - start
    console.result(
        {"ok": True, "seconds": seconds, "steps": story.steps, "verify": story.verified},
        table("What was done", ["step", "result", "calls", "ms", "of that waited"], rows, numbers=3),
        *verify_tables("demo", story.verified),
        f"Done in {seconds:.1f} s.",
    )


def board_file(board: str) -> Path:
    """Return the file of a board: a path, or the number of one that comes along.

    Raises ConfigurationError when there is neither.
    """
    from isthmus.sandbox.boards import available, board_path

    path = Path(board)
    if path.exists():
        return path
    numbers = [name.partition("-")[0] for name in available()]
    if board in numbers:
        return board_path(board)
    raise ConfigurationError(
        f"there is no board export {board}",
        hint="Give a file that Trello exported (menu, Print, export and share, Export as JSON), "
        f"or one of {', '.join(numbers)}.",
    )


def odoo_access(url: str | None, database: str | None, login: str | None, api_key: str | None) -> Any:
    """Return how to reach the Odoo that was asked for, or None for the simulated one."""
    from isthmus.demo import OdooAccess

    given = {"--odoo-url": url, "--database": database, "--login": login, "--api-key": api_key}
    if not any(given.values()):
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise ConfigurationError(
            f"a real Odoo needs {', '.join(missing)} as well",
            hint="Give --odoo-url, --database, --login and --api-key together, or none of them.",
        )
    return OdooAccess(str(url), str(database), str(login), str(api_key))
