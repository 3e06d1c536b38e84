"""The hooks of an app, and the receiver that answers at them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from isthmus.app import App
from isthmus.hints import Hook, Sink
from isthmus.odoo.feed import webhooks
from isthmus.records import Environment
from isthmus.web.odoo_hook import read_odoo_hook
from isthmus.web.receiver import Receiver

#: A hook that was installed meanwhile is known after so long, and one that was removed forgotten.
FRESH_S = 1.0

#: The model that every backend inherits from.
BACKEND = "connector.backend"


class KnownHooks:
    """The hooks in the app's database, read again now and then. Safe to share between threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._hooks: list[Hook] = []
        self._read_at: float | None = None

    def __call__(self) -> list[Hook]:
        now = self._app.clock.monotonic()
        with self._lock:
            if self._read_at is None or now - self._read_at >= FRESH_S:
                with self._app.environment(None) as env:
                    self._hooks = [Hook(source, digest) for source, digest in webhooks.digests(env)]
                    self._hooks += hooks_of_backends(env)
                self._read_at = now
            return self._hooks


def hooks_of_backends(env: Environment) -> Iterator[Hook]:
    """Yield the hooks of all backends of whatever kind."""
    root = env.registry[BACKEND]
    for cls in env.registry.tables():
        if issubclass(cls, root):
            for backend in env[cls._name or ""].search([]):
                yield from backend.hooks()


def receiver_of(app: App, sink: Sink) -> Receiver:
    """Return what answers the webhooks of an app, and passes their hints on."""
    return Receiver(KnownHooks(app), {"odoo": read_odoo_hook}, sink)
