"""The Celery application of Isthmus, and the task that runs a job."""

from __future__ import annotations

import os
from typing import Any

import click
from celery import Celery, shared_task
from celery.app.utils import find_app

from isthmus.celery import station
from isthmus.config import Settings, load_settings
from isthmus.errors import ConfigurationError, IsthmusError

#: What the task is called in messages.
TASK = "isthmus.run"

#: Where they go unless the settings name another queue: the other tasks of a broker are none of our business.
QUEUE = "isthmus"


def configuration(settings: Settings) -> dict[str, Any]:
    """Return what Celery is to know. Raises ConfigurationError when no broker is named."""
    if not settings.celery_broker and not os.environ.get("CELERY_BROKER_URL"):
        raise ConfigurationError(
            "no broker is set through which jobs could be sent",
            hint="Set celery_broker in the settings, or ISTHMUS_CELERY_BROKER: amqp://user@host//, redis://host.",
        )
    return {
        "broker_url": settings.celery_broker,
        "broker_connection_retry_on_startup": True,
        "task_default_queue": settings.celery_queue or QUEUE,
        # Whoever has room takes the next message: what one process hoards, no other can run.
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
    }


def defaults() -> dict[str, Any]:
    """Return the configuration by the settings that apply, read when Celery first asks."""
    try:
        return configuration(load_settings())
    except IsthmusError as error:  # at the command line of Celery, which shows click's errors as sentences
        raise click.ClickException(str(error)) from error


class JobFailed(Exception):
    """The job failed, and the database has why: here only so that Celery's own monitors show it, too."""


def run(job_id: int, token: int) -> str:
    """Run a job; return what became of it. Raises JobFailed when it failed for good."""
    end = station.run(job_id, token)
    if end == "failed":
        raise JobFailed("the job failed; `isthmus jobs show` with the id of the task tells why")
    return end


#: Known to every Celery application of a process that imports this module. Acknowledged before it runs, for
#: the database knows what to try again: late, long jobs would come twice (a broker asks for an answer within
#: half an hour or an hour), and refuse each other.
shared_task(name=TASK, acks_late=False, ignore_result=True, max_retries=0, throws=(JobFailed,))(run)

app = Celery("isthmus", set_as_current=False)
app.add_defaults(defaults)


def application(settings: Settings) -> Any:
    """Return the Celery application to send with: the user's own where the settings name one.

    Raises ConfigurationError when there is no broker, or no such application.
    """
    if settings.celery_app is None:
        made = Celery("isthmus", set_as_current=False)
        made.conf.update(configuration(settings))
        return made
    try:
        return find_app(settings.celery_app)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"the Celery application {settings.celery_app!r} cannot be loaded: {error}",
            hint="Write celery_app as `module:name`; the module has to be importable here.",
        ) from error
