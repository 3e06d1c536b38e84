"""``isthmus backend webhooks``: have the other side of a backend tell at once that something changed."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from isthmus.cli.backend_record import find_backend, working_backend
from isthmus.cli.console import table
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

group = typer.Typer(help="Webhooks of the other side, which make `isthmus sync --listen` look at once.")

Name = Annotated[str, typer.Argument(metavar="BACKEND", help="The name of the backend.")]


@group.command("install")
def install(
    ctx: typer.Context,
    name: Name,
    url: Annotated[str, typer.Option(help="Where the other side reaches `sync --listen`: https://…")],
) -> None:
    """Have the other side send webhooks. The receiver must be running. Repeating it does no harm."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{url!r} is no URL to send webhooks to", hint="Write https://host, as the other side reaches it."
        )
    session: Session = ctx.obj
    with session.app() as app, working_backend(app, name) as backend:
        backend.install_webhooks(url)
        found = backend.webhooks()
    show(session, name, found)


@group.command("list")
def list_(ctx: typer.Context, name: Name) -> None:
    """Show the webhooks that are installed, and how often the last ones failed. Never the secrets.

    Exits 1 when one was switched off.
    """
    session: Session = ctx.obj
    with session.app() as app, working_backend(app, name) as backend:
        found = backend.webhooks()
    show(session, name, found)
    if not all(one["is_active"] for one in found):
        raise typer.Exit(1)


@group.command("remove")
def remove(ctx: typer.Context, name: Name) -> None:
    """Take the webhooks away again."""
    session: Session = ctx.obj
    with session.app() as app, app.environment(None) as env:
        count = find_backend(env, name).remove_webhooks()
    session.console.result({"removed": count}, f"Removed {count} webhooks of {name}.")


def show(session: Session, name: str, found: list[dict[str, Any]]) -> None:
    """Show webhooks."""
    rows = [
        (one["subject"], "on" if one["is_active"] else "switched off", one["url"], one["failures"])
        for one in found
    ]
    columns = ["subject", "state", "address (without its secret)", "failures"]
    session.console.result(found, table(f"Webhooks of {name}", columns, rows, numbers=1))
