"""``isthmus why``: what happened to a record, when and for what reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from isthmus.cli.console import cell_text, table
from isthmus.cli.job_table import moment
from isthmus.cli.session import Session

if TYPE_CHECKING:
    from isthmus.connector.story import Step, Story
    from isthmus.jobs.inspection import JobInfo


def why(
    ctx: typer.Context,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="trello.card, or a model of Odoo such as project.task.")
    ],
    record: Annotated[
        str, typer.Argument(metavar="ID", help="The external id; for a model of Odoo the record's number.")
    ],
    limit: Annotated[int, typer.Option("--limit", help="Show the newest entries only.", min=1)] = 100,
) -> None:
    """Show what happened to a record: what was found, what was written for it, and why; exit 1 if unknown."""
    from isthmus.connector.story import stories

    session: Session = ctx.obj
    with session.app() as app:
        with app.environment(None) as env:
            found = stories(env, model, record, limit)
        waiting = {one.external_id: open_jobs(app, one) for one in found}
    data = [{"story": one, "jobs": waiting[one.external_id]} for one in found]
    shown = [line for one in found for line in told(one, waiting[one.external_id])]
    session.console.result(data, *(shown or [f"Nothing is known of {model} {record}."]))
    if not found:
        raise typer.Exit(1)


def open_jobs(app: Any, story: Story) -> list[tuple[JobInfo, str]]:
    """Return the jobs on a pair that are not over, and why each of them is not running."""
    from isthmus.connector.delayed import serial_key_of
    from isthmus.jobs.state import State

    if story.external_id is None:
        return []
    found = app.desk.list(
        serial_key=serial_key_of(story.backend_key, story.entity, story.external_id),
        states=[State.WAIT_DEPENDENCIES, State.PENDING, State.ENQUEUED, State.STARTED],
    )
    return [(job, app.desk.why(job.uuid)) for job in found]


def told(story: Story, jobs: list[tuple[JobInfo, str]]) -> Iterator[RenderableType]:
    """Yield what is shown of a story: how the pair stands, its timeline, the jobs that are to come."""
    from isthmus.connector.binding import STATES

    sides = [f"{story.entity} {story.external_id or '(none yet)'}"]
    if story.odoo_model:
        sides.append(f"{story.odoo_model} {story.odoo_id or '(none)'} in Odoo")
    yield f"{' and '.join(sides)}, backend {story.backend}"
    if story.state is None:
        yield "The pair is not known any more."
    else:
        synced = f"; last synchronised {moment(story.last_sync)} UTC" if story.last_sync else ""
        yield f"{dict(STATES).get(story.state, story.state)}{synced}."
    if story.last_error:
        yield f"Last error: {story.last_error}"
    if story.steps:
        rows = [[moment(one.moment), what(one), changes(one), because(one)] for one in story.steps]
        yield table("Timeline", ["when (UTC)", "what", "changes", "why"], rows, whole=("when (UTC)",))
    else:
        yield "Its timeline is empty: nothing changed since timelines are kept."
    for job, reason in jobs:
        yield f"To come: {job.call}, job {job.uuid}. {reason}"


def what(step: Step) -> str:
    """Return what was done and what came of it; how often, where it came again."""
    again = f", {step.times} times, last {moment(step.last)}" if step.last else ""
    return f"{step.operation}: {step.outcome}{again}"


def changes(step: Step) -> str:
    """Return the changes that were found, and those that were written for them, one a line."""
    lines = [f"{name}: {change(*values)}" for name, values in step.seen.items()]
    lines += [f"→ {name}: {change(*values)}" for name, values in step.wrote.items()]
    return "\n".join(lines)


def change(before: Any, after: Any) -> str:
    """Return a change of a value as text."""
    return f"{quoted(before)} → {quoted(after)}"


def quoted(value: Any) -> str:
    """Return a value on one line; a text in quotes, so that one that is empty is seen."""
    if isinstance(value, str):
        return repr(value)
    return cell_text(value) or str(value)


def because(step: Step) -> str:
    """Return the reason and the cause."""
    return "\n".join(text for text in (step.reason, step.cause) if text)
