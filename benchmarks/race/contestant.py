"""Who takes part: a driver, the interpreter that runs it, and how much it is given to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

#: Environment variables with the URLs of brokers; contestants that need one stay out without it.
AMQP, REDIS = "ISTHMUS_TEST_AMQP", "ISTHMUS_TEST_REDIS"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to run jobs. ``jobs`` are drained in a full run: some seconds' worth, at the pace of each.

    Without ``everything`` nothing else is measured. ``setting`` is a word that tells the driver what to do.
    Without ``in_quick`` it takes part in full runs only.
    """

    name: str
    module: str
    engine: str
    python: Path
    batch: int
    jobs: int
    everything: bool = True
    broker: str | None = None
    ours: bool = False
    setting: str = ""
    in_quick: bool = True


def peers(python: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Contestant]:
    """Yield the peers that can run here, with the interpreter of their environment."""

    def peer(
        name: str, module: str, engine: str, batch: int, jobs: int, broker: str | None = None
    ) -> Contestant:
        return Contestant(name, f"peers.{module}", engine, python, batch, jobs, broker=broker)

    postgres = "PostgreSQL"
    yield peer("pgqueuer, 100 at a time", "pgqueuer", postgres, 100, 50_000)
    yield replace(peer("pgqueuer, 10 at a time", "pgqueuer", postgres, 10, 20_000), everything=False)
    yield variant(peer("pgqueuer, 500 at a time", "pgqueuer", postgres, 500, 50_000))
    yield peer("procrastinate", "procrastinate", postgres, 1, 2_000)
    yield variant(peer("procrastinate, 10 at once", "procrastinate", postgres, 10, 2_000))
    yield peer("Huey", "huey", "SQLite", 1, 8_000)
    yield replace(peer("Huey on PostgreSQL", "huey", postgres, 1, 5_000), in_quick=False)
    for variable, engine in ((AMQP, "RabbitMQ"), (REDIS, "Redis")):
        url = environ.get(variable)
        if url and is_reachable(url):
            for name in ("Celery", "Dramatiq"):
                yield peer(f"{name}, {engine}", name.lower(), engine, 100, 5_000, broker=url)


def variant(contestant: Contestant) -> Contestant:
    """Return a contestant of whom only the pace in a full run is of interest."""
    return replace(contestant, everything=False, in_quick=False)


def is_reachable(url: str) -> bool:
    """Say whether something listens where the URL points."""
    parts = urlsplit(url)
    port = parts.port or {"amqp": 5672, "redis": 6379}.get(parts.scheme, 0)
    try:
        with socket.create_connection((parts.hostname or "localhost", port), timeout=2):
            return True
    except OSError:
        return False
