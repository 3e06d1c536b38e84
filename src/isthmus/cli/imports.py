"""``isthmus import``, ``export`` and ``verify``: the work itself, with progress and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from isthmus.cli.backend_record import working_backend
from isthmus.cli.console import cell_text, table
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.connector.report import EntityReport, VerifyReport

Name = Annotated[str, typer.Argument(metavar="BACKEND", help="The name of the backend.")]
Entities = Annotated[
    list[str] | None, typer.Option("--entity", help="Only this entity, such as card; may be repeated.")
]

Later = Annotated[
    bool, typer.Option("--later", help="Only enqueue it: workers do it, a page a job (`isthmus worker`).")
]

MaxDeletes = Annotated[
    str | None,
    typer.Option(
        "--max-deletes",
        metavar="LIMIT",
        help="Stop before more records of an entity are deleted or archived: 20, or 5% of its pairs.",
    ),
]

#: How many failures or differences a table shows; JSON has all.
SHOWN = 50


def import_(
    ctx: typer.Context,
    name: Name,
    entity: Entities = None,
    force: Annotated[bool, typer.Option("--force", help="Write what is unchanged, too.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Do not go on where a run was cut off.")] = False,
    later: Later = False,
    max_deletes: MaxDeletes = None,
) -> None:
    """Bring what the other side has into Odoo; exit 1 when a record was set aside."""
    from isthmus.connector.delayed import import_later
    from isthmus.connector.operation import import_backend

    session: Session = ctx.obj
    refuse_limit(later, max_deletes)
    if later:
        with session.app() as app, working_backend(app, name) as backend:
            job = import_later(backend, entity or None, force)
        show_enqueued(session, job)
        return
    with (
        session.app() as app,
        working_backend(app, name, "isthmus import") as backend,
        session.console.progress() as progress,
    ):
        reports = import_backend(
            backend, entity or None, force, restart, progress=progress, max_deletes=max_deletes
        )
    show_reports(session, f"Import of {name}", reports)


def export(
    ctx: typer.Context,
    name: Name,
    entity: Entities = None,
    later: Later = False,
    max_deletes: MaxDeletes = None,
) -> None:
    """Bring what changed in Odoo to the other side; exit 1 when a record was set aside."""
    from isthmus.connector.delayed import export_later
    from isthmus.connector.operation import export_backend

    session: Session = ctx.obj
    refuse_limit(later, max_deletes)
    if later:
        with session.app() as app, working_backend(app, name) as backend:
            job = export_later(backend, entity or None)
        show_enqueued(session, job)
        return
    with (
        session.app() as app,
        working_backend(app, name, "isthmus export") as backend,
        session.console.progress() as progress,
    ):
        reports = export_backend(backend, entity or None, progress, max_deletes)
    show_reports(session, f"Export of {name}", reports)


def verify(ctx: typer.Context, name: Name, entity: Entities = None) -> None:
    """Compare both sides, field by field, through their APIs; exit 1 when they differ. Changes nothing."""
    from isthmus.connector.operation import verify_backend

    session: Session = ctx.obj
    with session.app() as app, working_backend(app, name) as backend, session.console.progress() as progress:
        reports = verify_backend(backend, entity or None, progress=progress)
    agree = all(report.ok for report in reports)
    session.console.result({"ok": agree, "entities": reports}, *verify_tables(name, reports))
    if not agree:
        raise typer.Exit(1)


def refuse_limit(later: bool, max_deletes: str | None) -> None:
    """Raise ConfigurationError for a limit of a run that is left to workers: those take the backend's."""
    if later and max_deletes is not None:
        raise ConfigurationError(
            "--max-deletes is for a run that is made at once",
            hint="What workers do is limited by the backend: isthmus backend set BACKEND max_deletes=5%",
        )


def show_enqueued(session: Session, job: Any) -> None:
    """Show which job begins what was enqueued."""
    if job is None:
        session.console.result({"job": None}, "There is nothing to do.")
        return
    said = "Enqueued" if job.is_new else "It is enqueued already,"
    session.console.result({"job": job.uuid, "new": job.is_new}, f"{said} as {job.uuid}.")


def show_reports(session: Session, title: str, reports: Sequence[EntityReport]) -> None:
    """Show what an import or export did; exit 1 when something failed or is in conflict."""
    fine = all(report.ok for report in reports)
    session.console.result({"ok": fine, "entities": reports}, *report_tables(title, reports))
    if not fine:
        raise typer.Exit(1)


def report_tables(title: str, reports: Sequence[EntityReport]) -> Iterator[RenderableType]:
    """Yield the tables of an import or export: counts by entity, then what a person should look at."""
    from isthmus.connector.outcome import KINDS

    columns = ["entity", *KINDS, "calls", "seconds"]
    rows = [
        [one.entity, *(one.counts.get(kind, 0) for kind in KINDS), one.calls, one.seconds] for one in reports
    ]
    yield table(title, columns, rows, numbers=len(columns) - 1, whole=("entity",))
    notable = [
        [one.entity, failure.kind, failure.external_id, failure.name, failure.reason]
        for one in reports
        for failure in one.failures
    ]
    yield from limited("To look at", ["entity", "outcome", "id", "name", "reason"], notable)


def verify_tables(name: str, reports: Sequence[VerifyReport]) -> Iterator[RenderableType]:
    """Yield the tables of a comparison: counts by entity, then differences, then what has no pair."""
    columns = ["entity", "pairs", "fields", "differences", "only outside", "only in Odoo", "calls", "seconds"]
    yield table(
        f"Both sides of {name}",
        columns,
        map(verify_row, reports),
        numbers=len(columns) - 1,
        whole=("entity",),
    )
    differences = [
        [
            one.entity,
            found.external_id,
            found.odoo_id,
            found.field,
            shortened(found.odoo),
            shortened(found.external),
        ]
        for one in reports
        for found in one.differences
    ]
    yield from limited(
        "Differences", ["entity", "external id", "Odoo id", "field", "in Odoo", "outside"], differences
    )
    unpaired = [
        [one.entity, side, found.id, found.name, found.reason]
        for one in reports
        for side, records in (("outside", one.unpaired_external), ("Odoo", one.unpaired_odoo))
        for found in records
    ]
    yield from limited("Without a pair", ["entity", "in", "id", "name", "reason"], unpaired)
    if all(report.ok for report in reports):
        yield "Both sides agree."


def verify_row(report: VerifyReport) -> list[Any]:
    """Return the row of one entity's comparison."""
    return [
        report.entity,
        report.compared,
        report.fields,
        len(report.differences),
        len(report.unpaired_external),
        len(report.unpaired_odoo),
        report.calls,
        report.seconds,
    ]


def limited(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[RenderableType]:
    """Yield the table of the first rows and how many more there are; nothing when there are none."""
    if rows:
        yield table(title, columns, rows[:SHOWN])
    if len(rows) > SHOWN:
        yield f"… and {len(rows) - SHOWN} more; --json lists them all."


def shortened(value: Any) -> str:
    """Return a value as text that fits a cell."""
    text = cell_text(value)
    return text if len(text) <= 80 else text[:79] + "…"
