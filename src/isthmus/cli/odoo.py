"""``isthmus odoo``: the Odoo instances of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.console import table
from isthmus.cli.session import Session, ask_secret
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.cli.odoo_check import Finding

group = typer.Typer(help="The Odoo instances of the settings.")


@group.command("check")
def check(
    ctx: typer.Context,
    instance: Annotated[list[str] | None, typer.Option(help="Only this instance; may be repeated.")] = None,
) -> None:
    """Try each Odoo: version, login, the rights that the loaded connectors need, the clock.

    Exits 3 when an Odoo cannot be reached or refuses the login, 1 when rights are missing.
    """
    from isthmus.cli.odoo_check import check_instance, needed_models

    session: Session = ctx.obj
    with session.app() as app:
        names = instance or list(app.settings.odoo)
        if not names:
            raise ConfigurationError("no Odoo is configured", hint="Add a table [odoo.main] to the settings.")
        models = needed_models(app.registry)
        found = {name: check_instance(app.connection(name), models) for name in names}
    session.console.result(found, *(findings_table(name, findings) for name, findings in found.items()))
    findings = [one for several in found.values() for one in several]
    worst = max(((3 if one.remote else 1) for one in findings if not one.ok), default=0)
    if worst:
        raise typer.Exit(worst)


def findings_table(name: str, findings: list[Finding]) -> Any:
    """Return the table of what was found about one Odoo."""
    rows = [("ok" if one.ok else "FAILED", one.check, one.result, one.advice) for one in findings]
    return table(f"Odoo {name!r}", ["", "check", "result", "advice"], rows)


@group.command("secret")
def secret(ctx: typer.Context) -> None:
    """Encrypt an API key for the settings file. It is typed without echo, or read from stdin."""
    session: Session = ctx.obj
    with session.app() as app:
        token = app.cipher.encrypt(ask_secret("API key"))
    session.console.result({"secret": token}, f'secret = "{token}"')
