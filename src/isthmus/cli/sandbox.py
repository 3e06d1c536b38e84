"""``isthmus sandbox``: a Trello or an Odoo of one's own, to try things on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.demo import board_file
from isthmus.cli.session import Session

group = typer.Typer(help="Simulated servers on this machine, to try things on. They end with Ctrl-C.")

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any free one.")]
File = Annotated[
    Path | None, typer.Option(help="SQLite file that keeps the state; otherwise it is lost at the end.")
]


@group.command("trello")
def trello(
    ctx: typer.Context,
    board: Annotated[
        list[str] | None,
        typer.Option(help="A board export, or 03, 08 or 10 for one that comes along; may be repeated."),
    ] = None,
    port: Port = 0,
    key: Annotated[str, typer.Option(help="The API key that it takes.")] = "sandbox-key",
    token: Annotated[str, typer.Option(help="The token that it takes.")] = "sandbox-token",
    file: File = None,
) -> None:
    """Run a Trello that answers from board exports. Prints its address first."""
    from isthmus.sandbox.trello import TrelloSandbox

    session: Session = ctx.obj
    sandbox = TrelloSandbox(database_url(file), key=key, token=token)
    boards = [sandbox.load(board_file(one)) for one in board or ()]
    serve(session, sandbox, port, {"key": key, "token": token, "boards": boards})


@group.command("odoo")
def odoo(
    ctx: typer.Context,
    port: Port = 0,
    version: Annotated[int, typer.Option(help="14 to 19.")] = 18,
    key: Annotated[str, typer.Option(help="The API key that it takes; otherwise it makes one.")] = "",
    file: File = None,
) -> None:
    """Run an Odoo with the project application. Prints its address first."""
    from isthmus.sandbox.odoo import OdooSandbox

    session: Session = ctx.obj
    sandbox = OdooSandbox(version, database_url(file), api_key=key or None)
    facts = {"database": sandbox.database, "login": sandbox.login, "key": sandbox.api_key, "version": version}
    serve(session, sandbox, port, facts)


def serve(session: Session, server: Any, port: int, facts: dict[str, Any]) -> None:
    """Start a server, say where it is and how to get in, and wait for the end."""
    url = server.start(port)
    try:
        session.console.result(
            {"url": url, **facts}, url, *(f"{name}: {value}" for name, value in facts.items())
        )
        session.console.note("Ctrl-C ends it.")
        threading.Event().wait()
    except (KeyboardInterrupt, SystemExit):
        session.console.note("Ended.")
    finally:
        server.stop()


def database_url(file: Path | None) -> str:
    """Return the URL of the database that keeps a server's state: a file, or memory."""
    return f"sqlite:///{file.absolute()}" if file else "sqlite://"
