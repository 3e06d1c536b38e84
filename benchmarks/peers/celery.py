"""Celery with RabbitMQ or Redis: persistent messages, confirmed by the broker, acknowledged after the job."""

from __future__ import annotations

from collections.abc import Sequence

from amqp.exceptions import ChannelError
from celery import Celery

from peers.course import Course, mark

course = Course.of_environment()
app = Celery("race", broker=course.database)
app.conf.update(
    task_default_queue=course.folder.name,
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=course.batch,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True} if course.database.startswith("amqp") else {},
)


@app.task(name="nothing")
def nothing() -> None:
    """Do nothing."""
    mark()


class CeleryDriver:
    """Enqueues one at a time over one connection; there is no other way.

    What a worker holds is not counted as waiting: brokers do not tell.
    """

    def install(self) -> None:
        with app.connection_for_write() as connection:
            app.amqp.queues[course.folder.name].bind(connection.default_channel).declare()

    def enqueue_each(self, count: int) -> None:
        with app.producer_or_acquire() as producer:
            for _ in range(count):
                nothing.apply_async(producer=producer)

    def enqueue_bulk(self, count: int) -> bool:
        return False

    def waiting(self) -> int:
        with app.connection_for_read() as connection:
            queue = app.amqp.queues[course.folder.name].bind(connection.default_channel)
            try:
                return int(queue.queue_declare(passive=True).message_count)
            except ChannelError:
                # To Redis a list that is empty does not exist.
                return 0

    def worker(self) -> Sequence[str]:
        options = ["--pool", "prefork", "--concurrency", "1", "--loglevel", "WARNING"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [course.script("celery"), "--app", "peers.celery", "worker", *options, *quiet]

    def close(self) -> None:
        with app.connection_for_write() as connection:
            app.amqp.queues[course.folder.name].bind(connection.default_channel).delete()


def driver(course: Course) -> CeleryDriver:
    """Return what enqueues."""
    return CeleryDriver()
