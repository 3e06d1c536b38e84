"""The environment: one transaction with its stores, cache, context and services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ConfigurationError, ModelError
from isthmus.records.cache import Cache

if TYPE_CHECKING:
    from isthmus.records.fields import Field
    from isthmus.records.model import BaseModel
    from isthmus.records.registry import Registry
    from isthmus.records.store import RecordStore

Service = TypeVar("Service")

#: Context keys under which the same record reads differently, so that each combination has a cache of its
#: own.
CACHE_KEYS = ("lang", "active_test", "bin_size", "allowed_company_ids")
_CACHE_KEYS = frozenset(CACHE_KEYS)


class LocalTransaction(Protocol):
    """A database transaction in which local records live."""

    def commit(self) -> None:
        """Make everything so far permanent; the transaction can be used further."""
        ...

    def rollback(self) -> None:
        """Undo everything since the last commit; the transaction can be used further."""
        ...

    def close(self) -> None:
        """Give the connection back. What was not committed is undone."""
        ...

    @property
    def has_written(self) -> bool:
        """Whether something was written, or a lock was taken, since the last commit."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what the block did when it raises."""
        ...

    def try_advisory_lock(self, key: str) -> bool:
        """Lock a name until the end of the transaction; False when another transaction holds it."""
        ...


class Database(Protocol):
    """Where local records live (:class:`isthmus.records.database.SqlDatabase`)."""

    def transaction(self) -> LocalTransaction:
        """Open a transaction; the connection is taken when it is first used."""
        ...

    def store(self, registry: Registry, transaction: Any, clock: Clock) -> RecordStore:
        """Return the store of a registry's local models inside a transaction."""
        ...


class Transaction:
    """What the environments of one transaction share: stores, caches, hooks, services."""

    def __init__(
        self,
        registry: Registry,
        database: Database | None,
        odoo: RecordStore | None,
        services: Mapping[Any, Any],
        clock: Clock,
        odoo_name: str | None = None,
    ) -> None:
        self.registry = registry
        self.odoo = odoo
        self.odoo_name = odoo_name
        self.services = services
        self.clock = clock
        self._database = database
        self._local: LocalTransaction | None = None
        self._local_store: RecordStore | None = None
        self._caches: dict[tuple[Any, ...], Cache] = {}
        self._hooks: list[Callable[[], object]] = []
        #: Whether the transaction is over: what is written through it from now on is committed by nobody.
        self.is_closed = False
        self.computing: set[tuple[str, str]] = set()
        self.fields: dict[str, Mapping[str, Field]] = {}
        self.memo: dict[Any, Any] = {}

    @property
    def local(self) -> LocalTransaction:
        """The database transaction, opened when first asked for."""
        if self._local is None:
            if self._database is None:
                raise ConfigurationError(
                    "this environment has no database", hint="Pass one to open_environment()."
                )
            self._local = self._database.transaction()
        return self._local

    @property
    def local_store(self) -> RecordStore:
        """The store of the models that the loaded packages declare."""
        if self._local_store is None:
            local = self.local
            assert self._database is not None
            self._local_store = self._database.store(self.registry, local, self.clock)
        return self._local_store

    @property
    def has_written(self) -> bool:
        """Whether something was written to the database, or locked in it, since the last commit."""
        return self._local is not None and self._local.has_written

    def cache(self, context: Mapping[str, Any]) -> Cache:
        """Return the cache for what a context makes of records."""
        key: tuple[Any, ...] = ()
        if not _CACHE_KEYS.isdisjoint(context):
            values = map(context.get, CACHE_KEYS)
            key = tuple(tuple(value) if isinstance(value, list) else value for value in values)
        cache = self._caches.get(key)
        if cache is None:
            cache = self._caches[key] = Cache()
        return cache

    def forget(self, model: str, ids: tuple[int, ...]) -> None:
        """Forget what any cache holds about the given records."""
        for cache in self._caches.values():
            cache.forget(model, ids)

    def clear(self) -> None:
        """Forget every cached value."""
        for cache in self._caches.values():
            cache.clear()

    def after_commit(self, hook: Callable[[], object]) -> None:
        self._hooks.append(hook)

    def commit(self) -> None:
        """Commit, then run the hooks: all of them, also when one fails; the first failure is raised at the
        end.

        What a hook writes to the database is committed too.
        """
        failures: list[Exception] = []
        self._commit_local()
        while self._hooks:
            try:
                self._hooks.pop(0)()
            except Exception as error:  # the data is committed: one hook's failure must not cost the others
                failures.append(error)
            self._commit_local()
        if failures:
            raise failures[0]

    def _commit_local(self) -> None:
        if self._local is not None:
            self._local.commit()
        self.clear()

    def rollback(self) -> None:
        self._hooks.clear()
        self.clear()
        if self._local is not None:
            self._local.rollback()

    def another(self) -> Transaction:
        """Return a new transaction of the same parts."""
        return Transaction(
            self.registry, self._database, self.odoo, self.services, self.clock, self.odoo_name
        )

    def close(self) -> None:
        self.is_closed = True
        if self._local is not None:
            self._local.close()


class Environment:
    """Access to models: ``env["project.task"]`` is an empty recordset of that model.

    A name that a loaded package declares is local; any other name is a model of the Odoo that the environment
    is connected to.
    """

    __slots__ = ("_empty", "cache", "context", "memo", "registry", "transaction")

    def __init__(self, transaction: Transaction, context: Mapping[str, Any] | None = None) -> None:
        self.transaction = transaction
        self.registry = transaction.registry
        self.context: Mapping[str, Any] = dict(context or {})
        self.cache = transaction.cache(self.context)
        #: Where upper layers keep what is costly to find and does not change within the transaction.
        self.memo = transaction.memo
        self._empty: dict[str, BaseModel] = {}

    def __getitem__(self, model: str) -> BaseModel:
        """Return the empty recordset of a model. Raises ModelError when there is no such model."""
        empty = self._empty.get(model)
        if empty is None:
            empty = self._empty[model] = self._model_class(model)._make(self, (), ())
        return empty

    def __contains__(self, model: object) -> bool:
        if not isinstance(model, str):
            return False
        try:
            self[model]._fields  # noqa: B018 - asks the store of a remote model
        except ModelError:
            return False
        return True

    def _model_class(self, model: str) -> type[BaseModel]:
        if self.registry.is_local(model):
            return self.registry[model]
        if self.transaction.odoo is None:
            raise ModelError(
                f"unknown model {model!r}: no loaded package declares it, and no Odoo is configured"
                f"{self.registry.near(model)}",
                hint="Load the package that declares it, or connect to an Odoo: app.environment(odoo=…).",
            )
        return self.registry.remote(model)

    def store(self, model: str) -> RecordStore:
        """Return the store in which a model's records are kept."""
        if self.registry.is_local(model):
            return self.transaction.local_store
        if self.transaction.odoo is None:
            self._model_class(model)
        assert self.transaction.odoo is not None
        return self.transaction.odoo

    @property
    def odoo_name(self) -> str | None:
        """The name of the Odoo whose models are at hand; None where it has none, or there is none."""
        return self.transaction.odoo_name

    @property
    def now(self) -> datetime:
        """The current time, naive UTC."""
        return self.transaction.clock.now()

    @property
    def clock(self) -> Clock:
        """The clock of the environment."""
        return self.transaction.clock

    def service(self, kind: Callable[..., Service]) -> Service:
        """Return the app's object of a kind. Raises ConfigurationError when there is none."""
        found = self.find_service(kind)
        if found is None:
            raise ConfigurationError(f"this environment has no {getattr(kind, '__name__', kind)}")
        return found

    def find_service(self, kind: Callable[..., Service]) -> Service | None:
        """Return the app's object of a kind, or None."""
        found: Service | None = self.transaction.services.get(kind)
        return found

    def with_context(self, context: Mapping[str, Any]) -> Environment:
        """Return an environment of the same transaction with another context."""
        return self if context == self.context else Environment(self.transaction, context)

    def another(self) -> AbstractContextManager[Environment]:
        """Open another transaction of the same database and Odoo, in the same context: for another thread.

        It sees nothing of what is not committed here.
        """
        return Block(self.transaction.another(), self.context)

    def commit(self) -> None:
        """Make everything so far permanent and go on: for long work that saves a checkpoint."""
        self.transaction.commit()

    def rollback(self) -> None:
        """Undo everything in the database since the last commit."""
        self.transaction.rollback()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block wrote to the database when it raises; the exception goes on."""
        try:
            with self.transaction.local.savepoint():
                yield
        except BaseException:
            self.transaction.clear()
            raise

    def try_lock(self, key: str) -> bool:
        """Lock a name in the database until the end of the transaction; False when another one holds it."""
        return self.transaction.local.try_advisory_lock(key)

    def after_commit(self, hook: Callable[[], object]) -> None:
        """Call ``hook`` once the transaction has committed; never, when it is rolled back."""
        self.transaction.after_commit(hook)

    def clear(self) -> None:
        """Forget cached values: for long work that passes through many records."""
        self.transaction.clear()


def open_environment(
    registry: Registry,
    database: Database | None = None,
    *,
    odoo: RecordStore | None = None,
    odoo_name: str | None = None,
    services: Mapping[Any, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
) -> AbstractContextManager[Environment]:
    """Open one transaction: commit at the end of the block, roll back when it raises.

    ``odoo_name`` is the instance that ``odoo`` leads to, for who has to find it again (a job).
    """
    transaction = Transaction(registry, database, odoo, services or {}, clock or SystemClock(), odoo_name)
    return Block(transaction, context)


class Block:
    """The block of an environment. A class, since a job that does nothing else has no time for generators."""

    __slots__ = ("_context", "_env", "_transaction")

    def __init__(self, transaction: Transaction, context: Mapping[str, Any] | None) -> None:
        self._transaction = transaction
        self._context = context

    def __enter__(self) -> Environment:
        self._env = Environment(self._transaction, self._context)
        return self._env

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind is None:
                self._commit()
            else:
                self._transaction.rollback()
        finally:
            self._transaction.close()
            self._env._empty.clear()  # they know each other, and would wait for the garbage collector

    def _commit(self) -> None:
        try:
            self._transaction.commit()
        except BaseException:
            self._transaction.rollback()
            raise
