"""``isthmus celery``: let Celery workers do the work that was put off."""

from __future__ import annotations

import importlib.util
import signal
from typing import Annotated, Any

import typer

from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

group = typer.Typer(help="Jobs on Celery, for those who run it.")


@group.callback()
def celery() -> None:
    """Keep ``dispatch`` a command of its own although it is the only one."""


@group.command("dispatch")
def dispatch(
    ctx: typer.Context,
    in_flight: Annotated[
        int,
        typer.Option("--in-flight", help="Jobs that may be sent and not begun.", min=1, max=10_000),
    ] = 100,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Take jobs of this channel and those below only; may be repeated."),
    ] = None,
) -> None:
    """Send due jobs to the Celery workers until told to end by SIGTERM or ^C."""
    require_celery()
    from isthmus.celery.application import application
    from isthmus.celery.post import CeleryPost
    from isthmus.jobs.channel_config import parse_name
    from isthmus.jobs.lines import line
    from isthmus.telemetry import subscribe

    session: Session = ctx.obj
    names = [parse_name(name) for name in only or ()]

    def tell(name: str, fields: dict[str, Any]) -> None:
        said = line(name, fields)
        if said is not None:
            session.console.note(said)

    with session.app() as app:
        app.require_schema()
        settings = app.settings
        post = CeleryPost(application(settings), settings.celery_queue)
        dispatcher = app.dispatcher(post, in_flight=in_flight, only=names)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: dispatcher.stop())
        subscribe(tell)
        session.console.note(f"Sending jobs to {post.address}; ^C to end.")
        dispatcher.run()


def require_celery() -> None:
    """Raise ConfigurationError when Celery is not installed."""
    if importlib.util.find_spec("celery") is None:
        raise ConfigurationError("Celery is not installed", hint="Install it: pip install 'isthmus[celery]'.")
