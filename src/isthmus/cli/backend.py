"""``isthmus backend``: the external systems that are configured. Works for every model that is a backend."""

from __future__ import annotations

from typing import Annotated

import typer

from isthmus.cli import backend_webhooks
from isthmus.cli.backend_record import (
    all_backends,
    assignments,
    backend_data,
    backend_model,
    find_backend,
    given_secrets,
    missing_secrets,
    pair_counts,
    refuse_taken,
    working_backend,
)
from isthmus.cli.console import table
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

group = typer.Typer(help="The external systems that are configured.")
group.add_typer(backend_webhooks.group, name="webhooks", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="BACKEND", help="The name of the backend.")]


@group.command("add")
def add(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="The kind of system, such as trello.")],
    name: Annotated[str, typer.Argument(help="How commands will call it.")],
    key: Annotated[str, typer.Option(help="API key; - reads it from stdin.")] = "",
    token: Annotated[str, typer.Option(help="API token; - reads it from stdin.")] = "",
    secret: Annotated[str, typer.Option(help="App secret, for webhooks; - reads it from stdin.")] = "",
    odoo: Annotated[str, typer.Option(help="The Odoo instance that it is paired with.")] = "main",
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any other field; may be repeated."),
    ] = None,
    check: Annotated[bool, typer.Option(help="Try the credentials before saving.")] = True,
) -> None:
    """Add a backend. A secret that is missing comes from ISTHMUS_KIND_FIELD, or is asked for without echo."""
    session: Session = ctx.obj
    with session.app() as app:
        model = backend_model(app.registry, kind)
        fields = app.registry[model]._declared_fields
        values = {"name": name, "odoo": odoo, **assignments(model, fields, given or ())}
        values |= given_secrets(model, fields, {"key": key, "token": token, "secret": secret})
        values |= missing_secrets(model, fields, values, unasked=app.registry[model]._unasked)
        with app.environment(odoo) as env:
            refuse_taken(env, name)
            found = env[model].create(values)
            sentence = found.check() if check else "Not checked."
            data = backend_data(found)
        session.console.result({**data, "check": sentence}, f"Added {name}. {sentence}")


@group.command("list")
def list_(ctx: typer.Context) -> None:
    """List the backends."""
    session: Session = ctx.obj
    with session.app() as app, app.environment(None) as env:
        found = [backend_data(one) for one in all_backends(env)]
    rows = [(one["name"], one["kind"], one["odoo"], one["state"]) for one in found]
    session.console.result(found, table("Backends", ["name", "kind", "odoo", "state"], rows))


@group.command("show")
def show(ctx: typer.Context, name: Name) -> None:
    """Show the fields of a backend, and how many records it has paired. Secrets stay hidden."""
    session: Session = ctx.obj
    with session.app() as app, app.environment(None) as env:
        backend = find_backend(env, name)
        data, pairs, remarks = backend_data(backend), pair_counts(backend), backend.remarks()
    session.console.result(
        {**data, "pairs": pairs, "remarks": remarks},
        table(name, ["field", "value"], data.items()),
        table("Pairs", ["entity", "count"], pairs.items(), numbers=1),
        *remarks,
    )


@group.command("check")
def check(ctx: typer.Context, name: Name) -> None:
    """Verify credentials and permissions of a backend."""
    session: Session = ctx.obj
    with session.app() as app, working_backend(app, name) as backend:
        sentence = backend.check()
    session.console.result({"name": name, "check": sentence}, sentence)


@group.command("set")
def set_(
    ctx: typer.Context,
    name: Name,
    given: Annotated[
        list[str] | None, typer.Argument(metavar="FIELD=VALUE…", help="The fields to change.")
    ] = None,
    key: Annotated[str, typer.Option(help="API key; - reads it from stdin.")] = "",
    token: Annotated[str, typer.Option(help="API token; - reads it from stdin.")] = "",
    secret: Annotated[str, typer.Option(help="App secret, for webhooks; - reads it from stdin.")] = "",
) -> None:
    """Change fields or secrets of a backend."""
    session: Session = ctx.obj
    with session.app() as app, app.environment(None) as env:
        backend = find_backend(env, name)
        fields = backend._fields
        values = assignments(backend._name, fields, given or ())
        values |= given_secrets(backend._name, fields, {"key": key, "token": token, "secret": secret})
        if not values:
            raise ConfigurationError(
                "nothing to change", hint="Name fields as field=value, or give a secret."
            )
        backend.write(values)
        data = backend_data(backend)
    session.console.result(data, f"Changed {', '.join(values)} of {name}.")


@group.command("remove")
def remove(
    ctx: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Forget its pairs too.")] = False,
) -> None:
    """Remove a backend. Nothing changes in Odoo or on the other side; with pairs it needs --force."""
    session: Session = ctx.obj
    with session.app() as app, app.environment(None) as env:
        backend = find_backend(env, name)
        pairs = pair_counts(backend)
        total = sum(pairs.values())
        if total and not force:
            raise ConfigurationError(
                f"{name} still pairs {total} records",
                hint="Add --force to forget them; a later import then has to find or create them again.",
            )
        for entity in pairs:
            env[entity].search([("backend_id", "=", backend.id)]).unlink()
        backend.unlink()
    session.console.result({"removed": name, "pairs": total}, f"Removed {name} and {total} pairs.")
