"""Dramatiq with Redis or RabbitMQ: persistent messages, acknowledged afterwards; one process, 8 threads."""

from __future__ import annotations

from collections.abc import Sequence

import dramatiq
from dramatiq import Broker

from peers.course import Course, mark

course = Course.of_environment()
QUEUE = course.folder.name


def broker_of(url: str) -> Broker:
    """Return the broker that the URL names; RabbitMQ confirms what it was given."""
    if url.startswith("amqp"):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, confirm_delivery=True)
    from dramatiq.brokers.redis import RedisBroker

    return RedisBroker(url=url, namespace=QUEUE)


broker = broker_of(course.database)
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name=QUEUE)
def nothing() -> None:
    """Do nothing."""
    mark()


class DramatiqDriver:
    """Enqueues one at a time; there is no other way."""

    def install(self) -> None:
        broker.declare_queue(QUEUE)

    def enqueue_each(self, count: int) -> None:
        for _ in range(count):
            nothing.send()

    def enqueue_bulk(self, count: int) -> bool:
        return False

    def waiting(self) -> int:
        if course.database.startswith("amqp"):
            return sum(broker.get_queue_message_counts(QUEUE))
        return int(broker.do_qsize(QUEUE))

    def worker(self) -> Sequence[str]:
        return [course.script("dramatiq"), "--processes", "1", "--threads", "8", "peers.dramatiq"]

    def close(self) -> None:
        broker.flush(QUEUE)
        broker.close()


def driver(course: Course) -> DramatiqDriver:
    """Return what enqueues."""
    return DramatiqDriver()
