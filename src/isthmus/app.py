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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isthmus.clock import Clock, SystemClock
from isthmus.components import ComponentRegistry
from isthmus.config import Settings, load_settings
from isthmus.connector.secret import FernetCipher
from isthmus.errors import ConfigurationError, SchemaError
from isthmus.odoo import OdooConnection, RpcStore
from isthmus.records import Cipher, Environment, Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.schema import Change, is_current, pending_changes

#: What every app loads, before its connectors.
FRAMEWORK = ("isthmus.records", "isthmus.events", "isthmus.connector")

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
        self.database = SqlDatabase(settings.database_url)
        self._stores: dict[str, RpcStore] = {}
        self._lock = threading.Lock()
        self._schema_is_current = False

    @classmethod
    def load(cls, path: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the app of a settings file: the given one, ISTHMUS_CONFIG, or the current folder's."""
        return cls(load_settings(path, environ), environ=environ)

    @contextmanager
    def environment(
        self, odoo: str | None = "main", context: Mapping[str, Any] | None = None
    ) -> Iterator[Environment]:
        """Open one transaction: commit at the end of the block, roll back when it raises.

        ``odoo`` names the Odoo instance whose models are at hand; None, or an app without any instance, gives
        an environment of local models alone. Raises SchemaError when the database lags behind.
        """
        self.require_schema()
        store = self.store(odoo) if odoo and self.settings.odoo else None
        services = {ComponentRegistry: self.components, Cipher: self.cipher}
        with open_environment(
            self.registry, self.database, odoo=store, services=services, context=context, clock=self.clock
        ) as env:
            yield env

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
        with self._lock:
            if name not in self._stores:
                self._stores[name] = RpcStore(self._connect(name))
            return self._stores[name]

    def _connect(self, name: str) -> OdooConnection:
        instance = self.settings.instance(name)
        secret = self.odoo_secret(name)
        return OdooConnection(instance.url, instance.database, instance.login, secret, clock=self.clock)

    def odoo_secret(self, name: str) -> str:
        """Return the API key of an Odoo instance: from its environment variable, else from the settings."""
        variable = self.settings.key_variable(name)
        secret = self.settings.instance(name).secret
        if self.environ.get(variable):
            return self.environ[variable]
        if secret:
            return self.cipher.decrypt(secret)
        raise ConfigurationError(
            f"there is no API key for the Odoo instance {name!r}",
            hint=f"Set {variable}, or add what `isthmus odoo secret` prints to [odoo.{name}].",
        )

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
    installed = [entry.value for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name)]
    if settings.connectors is None:
        return installed
    if settings.path and str(settings.folder) not in sys.path:
        sys.path.append(str(settings.folder))
    for name in settings.connectors:
        if not is_importable(name):
            near = get_close_matches(name, installed, n=1)
            raise ConfigurationError(
                f"the connector {name!r} of {settings.path or 'the settings'} is not installed",
                hint=f"Did you mean {near[0]!r}?"
                if near
                else f"Put {name}.py beside the settings file. Installed: {', '.join(installed) or 'none'}.",
            )
    return settings.connectors


def is_importable(name: str) -> bool:
    """Tell whether a module of that name can be found."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
