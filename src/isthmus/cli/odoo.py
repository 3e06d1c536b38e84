"""``isthmus odoo``: the Odoo instances of the settings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli import odoo_feed, odoo_webhooks
from isthmus.cli.console import table
from isthmus.cli.session import Session, ask_secret
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.cli.odoo_check import Finding

group = typer.Typer(help="The Odoo instances of the settings.")
group.add_typer(odoo_feed.group, name="feed", no_args_is_help=True)
group.add_typer(odoo_webhooks.group, name="webhooks", no_args_is_help=True)

Instance = Annotated[str, typer.Option(help="Which instance of the settings.")]


@group.command("check")
def check(
    ctx: typer.Context,
    instance: Annotated[list[str] | None, typer.Option(help="Only this instance; may be repeated.")] = None,
) -> None:
    """Try each Odoo: version, protocol, login, pace, the rights that the loaded connectors need, the clock.

    Exits 3 when an Odoo cannot be reached or refuses the login, 1 when rights are missing.
    """
    from isthmus.cli.odoo_check import check_instance, needed_models

    session: Session = ctx.obj
    with session.app() as app:
        names = instance or list(app.settings.odoo)
        if not names:
            raise ConfigurationError("no Odoo is configured", hint="Add a table [odoo.main] to the settings.")
        models = needed_models(app.registry)
        found = {name: check_instance(app.connection(name), models, app.allowance(name)) for name in names}
    session.console.result(found, *(findings_table(name, findings) for name, findings in found.items()))
    findings = [one for several in found.values() for one in several]
    worst = max(((3 if one.remote else 1) for one in findings if not one.ok), default=0)
    if worst:
        raise typer.Exit(worst)


def findings_table(name: str, findings: list[Finding]) -> Any:
    """Return the table of what was found about one Odoo."""
    rows = [("ok" if one.ok else "FAILED", one.check, one.result, one.advice) for one in findings]
    return table(f"Odoo {name!r}", ["", "check", "result", "advice"], rows)


@group.command("fields")
def fields(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="A model of Odoo: res.partner, project.task, …")],
    search: Annotated[str | None, typer.Option(help="Only names and labels with this text.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type: many2one, char, …")] = None,
    instance: Instance = "main",
) -> None:
    """Show the fields of a model that the user of the connection may see."""
    from isthmus.cli.odoo_fields import field_row, matching, types_of

    session: Session = ctx.obj
    with session.app() as app:
        fields = app.connection(instance).fields_get(model)
    found = matching(fields, search, kind)
    if fields and not found:
        types = ", ".join(types_of(fields))
        none = f"None of the {len(fields)} fields of {model} is such a one; their types: {types}."
        session.console.result(found, none)
        return
    rows = [field_row(name, field) for name, field in found.items()]
    columns = ["field", "type", "label", "", "holds"]
    session.console.result(found, table(f"{model} on Odoo {instance!r}", columns, rows))


@group.command("shell")
def shell(
    ctx: typer.Context,
    command: Annotated[
        str | None, typer.Option(help="Run this and end; a single expression is printed.")
    ] = None,
    instance: Instance = "main",
) -> None:
    """Open a Python prompt with env (records) and odoo (the connection); a script may come on stdin.

    What is written to Odoo is final. Local changes are undone at the end unless env.commit() is called.
    """
    from isthmus.cli.odoo_shell import BANNER, run, talk

    session: Session = ctx.obj
    with session.app() as app, app.environment(instance) as env:
        odoo = app.connection(instance)
        names = {"__name__": "__console__", "app": app, "env": env, "odoo": odoo}
        try:
            if command is not None:
                value = run(command, "<command>", names)
                if value is not None:
                    session.console.result(value, repr(value))
            elif sys.stdin.isatty():
                title = {"odoo": odoo.url, "version": odoo.version(), "protocol": odoo.protocol}
                talk(names, session.console, BANNER.format(**title))
            else:
                run(sys.stdin.read(), "<stdin>", names)
        finally:
            env.rollback()


@group.command("secret")
def secret(ctx: typer.Context) -> None:
    """Encrypt an API key for the settings file. It is typed without echo, or read from stdin."""
    session: Session = ctx.obj
    with session.app() as app:
        token = app.cipher.encrypt(ask_secret("API key"))
    session.console.result({"secret": token}, f'secret = "{token}"')


@group.command("rotate-key")
def rotate_key(
    ctx: typer.Context,
    days: Annotated[
        int, typer.Option(min=0, help="How long the new key lives; 0: for ever, for administrators only.")
    ] = 90,
    instance: Instance = "main",
) -> None:
    """Replace the API key in the settings file by a new one, and revoke the old one. Odoo 19 and later.

    Workers that run go on with the new key. Cut off at any point, the file has a key that works.
    """
    from isthmus.cli.odoo_key import replace_key, rotation_lines

    session: Session = ctx.obj
    with session.app() as app:
        rotated = replace_key(app, instance, days)
    session.console.result(rotated, *rotation_lines(instance, rotated))
    if rotated.kept_old:
        raise typer.Exit(1)
