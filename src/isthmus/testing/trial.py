"""A small app for tests, documentation and notebooks: no settings file, no installed package, no traces.

::

    app = TrialApp(__name__, odoo=(sandbox.url, "sandbox", "admin", sandbox.api_key))
    with app.environment() as env:
        backend = env["shop.backend"].create({"name": "shop"})
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self

from isthmus.clock import Clock, SystemClock
from isthmus.components import ComponentRegistry
from isthmus.connector.secret import FernetCipher
from isthmus.delay.perform import Performer
from isthmus.errors import ConfigurationError
from isthmus.events.odoo_feed import raise_events
from isthmus.inheritance import captured
from isthmus.jobs import tables
from isthmus.jobs.desk import JobDesk
from isthmus.jobs.doorbell import DatagramBell
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.store import Queue
from isthmus.jobs.worker import Worker
from isthmus.odoo import OdooConnection, RpcStore
from isthmus.odoo.feed import Feed, watches_for
from isthmus.records import (
    Cipher,
    Environment,
    RecordStore,
    Registry,
    SqlDatabase,
    open_environment,
    upgrade_schema,
)

#: What every trial app loads first.
FRAMEWORK = ("isthmus.events", "isthmus.delay", "isthmus.connector")

#: An Odoo: url, database, login, API key or password.
Access = tuple[str, str, str, str]


class TrialApp:
    """An app whose models and components are those of the framework and of the given sources.

    A source is a module name, whose declarations are taken with those of its submodules, or a class. Classes
    that a running :func:`isthmus.inheritance.capture` block holds back are found by their module's name too,
    so ``TrialApp(__name__)`` always means "what this file declares".

    ``odoo`` is the Odoo behind undeclared models: how to reach one, or a record store; without it only
    declared models are there. ``database_url`` is private by default and goes away with the app. ``services``
    are objects that components ask for by type: ``env.service(Shop)``.
    """

    def __init__(
        self,
        *sources: str | type,
        odoo: Access | RecordStore | None = None,
        database_url: str = "sqlite://",
        services: Mapping[Any, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        packages, classes = sorted_out(sources)
        self.clock = clock or SystemClock()
        self.registry = Registry.build([*FRAMEWORK, *packages], classes=classes)
        self.components = ComponentRegistry.build([*FRAMEWORK, *packages], classes=classes)
        self.database = SqlDatabase(database_url, extra=[tables.metadata])
        self.jobs = SqlJobStore(self.database, clock)
        self._odoo = RpcStore(OdooConnection(*odoo, clock=self.clock)) if isinstance(odoo, tuple) else odoo
        cipher = FernetCipher([FernetCipher.new_key()])
        self._services = {
            ComponentRegistry: self.components,
            Cipher: cipher,
            Queue: self.jobs,
            **(services or {}),
        }
        upgrade_schema(self.database, self.registry)

    def environment(self, **context: Any) -> AbstractContextManager[Environment]:
        """Open one transaction: commit at the end of the block, roll back when it raises."""
        return self._opened("main", {}, context)

    def run_jobs(self) -> None:
        """Run all jobs that are due, and those that they lead to, as a worker would: in this process, in one
        thread.

        Jobs that fail or are to be retried are not raised here: look at them with ``desk``.
        """
        performer = Performer(self.jobs, self._opened)
        Worker(self.jobs, performer, DatagramBell(), threads=1).run(until_idle=True)

    def feed(self, *models: str, from_beginning: bool = False) -> Feed:
        """Return what finds the changes of some models in the app's Odoo: ``feed.round()`` looks once.

        Raises ConfigurationError when the app has no Odoo over RPC.
        """
        if not isinstance(self._odoo, RpcStore):
            raise ConfigurationError("this app has no Odoo to follow", hint="Pass odoo=(url, …) to it.")
        watches = watches_for(models)
        return Feed(
            "main", self._odoo, watches, self.environment, raise_events, from_beginning=from_beginning
        )

    @property
    def desk(self) -> JobDesk:
        """What is known of jobs, and what a person may do to them."""
        return JobDesk(self.jobs)

    @contextmanager
    def _opened(
        self, odoo: str | None, services: Mapping[Any, Any], context: Mapping[str, Any] | None = None
    ) -> Iterator[Environment]:
        with open_environment(
            self.registry,
            self.database,
            odoo=self._odoo if odoo else None,
            odoo_name="main" if self._odoo and odoo else None,
            services={**self._services, **services},
            context=context,
            clock=self.clock,
        ) as env:
            yield env

    def close(self) -> None:
        """Give back the database's connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def sorted_out(sources: tuple[str | type, ...]) -> tuple[list[str], list[type]]:
    """Return the packages to import and the classes to take, in order."""
    packages: list[str] = []
    classes: list[type] = []
    for source in sources:
        if isinstance(source, type):
            classes.append(source)
        elif held := [one for one in captured() if one.__module__ == source]:
            classes += held
        else:
            packages.append(source)
    return packages, classes
