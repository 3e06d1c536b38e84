"""An Odoo, an app that follows it, and what its listeners heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from isthmus import Component
from isthmus.events import perhaps_echo
from isthmus.events.odoo_feed import raise_events
from isthmus.events.origin import origin_of
from isthmus.inheritance import capture
from isthmus.odoo import OdooConnection, RpcStore
from isthmus.odoo.feed import Feed, Watch
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.testing import TrialApp
from tests.still_clock import StillClock

TASK, PROJECT, STAGE, TAG = "project.task", "project.project", "project.task.type", "project.tags"
MESSAGE, ATTACHMENT = "mail.message", "ir.attachment"

#: The server's clock, and ours, which is an hour behind.
THERE, HERE = datetime(2026, 11, 22, 13, 0, 0), datetime(2026, 11, 22, 12, 0, 0)

with capture() as declared:

    class Ear(Component):
        """Hears everything that happens to records of Odoo."""

        _name = "feed.ear"
        _inherit = "base.event.listener"
        _apply_on = [TASK, PROJECT, STAGE, TAG, MESSAGE, ATTACHMENT]

        def on_record_create(self, record: Any, fields: Any = None) -> None:
            self.note("create", record)

        def on_record_write(self, record: Any, fields: Any = None) -> None:
            self.note("write", record)

        def on_record_unlink(self, record: Any) -> None:
            self.note("unlink", record)

        def note(self, what: str, record: Any) -> None:
            scene = self.env.service(Scene)
            if scene.deaf:
                raise RuntimeError("the listener failed")
            scene.heard.append((what, record._name, record.id))
            scene.origins.append((origin_of(record), perhaps_echo(record)))
            if scene.reads and what != "unlink":
                scene.values.append(record[scene.reads])


class Ticking(StillClock):
    """A still clock with a wall time of its own; all of them tick together."""

    def __init__(self, start: datetime, ticker: StillClock) -> None:
        super().__init__(start)
        self._ticker = ticker

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._ticker.monotonic())

    def monotonic(self) -> float:
        return self._ticker.monotonic()

    def sleep(self, seconds: float) -> None:
        self._ticker.sleep(seconds)


class Scene:
    """A simulated Odoo of a version, and an app that follows some of its models."""

    def __init__(
        self, version: int = 18, database_url: str = "sqlite://", here: datetime = HERE, **options: Any
    ) -> None:
        self.heard: list[tuple[str, str, int]] = []
        self.origins: list[tuple[str | None, bool]] = []
        self.values: list[Any] = []
        self.reads = ""
        self.deaf = False
        self.ticker = StillClock()
        self.odoo = OdooSandbox(version, clock=Ticking(THERE, self.ticker))
        self.odoo.start()
        self.store = RpcStore(
            OdooConnection(
                self.odoo.url,
                self.odoo.database,
                self.odoo.login,
                self.odoo.api_key,
                clock=Ticking(here, self.ticker),
            )
        )
        self.app = TrialApp(
            *declared,
            odoo=self.store,
            database_url=database_url,
            services={Scene: self},
            clock=Ticking(here, self.ticker),
        )
        self.options = options
        self.feed = self.new_feed()

    def new_feed(self, watches: Sequence[Watch] = (Watch(TASK, deletions=True),), **options: Any) -> Feed:
        """Return a feed as a process that has just started has it."""
        chosen = {"sweep_every": None, **self.options, **options}
        watches = chosen.pop("watches", watches)
        return Feed("main", self.store, watches, self.app.environment, raise_events, **chosen)

    def close(self) -> None:
        self.app.close()
        self.odoo.stop()

    # --- what happens in Odoo ---

    def pass_time(self, seconds: float) -> None:
        """Let time pass everywhere."""
        self.ticker.advance(seconds)

    @contextmanager
    def transaction(self, began_ago: float = 0.0) -> Iterator[Any]:
        """Work in Odoo as a user does; it is seen when the block ends, with the time of when it began."""
        with self.odoo.environment(started=self.now - timedelta(seconds=began_ago)) as env:
            yield env

    @property
    def now(self) -> datetime:
        """The time of the server."""
        return THERE + timedelta(seconds=self.ticker.monotonic())

    def tasks(self, *names: str, **values: Any) -> list[int]:
        with self.transaction() as env:
            found: list[int] = env[TASK].create([{"name": name, **values} for name in names]).ids
        return found

    def write(
        self, ids: int | Sequence[int], model: str = TASK, began_ago: float = 0.0, **values: Any
    ) -> None:
        with self.transaction(began_ago) as env:
            env[model].browse([ids] if isinstance(ids, int) else ids).write(values)

    def delete(self, *ids: int, model: str = TASK) -> None:
        with self.transaction() as env:
            env[model].browse(ids).unlink()

    # --- what is heard ---

    def round(self, **options: Any) -> list[tuple[str, int]]:
        """Look once; return what was heard of it, without the models."""
        self.heard.clear()
        for look in self.feed.round(**options):
            if look.error:
                raise look.error
        return [(what, id_) for what, _, id_ in self.heard]

    def calls(self) -> int:
        """Return how many requests Odoo was sent since the log was cleared."""
        return len(self.odoo.log)
