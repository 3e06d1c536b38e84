"""``isthmus odoo webhooks``: automation rules that make an Odoo tell at once that something changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from isthmus.cli.console import table
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.odoo.feed.webhooks import Installed

group = typer.Typer(help="Automation rules that make an Odoo (17 and later) tell at once what changed.")

Instance = Annotated[str, typer.Option(help="Which instance of the settings.")]


@group.command("install")
def install(
    ctx: typer.Context,
    url: Annotated[str, typer.Option(help="Where the Odoo reaches `feed run --listen`: https://…")],
    instance: Instance = "main",
) -> None:
    """Put rules for the followed models into an Odoo. Done again, they get a new secret.

    Needs an administrator of that Odoo, and its app "Automation Rules" (base_automation).
    """
    from isthmus.odoo.feed.webhooks import install as put

    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ConfigurationError(f"{url!r} is no URL", hint="Write https://host, as the Odoo reaches it.")
    session: Session = ctx.obj
    with session.app() as app, app.environment(instance) as env:
        found = put(env, instance, app.store(instance), app.feed(instance).watches, url)
    show(session, instance, found)


@group.command("list")
def list_(ctx: typer.Context, instance: Instance = "main") -> None:
    """Show the rules that were put into an Odoo, and whether they are still there. Never the secrets.

    Exits 1 when one is gone or was switched off.
    """
    from isthmus.odoo.feed.webhooks import installed

    session: Session = ctx.obj
    with session.app() as app, app.environment(instance) as env:
        found = installed(env, instance, app.store(instance))
    show(session, instance, found)
    if not all(one.is_active for one in found):
        raise typer.Exit(1)


@group.command("remove")
def remove(ctx: typer.Context, instance: Instance = "main") -> None:
    """Take the rules out of an Odoo again."""
    from isthmus.odoo.feed.webhooks import remove as take_out

    session: Session = ctx.obj
    with session.app() as app, app.environment(instance) as env:
        count = take_out(env, instance, app.store(instance))
    session.console.result({"removed": count}, f"Removed {count} rules from the Odoo {instance!r}.")


def show(session: Session, instance: str, found: list[Installed]) -> None:
    """Show rules."""
    rows: list[tuple[Any, ...]] = [(one.model, one.kind, one.rule, state(one), one.url) for one in found]
    columns = ["model", "tells of", "rule", "state", "address (without its secret)"]
    session.console.result(
        [asdict(one) for one in found], table(f"Webhooks of Odoo {instance!r}", columns, rows)
    )


def state(one: Installed) -> str:
    """Return what became of a rule."""
    return {True: "on", False: "switched off", None: "gone"}[one.is_active]
