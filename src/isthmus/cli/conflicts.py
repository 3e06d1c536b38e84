"""``isthmus conflicts``: what both sides changed, and whose value is to count."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.backend_record import find_backend, working_backend
from isthmus.cli.console import table
from isthmus.cli.session import Session
from isthmus.connector.readable import Reader, readable
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from isthmus.app import App

group = typer.Typer(help="What both sides changed, where a person decides.")

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The pair as `isthmus conflicts list` calls it, such as card,12.")
]

#: How long a value is in `isthmus conflicts show`, which has one for itself in a row.
LONG = 400


@group.command("list")
def list_(
    ctx: typer.Context,
    backend: Annotated[str | None, typer.Option("--backend", help="Only those of this backend.")] = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Only those of this entity.")] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Those that are settled instead.")] = False,
) -> None:
    """List the fields that both sides changed and that wait for a decision."""
    session: Session = ctx.obj
    with session.app() as app, app.environment(None) as env:
        domain = [("state", "=" if settled else "!=", "settled")]
        if backend:
            domain.append(("backend", "=", backend_key(find_backend(env, backend))))
        entries = env["connector.conflict"].search(domain)
        if entity:
            entries = entries.filtered(lambda one: entity in names_of(one.model))
        rows = [entry_data(one) for one in entries]
    session.console.result(rows, *listed(rows, settled))


@group.command("show")
def show(ctx: typer.Context, name: Id) -> None:
    """Show what both sides say in the fields of one pair that are in conflict, and how to decide."""
    session: Session = ctx.obj
    with session.app() as app, open_conflicts(app, name) as (entries, backend):
        rows = [entry_data(one) for one in entries]
        mark = entries.mark()
        title = f"{entries[0].name or entries[0].external_id} ({entries[0].model} {entries[0].external_id})"
        shown = readable_rows(entries, LONG)
        label = backend.name
    columns = ["field", "last agreed", "in Odoo", f"in {label}", "first seen (UTC)"]
    how = f"isthmus conflicts resolve {pair_id(rows[0])} --seen {mark} --take odoo   (or external)"
    session.console.result(
        {"id": pair_id(rows[0]), "mark": mark, "fields": rows}, table(title, columns, shown), f"Decide: {how}"
    )


@group.command("resolve")
def resolve(
    ctx: typer.Context,
    name: Id,
    take: Annotated[str | None, typer.Option("--take", help="Whose value counts: odoo or external.")] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="Only this field; may be repeated.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value", metavar="FIELD=VALUE", help="A value for both sides, as the other side spells it."
        ),
    ] = None,
    seen: Annotated[
        str | None, typer.Option("--seen", help="The mark that `show` gave: nothing changed since.")
    ] = None,
) -> None:
    """Settle a pair, or some of its fields: the decision is written to the side that lost.

    Both sides are read again before. Where one changed since, nothing is written.
    """
    session: Session = ctx.obj
    with session.app() as app, open_conflicts(app, name) as (entries, _):
        values = dict(read_value(text) for text in value or ())
        chosen = chosen_entries(entries, field or (), list(values), take is None)
        fits = chosen.mark() if seen == entries.mark() else seen  # `show` gave the mark of the whole pair
        done = chosen.resolve(take=take, values=values, seen=fits, who=who())
        rows = [entry_data(one) for one in done]
    session.console.result(rows, f"Settled {', '.join(row['field'] for row in rows)} of {pair_id(rows[0])}.")


@contextmanager
def open_conflicts(app: App, name: str) -> Iterator[tuple[Any, Any]]:
    """Give the open entries of the pair that an id names, and its backend, with its Odoo at hand."""
    ids, backend_name = find_entries(app, name)
    with working_backend(app, backend_name, "isthmus conflicts") as backend:
        yield backend.env["connector.conflict"].browse(ids), backend


def find_entries(app: App, name: str) -> tuple[list[int], str]:
    """Return the open entries of a pair and the name of its backend. Raises ConfigurationError."""
    entity, number = read_id(name)
    with app.environment(None) as env:
        domain = [("binding_id", "=", number), ("state", "!=", "settled")]
        found = env["connector.conflict"].search(domain).filtered(lambda one: entity in names_of(one.model))
        models = sorted(set(found.mapped("model")))
        if len(models) > 1:
            raise ConfigurationError(
                f"{name} may be any of {', '.join(models)}", hint="Write the entity in full."
            )
        binding = found.binding() if found else None
        if not binding:
            raise ConfigurationError(
                f"there is no open conflict of {name}", hint="See `isthmus conflicts list`."
            )
        return found.ids, binding.backend_id.name


def read_id(name: str) -> tuple[str, int]:
    """Return entity and number of an id such as ``card,12``. Raises ConfigurationError."""
    entity, _, number = name.partition(",")
    if not (entity and number.isdigit()):
        raise ConfigurationError(
            f"{name!r} is no id of a conflict", hint="They look like card,12; see `isthmus conflicts list`."
        )
    return entity, int(number)


def read_value(text: str) -> tuple[str, str]:
    """Return field and value of ``field=value``. Raises ConfigurationError."""
    field, equals, value = text.partition("=")
    if not equals:
        raise ConfigurationError(f"--value {text!r} is not of the form field=value")
    return field, value


def chosen_entries(entries: Any, fields: Sequence[str], valued: Sequence[str], values_only: bool) -> Any:
    """Return the entries that a call decides about: those named, else all.

    Raises ConfigurationError for a field that is not in conflict.
    """
    known = entries.mapped("field")
    for field in (*fields, *valued):
        if field not in known:
            raise ConfigurationError(
                f"{field} is not in conflict", hint=f"These fields are: {', '.join(known)}."
            )
    wanted = {*fields, *valued} if fields or values_only else set(known)
    if values_only and not valued:
        raise ConfigurationError(
            "nothing was decided", hint="Add --take odoo, --take external, or --value FIELD=VALUE."
        )
    return entries.filtered(lambda one: one.field in wanted)


def names_of(model: str) -> tuple[str, str]:
    """Return how an entity may be called: in full, and short."""
    return model, model.rpartition(".")[2]


def backend_key(backend: Any) -> str:
    """Return how entries name a backend."""
    return f"{backend._name},{backend.id}"


def pair_id(row: dict[str, Any]) -> str:
    """Return the id of a pair, as people type it."""
    return f"{names_of(row['entity'])[1]},{row['pair']}"


def entry_data(entry: Any) -> dict[str, Any]:
    """Return what machines are told about an entry."""
    return {
        "entity": entry.model,
        "pair": entry.binding_id,
        "external_id": entry.external_id,
        "odoo_id": entry.odoo_id,
        "name": entry.name or "",
        "field": entry.field,
        "external_field": entry.external_field or "",
        **entry.said(),
        "state": entry.state,
        "decision": entry.decision or None,
        "decided_by": entry.decided_by or None,
        "seen": entry.seen,
        "updated": entry.updated,
    }


def listed(rows: Sequence[dict[str, Any]], settled: bool) -> Iterator[RenderableType]:
    """Yield entries as a table, one field a row."""
    if not rows:
        yield "No conflicts." if not settled else "No conflict was settled yet."
        return
    shown = [
        [
            pair_id(row),
            readable(row["name"], longest=40),
            row["field"],
            readable(row["odoo"], is_html=True, longest=40),
            readable(row["external"], is_html=True, longest=40),
            " ".join(filter(None, (row["state"], row["decision"], row["decided_by"]))),
        ]
        for row in rows
    ]
    yield table("Conflicts", ["id", "name", "field", "in Odoo", "outside", "state"], shown, whole=["id"])
    if not settled:
        yield "Look closer with `isthmus conflicts show ID`."


def readable_rows(entries: Any, longest: int) -> list[list[Any]]:
    """Return the rows of a pair: fields, readable values, relations by their names in Odoo."""
    binding = entries.binding()
    link = binding._fields.get("odoo_id")
    reader = Reader(entries.env[link.comodel if link is not None else binding._name])
    rows = []
    for entry in entries:
        said = reader.shown(entry.field, entry.said(), longest)
        field = entry.field if not entry.external_field else f"{entry.field}\n({entry.external_field})"
        rows.append([field, said["base"], said["odoo"], said["external"], f"{entry.seen:%Y-%m-%d %H:%M}"])
    return rows


def who() -> str:
    """Return the name of the person at this machine; empty when it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
