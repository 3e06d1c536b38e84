"""The composition root: settings become an app, an app opens environments.

Nothing else in Isthmus puts parts together, so this is the place to read what an installation consists of::

    with App.load() as app, app.environment() as env:
        env["project.task"].search([("name", "ilike", "roof")])
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from isthmus.clock import Clock, SystemClock
from isthmus.components import ComponentRegistry
from isthmus.config import NO_PROXY, SQLITE, Settings, load_settings
from isthmus.connector.secret import CipherOnDemand, FernetCipher
from isthmus.connector.turnstile import PostgresTurnstile
from isthmus.delay.cron import Clockwork
from isthmus.delay.perform import Performer
from isthmus.errors import ConfigurationError, SchemaError, SecretError
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.http.turnstile import LocalTurnstile, Turnstile
from isthmus.jobs import tables as job_tables
from isthmus.jobs.doorbell import Bell, DatagramBell, NotifyBell
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.store import Queue
from isthmus.jobs.tidying import Tidying
from isthmus.jobs.worker import Worker
from isthmus.odoo.budget import Allowance, allowance_for
from isthmus.records import Cipher, Environment, Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.schema import Change, is_current, pending_changes

# What a worker does not need is imported where it is used: an idle one is to be small.
if TYPE_CHECKING:
    from isthmus.jobs.adopter import Adopter
    from isthmus.jobs.desk import JobDesk
    from isthmus.jobs.dispatcher import Dispatcher, Post
    from isthmus.odoo import OdooConnection, RpcStore
    from isthmus.odoo.feed import Feed
    from isthmus.odoo.reach import Reach

#: What every app loads, before its connectors.
FRAMEWORK = ("isthmus.records", "isthmus.events", "isthmus.delay", "isthmus.connector")

#: Where installed connectors make themselves known.
ENTRY_POINTS = "isthmus.connectors"


class App:
    """An installation: its models, components, local database and Odoo connections.

    Safe to share between threads; each thread opens environments of its own.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.environ = environ
        self.packages = [*FRAMEWORK, *connectors(settings)]
        self.registry = Registry.build(self.packages)
        self.components = ComponentRegistry.build(self.packages)
        self.database = SqlDatabase(
            settings.database_url, synchronous=settings.synchronous, extra=[job_tables.metadata]
        )
        self.jobs = SqlJobStore(self.database)
        #: Where all workers of this installation meet, to share the budgets of calls to other systems.
        self.turnstile = self._turnstile()
        self._services: dict[Any, Any] = {
            ComponentRegistry: self.components,
            Cipher: CipherOnDemand(lambda: self.cipher),
            Queue: self.jobs,
            Turnstile: self.turnstile,
        }
        self._stores: dict[str, RpcStore] = {}
        self._lock = threading.Lock()
        self._schema_is_current = False

    @classmethod
    def load(cls, path: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the app of a settings file: the given one, ISTHMUS_CONFIG, or the current folder's."""
        return cls(load_settings(path, environ), environ=environ)

    def environment(
        self,
        odoo: str | None = "main",
        context: Mapping[str, Any] | None = None,
        services: Mapping[Any, Any] | None = None,
    ) -> AbstractContextManager[Environment]:
        """Open one transaction: commit at the end of the block, roll back when it raises.

        ``odoo`` names the Odoo instance whose models are at hand; None, or an app without any instance, gives
        an environment of local models alone. ``services`` are further objects by kind. Raises SchemaError
        when the database lags behind.
        """
        self.require_schema()
        store = self.store(odoo) if odoo and self.settings.odoo else None
        services = {**self._services, **(services or {})}
        return open_environment(
            self.registry,
            self.database,
            odoo=store,
            odoo_name=odoo if store else None,
            services=services,
            context=context,
            clock=self.clock,
        )

    def rehearsal(self, odoo: str | None = "main") -> AbstractContextManager[Environment]:
        """Open an environment in which everything is tried out and nothing is changed.

        What would have been written is told by ``env.service(Rehearsal)``
        (:mod:`isthmus.connector.rehearsing`).
        """
        from isthmus.connector.rehearsing import rehearsing

        self.require_schema()
        below = self.store(odoo) if odoo and self.settings.odoo else None
        return rehearsing(self.registry, self.database, below, odoo, self._services, self.clock)

    @cached_property
    def cipher(self) -> FernetCipher:
        """What encrypts secrets. Raises SecretError when there is no key yet, or an unusable one."""
        return FernetCipher(self.settings.secret_keys(self.environ))

    # --- Odoo ---

    def connection(self, name: str = "main") -> OdooConnection:
        """Return the connection to an Odoo instance. Nothing is sent before its first call.

        Raises ConfigurationError when the instance, or the API key for it, is not configured.
        """
        return self.store(name).connection

    def store(self, name: str = "main") -> RpcStore:
        """Return the record store of an Odoo instance: one for all environments, with its connection."""
        from isthmus.odoo import RpcStore  # with its HTTP it is loaded where an Odoo is used

        with self._lock:
            if name not in self._stores:
                self._stores[name] = RpcStore(self.connect(name, self.odoo_secret(name)))
            return self._stores[name]

    def connect(self, name: str, secret: str) -> OdooConnection:
        """Return a new connection to an Odoo instance with a secret of its own."""
        from isthmus.odoo import OdooConnection
        from isthmus.odoo.reach import odoo_http

        instance = self.settings.instance(name)
        http = odoo_http(
            instance.url,
            instance.database,
            secret,
            self.reach(name),
            clock=self.clock,
            turnstile=self.turnstile,
        )
        return OdooConnection(
            instance.url,
            instance.database,
            instance.login,
            secret,
            http=http,
            protocol=instance.protocol,
            clock=self.clock,
            renew=lambda: self._secret_by_now(name),
        )

    def reach(self, name: str) -> Reach:
        """Return how an Odoo instance is reached, as its settings say."""
        from isthmus.odoo.reach import Reach

        instance = self.settings.instance(name)
        return Reach(
            timeout_s=instance.timeout_s,
            verify=self.settings.certificates(name),
            proxy=None if instance.proxy == NO_PROXY else instance.proxy,
            rate=instance.rate,
            concurrency=instance.concurrency,
        )

    def allowance(self, name: str) -> Allowance:
        """Return how fast an Odoo instance may be asked, and by how many workers at once."""
        instance = self.settings.instance(name)
        return allowance_for(instance.url, instance.rate, instance.concurrency)

    def _turnstile(self) -> Turnstile:
        """Return where the workers meet.

        All that use one PostgreSQL database do so there, on however many machines; beside a SQLite file it is
        the processes that use the file; a private database is shared by the threads of this process.
        """
        url = self.database.engine.url
        if url.get_backend_name() != "sqlite":
            own = SqlDatabase(self.settings.database_url)
            return PostgresTurnstile(self.database, self.registry, own)
        file = self.settings.database_url.removeprefix(SQLITE)
        if file in ("", ":memory:") or file.startswith(("sqlite:", "file:")):
            return LocalTurnstile(self.clock)
        return FileTurnstile(Path(f"{file}.turns"), self.clock)

    def _secret_by_now(self, name: str) -> str | None:
        """Return the API key that the settings file has by now; None when that cannot be told."""
        if self.settings.path is None:
            return None
        try:
            return self._secret_of(load_settings(self.settings.path, self.environ), name)
        except (ConfigurationError, SecretError):
            return None

    def odoo_secret(self, name: str) -> str:
        """Return the API key of an Odoo instance: from its environment variable, else from the settings."""
        return self._secret_of(self.settings, name)

    def _secret_of(self, settings: Settings, name: str) -> str:
        variable = settings.key_variable(name)
        secret = settings.instance(name).secret
        if self.environ.get(variable):
            return self.environ[variable]
        if secret:
            return self.cipher.decrypt(secret)
        raise ConfigurationError(
            f"there is no API key for the Odoo instance {name!r}",
            hint=f"Set {variable}, or add what `isthmus odoo secret` prints to [odoo.{name}].",
        )

    def feed(self, name: str = "main", *, from_beginning: bool = False) -> Feed:
        """Return what finds the changes in an Odoo, and raises the events of its records.

        ``from_beginning``: what is followed for the first time starts with all that is there, not with now.
        Raises ConfigurationError when nothing is to be followed.
        """
        from isthmus.connector.odoo_feed import feed_of

        settings = self.settings.instance(name)
        return feed_of(
            name, settings, self.registry, self.store(name), lambda: self.environment(name), from_beginning
        )

    # --- jobs ---

    def worker(self, *, threads: int = 4, batch: int = 100, only: Sequence[str] = ()) -> Worker:
        """Return a worker for the jobs of this app's database: ``worker.run()`` works until told to end.

        ``threads`` run jobs side by side; ``only`` are the channels whose jobs are taken (none: all).
        """
        performer = Performer(self.jobs, self._opened)
        return Worker(
            self.jobs, performer, self._bell(), threads=threads, batch=batch, only=only, chores=self._chores()
        )

    def dispatcher(self, post: Post, *, in_flight: int = 100, only: Sequence[str] = ()) -> Dispatcher:
        """Return what sends a message for each due job: ``dispatcher.run()`` works until told to end.

        ``in_flight`` is how many jobs may be sent and not begun; ``only`` are the channels (none: all).
        """
        from isthmus.jobs.dispatcher import Dispatcher

        chores = self._chores()
        return Dispatcher(self.jobs, post, self._bell(), in_flight=in_flight, only=only, chores=chores)

    def adopter(self, on_stuck: Callable[[], None] = lambda: None) -> Adopter:
        """Return what runs jobs that a dispatcher has sent, in the threads of somebody else's worker."""
        from isthmus.jobs.adopter import Adopter

        return Adopter(self.jobs, Performer(self.jobs, self._opened), on_stuck=on_stuck)

    def _bell(self) -> Bell:
        return NotifyBell(self._listener) if self.jobs.is_postgresql else DatagramBell()

    def _chores(self) -> Sequence[Callable[[], float | None]]:
        tidying = Tidying(self.jobs, self._kept_s())
        return (self.clockwork.tick, tidying.tidy, tidying.clean)

    @cached_property
    def desk(self) -> JobDesk:
        """What people ask of jobs and do with them."""
        from isthmus.jobs.desk import JobDesk

        return JobDesk(self.jobs)

    @cached_property
    def clockwork(self) -> Clockwork:
        """What enqueues the jobs of crons."""
        return Clockwork(self.jobs, self.registry, self.settings.odoo.__contains__)

    def _opened(self, odoo: str | None, services: Mapping[Any, Any]) -> AbstractContextManager[Environment]:
        return self.environment(odoo, services=services)

    def _kept_s(self) -> dict[str, float]:
        kept, failed = self.settings.keep_jobs_days * 86_400, self.settings.keep_failed_jobs_days * 86_400
        return {"done": kept, "cancelled": kept, "failed": failed}

    def _listener(self) -> Any:
        """Open a connection of its own to PostgreSQL, which hears notifications at once."""
        connection = self.database.engine.raw_connection()
        driver: Any = connection.driver_connection
        connection.detach()
        driver.autocommit = True
        return driver

    # --- database ---

    def upgrade(self) -> list[Change]:
        """Bring the database up to date; return what was done, then what is left to a person."""
        return upgrade_schema(self.database, self.registry)

    def pending_changes(self) -> list[Change]:
        """Return how the database differs from the loaded packages; empty when it is up to date."""
        return pending_changes(self.database, self.registry)

    def require_schema(self) -> None:
        """Raise SchemaError when an upgrade is due. Looks once; a database does not fall behind again."""
        if self._schema_is_current or is_current(self.database, self.registry):
            self._schema_is_current = True
            return
        due = [change for change in self.pending_changes() if change.is_automatic]
        if due:
            more = f" and {len(due) - 1} more" if len(due) > 1 else ""
            raise SchemaError(
                f"the database lags behind the loaded packages: {due[0]}{more}",
                hint="Run `isthmus db upgrade`.",
            )
        self._schema_is_current = True

    def close(self) -> None:
        """Give back the database's connections."""
        self.database.close()
        self.turnstile.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connectors(settings: Settings) -> Sequence[str]:
    """Return the connector packages to load: those of the settings, else all that are installed.

    A connector that the settings name may lie beside the settings file; that folder becomes the last one that
    Python imports from. Raises ConfigurationError for a package that cannot be found.
    """
    if settings.connectors is None:
        return installed_connectors()
    if settings.path and str(settings.folder) not in sys.path:
        sys.path.append(str(settings.folder))
    for name in settings.connectors:
        if not is_importable(name):
            installed = installed_connectors()
            near = get_close_matches(name, installed, n=1)
            raise ConfigurationError(
                f"the connector {name!r} of {settings.path or 'the settings'} is not installed",
                hint=f"Did you mean {near[0]!r}?"
                if near
                else f"Put {name}.py beside the settings file. Installed: {', '.join(installed) or 'none'}.",
            )
    return settings.connectors


def installed_connectors() -> list[str]:
    """Return the packages of all installed connectors, by name."""
    from importlib.metadata import entry_points  # large, and not needed where the settings name connectors

    return [entry.value for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name)]


def is_importable(name: str) -> bool:
    """Tell whether a module of that name can be found."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
