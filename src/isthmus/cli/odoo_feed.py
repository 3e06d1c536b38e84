"""``isthmus odoo feed``: follow what changes in an Odoo."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.console import Console, table
from isthmus.cli.job_table import moment
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError, RemoteError

if TYPE_CHECKING:
    from isthmus.app import App
    from isthmus.hints import Hints
    from isthmus.odoo.feed import Feed, Look

group = typer.Typer(help="Follow what changes in an Odoo.")

Instance = Annotated[str, typer.Option(help="Which instance of the settings.")]
Models = Annotated[list[str] | None, typer.Option("--model", help="Only this model; may be repeated.")]


@group.command("status")
def status(ctx: typer.Context, instance: Instance = "main") -> None:
    """Show how far each model was followed. Asks nothing of the Odoo."""
    session: Session = ctx.obj
    with session.app() as app:
        places = app.feed(instance).places()
        now = app.clock.now()
    found = {
        model: place
        and {
            "known_up_to": place.window.floor,
            "newest_change": place.newest,
            "delivered": place.delivered,
            "looked": place.looked,
            "looked_s_ago": (now - place.looked).total_seconds() if place.looked else None,
            "deletions_looked_for": place.swept,
            "known_records": None if place.known is None else len(place.known),
        }
        for model, place in places.items()
    }
    shown = ("newest_change", "looked", "deletions_looked_for", "known_records", "delivered")
    columns = ["model", "newest change", "looked", "deletions", "records", "delivered"]
    rows = [
        (model, *(to_the_second(one[name]) for name in shown))
        if one
        else (model, "not followed yet", "", "", "", "")
        for model, one in found.items()
    ]
    shown_table = table(f"Changes of Odoo {instance!r} (UTC)", columns, rows, numbers=2, whole=("model",))
    session.console.result(found, shown_table)


@group.command("run")
def run(
    ctx: typer.Context,
    watch: Annotated[
        bool, typer.Option("--watch/--once", help="Go on until told to end, or look once.")
    ] = False,
    model: Models = None,
    from_beginning: Annotated[
        bool,
        typer.Option(
            "--from-beginning", help="What is followed for the first time starts with all that is there."
        ),
    ] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Look for deletions now (with --once).")] = False,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", help="Take webhooks as hints at HOST:PORT (with --watch).", metavar="HOST:PORT"
        ),
    ] = None,
    instance: Instance = "main",
) -> None:
    """Look for changes, and raise the events of the records. What is met for the first time starts at now.

    Exits 3 when the Odoo could not be asked, 1 when a listener failed: the next look delivers it again.
    """
    session: Session = ctx.obj
    address = read_address(listen) if listen else None
    if address and not watch:
        raise ConfigurationError("--listen needs --watch", hint="A single look waits for no hints.")
    with session.app() as app:
        feed = app.feed(instance, from_beginning=from_beginning)
        chosen = require_known(feed, model)
        if watch:
            follow(app, feed, chosen, address, session.console)
            return
        looks = feed.round(chosen, sweep=True if sweep else None)
    session.console.result([look_data(look) for look in looks], looks_table(instance, looks))
    worst = max((3 if isinstance(look.error, RemoteError) else 1 for look in looks if look.error), default=0)
    if worst:
        raise typer.Exit(worst)


@group.command("reset")
def reset(ctx: typer.Context, model: Models = None, instance: Instance = "main") -> None:
    """Forget how far an Odoo was followed: the next look starts at now. Deletes nothing else."""
    from isthmus.odoo.feed import cursor

    session: Session = ctx.obj
    with session.app() as app:
        chosen = require_known(app.feed(instance), model)
        with app.environment(instance) as env:
            forgotten = [
                name
                for name in chosen or app.feed(instance).models
                if cursor.record(env, instance, name).unlink()
            ]
    session.console.result(forgotten, f"Forgotten: {', '.join(forgotten) or 'nothing'}.")


def require_known(feed: Feed, models: Sequence[str] | None) -> list[str] | None:
    """Return the models asked for, None for all. Raises ConfigurationError for one that is not followed."""
    for name in models or ():
        if name not in feed.models:
            raise ConfigurationError(
                f"{name!r} is not followed in the Odoo {feed.odoo!r}: {', '.join(feed.models)} are",
                hint=f"Add it to feed_models in [odoo.{feed.odoo}].",
            )
    return list(models) if models else None


# --- following -----------------------------------------------------------------------------------------


def follow(
    app: App, feed: Feed, models: Sequence[str] | None, address: tuple[str, int] | None, console: Console
) -> None:
    """Look for changes until the first SIGTERM or ^C; with an address, also when webhooks come there."""
    from isthmus.hints import Hints
    from isthmus.odoo.feed import Follower
    from isthmus.web import WebServer, receiver_of

    hints = Hints()
    interval = app.settings.instance(feed.odoo).feed_interval_s
    follower = Follower(feed, hints, interval, lambda looks: tell(console, looks), models=models)
    with ExitStack() as stack:
        if address:
            server = stack.enter_context(WebServer(receiver_of(app, hints.add), *address))
            console.note(f"Taking webhooks at {server.url}.")
        end_on_signals(hints)
        console.note(f"Following {', '.join(models or feed.models)} every {interval:g} s; ^C to end.")
        follower.run()


def read_address(text: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``. Raises ConfigurationError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigurationError(f"{text!r} is no address to listen at", hint="Write 127.0.0.1:8090.")
    return host.strip("[]"), int(port)


def end_on_signals(hints: Hints) -> None:
    """Close the hints at the first signal to end: the look that is under way is finished."""

    def end(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        hints.close()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def tell(console: Console, looks: Sequence[Look]) -> None:
    """Say what a round found; nothing where it found nothing."""
    worth_saying = [look for look in looks if look.error or look.total or look.is_baseline]
    for subject, finding in same_failure(looks) or [found(look) for look in worth_saying]:
        console.note(f"{subject}: {finding}")


def found(look: Look) -> tuple[str, str]:
    """Return the model of a look, and what it found."""
    return look.model, said(look.error) if look.error else counts(look)


def same_failure(looks: Sequence[Look]) -> list[tuple[str, str]]:
    """Return one finding for all looks when they failed for one reason, such as an Odoo that is away."""
    reasons = {said(look.error) if look.error else None for look in looks}
    reason = reasons.pop() if len(reasons) == 1 else None
    return [(f"all {len(looks)} models", reason)] if reason and len(looks) > 1 else []


def said(error: Exception) -> str:
    """Return an error in one line."""
    return f"{type(error).__name__}: {getattr(error, 'message', error)}"


def counts(look: Look) -> str:
    """Return what a look found, in words."""
    if look.is_baseline:
        return "followed from now on"
    return f"{look.created} created, {look.written} changed, {look.removed} deleted"


def look_data(look: Look) -> dict[str, Any]:
    """Return a look for machines."""
    return {
        "model": look.model,
        "created": look.created,
        "written": look.written,
        "removed": look.removed,
        "baseline": look.is_baseline,
        "error": said(look.error) if look.error else None,
    }


def looks_table(instance: str, looks: Sequence[Look]) -> Any:
    """Return the table of a round."""
    rows = same_failure(looks) or [found(look) for look in looks]
    return table(f"Changes of Odoo {instance!r}", ["model", "found"], rows, whole=("model",))


def to_the_second(value: Any) -> Any:
    """Return a time as a table shows it; anything else as it is."""
    return moment(value) if isinstance(value, datetime) else value
