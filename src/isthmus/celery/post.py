"""The post: messages for Celery workers, over whatever broker Celery knows."""

from __future__ import annotations

from typing import Any

from kombu.exceptions import KombuError

from isthmus.celery.application import TASK
from isthmus.errors import UnreachableError
from isthmus.jobs.claim import Claim

#: How long the broker may take to let us in, and to answer, in seconds.
CONNECT_S = 4.0
ANSWER_S = 5.0

#: What makes the broker's silence an error, by kind of broker. Without it a message that is sent into a
#: broken connection is lost, and one that is sent to a broker in distress waits for ever.
SURE: dict[str, dict[str, Any]] = {
    "amqp": {"confirm_publish": True, "read_timeout": ANSWER_S, "write_timeout": ANSWER_S},
    "redis": {"socket_timeout": ANSWER_S, "socket_connect_timeout": CONNECT_S},
}


class CeleryPost:
    """Sends tasks of a Celery application, on one connection. For one thread.

    ``queue`` is where they go; None leaves that to the application's own routes.
    """

    def __init__(self, app: Any, queue: str | None = None) -> None:
        self._app = app
        self._queue = {"queue": queue} if queue else {}
        self._connection: Any = None
        self._producer: Any = None
        broker = app.connection_for_write()
        #: What the broker's transport raises when something is wrong with it.
        self._errors = (OSError, KombuError, *broker.connection_errors, *broker.channel_errors)

    @property
    def address(self) -> str:
        """Where the broker is, without a password."""
        return str(self._app.connection_for_write().as_uri())

    def connect(self) -> None:
        """Be ready to send. Raises UnreachableError."""
        if self._producer is None:
            self._guarded(self._open)

    def send(self, claim: Claim) -> None:
        """Send a job. A connection that broke while nothing was said is opened again once.

        Raises UnreachableError.
        """
        try:
            self.connect()
            self._guarded(self._publish, claim)
        except UnreachableError:
            self.connect()
            self._guarded(self._publish, claim)

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect(socket_timeout=1.0)  # close() would wait for a broker that may be gone

    def _open(self) -> None:
        connection = self._app.connection_for_write(connect_timeout=CONNECT_S)
        connection.transport_options.update(SURE.get(connection.transport.driver_type, {}))
        self._connection = connection
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_S)
        self._producer = self._app.amqp.Producer(connection.channel(), auto_declare=False)

    def _publish(self, claim: Claim) -> None:
        self._app.send_task(
            TASK,
            args=[claim.id, claim.token],
            task_id=claim.uuid,
            shadow=f"{claim.model}.{claim.method}",
            producer=self._producer,
            retry=False,
            timeout=ANSWER_S,
            confirm_timeout=ANSWER_S,
            ignore_result=True,
            **self._queue,
        )

    def _guarded(self, step: Any, *arguments: Any) -> None:
        """Take a step; what goes wrong with the broker closes the connection and is an UnreachableError."""
        try:
            step(*arguments)
        except self._errors as error:
            self.close()
            reason = str(error) or type(error).__name__
            raise UnreachableError(f"the broker {self.address} does not take messages: {reason}") from error
