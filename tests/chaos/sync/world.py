"""Both sides, an installation between them, and what a person would expect to see on both in the end."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.app import App
from isthmus.connector.delayed import export_later, import_later
from isthmus.connector.secret import FernetCipher
from isthmus.odoo import OdooConnection
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox
from isthmus.trello.client import TrelloClient
from tests.chaos.sync import victim
from tests.chaos.sync.boards import Boards, Labels, Lists
from tests.chaos.sync.cards import Cards
from tests.chaos.sync.ground import boards
from tests.chaos.sync.items import Items
from tests.chaos.sync.kinds import Hands, Kind
from tests.chaos.sync.order import Ordered
from tests.chaos.sync.parts import Comments, Links
from tests.chaos.sync.trouble import Trouble
from tests.job_tables import problems

#: Children are forked from a process that has everything loaded and no threads.
forks = multiprocessing.get_context("forkserver")

#: What Trello signs its webhooks with.
SECRET = "an app's secret"

SETTINGS = """\
database = "{database}"
connectors = ["isthmus.trello"]

[odoo.main]
url = "{url}"
database = "{name}"
login = "{login}"
"""

#: What is deleted on one side is deleted on the other, however much it is.
POLICIES = {"import_deletion": "delete", "export_deletion": "delete", "max_deletes": "100%"}

#: What people edit, and how often beside the others: most of all cards.
KINDS = (Boards, Lists, Labels, Cards, Items, Comments, Links)
WEIGHTS = {"trello.card": 8, "trello.checkitem": 4, "trello.comment": 2}


@dataclass
class Round:
    """What a round did: its steps, or that it was killed."""

    killed_at: str | None = None
    labels: list[str] = field(default_factory=list)
    failures: int = 0
    error: str | None = None


class World:
    """Two simulated servers and an installation in a folder; its kinds know what must be in the end."""

    def __init__(
        self, folder: Path, seed: int, database: str | None = None, cards: int = 5, data: Any = None
    ) -> None:
        self.random = random.Random(seed)
        self.odoo = OdooSandbox(18)
        self.trello = TrelloSandbox(
            key="k", token="t", limits=Limits.off(), secret=SECRET, webhook_retry_s=(0.1,)
        )
        for one in [data] if data else boards(cards):
            self.trello.load(one)
        self.settings, self._report = folder / "isthmus.toml", folder / "report.json"
        self._database = database or f"sqlite:///{folder}/isthmus.sqlite"
        self.kinds: list[Kind] = []
        #: Field of a record -> whether it was changed outside, since both sides last agreed.
        self._sides: dict[tuple[str, str], bool] = {}
        self.trouble = Trouble(self.odoo, self.trello, self.random)
        self.edits = self.rounds = 0
        #: Edits of records that were on both sides without a pair.
        self.early = 0
        forks.set_forkserver_preload([victim.__name__])

    @contextmanager
    def running(self) -> Iterator[World]:
        with ExitStack() as stack:
            stack.enter_context(self.odoo)
            stack.enter_context(self.trello)
            self._install()
            self._app = stack.enter_context(App.load(self.settings))
            client = TrelloClient("k", "t", url=self.trello.url)
            connection = OdooConnection(self.odoo.url, self.odoo.database, self.odoo.login, self.odoo.api_key)
            hands = Hands(self._app, client, connection, self.random)
            self.kinds = [kind(hands) for kind in KINDS]
            yield self

    def _install(self) -> None:
        key, folder = FernetCipher.new_key(), self.settings.parent
        (folder / "isthmus.key").write_text(key)
        secret = FernetCipher([key]).encrypt(self.odoo.api_key)
        text = SETTINGS.format(
            database=self._database,
            url=self.odoo.url,
            name=self.odoo.database,
            login=self.odoo.login,
        )
        self.settings.write_text(f'{text}secret = "{secret}"\n')
        with App.load(self.settings) as app:
            app.upgrade()
            with app.environment() as env:
                values = {"name": "work", "url": self.trello.url, "key": "k", "token": "t"}
                env["trello.backend"].create({**values, "app_secret": SECRET, **POLICIES})

    # --- rounds ---

    def round(
        self,
        last: int | None = None,
        outage: bool = False,
        impatient: bool = False,
        only_import: bool = False,
        when_made: bool = False,
    ) -> Round:
        """Run one round, or only an import, in a process of its own.

        It dies at step ``last`` (of those at which something was made), or its servers go down, or it gives
        up waiting for answers early.
        """
        self.rounds += 1
        self._report.unlink(missing_ok=True)
        arguments = str(self.settings), last, str(self._report), impatient, only_import, when_made
        child = forks.Process(target=victim.run, args=arguments)
        child.start()
        if outage:
            self.trouble.outage(lambda: not child.is_alive())
        child.join()
        assert child.exitcode in (0, -9), f"the round ended with {child.exitcode}"
        return Round(**json.loads(self._report.read_text()))

    def crowd(self, size: int, rounds: int) -> Counter[str]:
        """Have many processes do rounds at once, some of which die; return what became of them."""
        reports = [self._report.with_name(f"report {number}.json") for number in range(size)]
        children = []
        for report in reports:
            report.unlink(missing_ok=True)
            seed = self.random.randrange(10**6)
            arguments = str(self.settings), seed, rounds, str(report)
            children.append(forks.Process(target=victim.run_in_a_crowd, args=arguments))
            children[-1].start()
        for child in children:
            child.join()
        assert {child.exitcode for child in children} <= {0, -9}
        became: Counter[str] = Counter()
        for report in reports:
            told = json.loads(report.read_text())
            became.update({"killed": 1} if "killed_at" in told else told)
        return became

    def settle(self, tries: int = 8) -> list[str]:
        """Run rounds until one has nothing to complain of and nothing to write; return its steps.

        One that goes on where another was cut off does not see what changed behind it: the next one does.
        Raises AssertionError when there is no end to it.
        """
        self.calm()
        for _ in range(tries):
            self.forget_requests()
            done = self.round()
            if not (done.failures or done.error or self.writes()):
                self._agree()
                return done.labels
        raise AssertionError(
            f"after {tries} rounds it still fails or writes: {done.error or done.failures}, {self.writes()}"
        )

    def writes(self) -> list[Any]:
        """Return what was written to either side so far, by the servers' own logs."""
        trello = [entry for entry in self.trello.log if entry.method != "GET"]
        return [*(entry for entry in self.odoo.log if entry.facts.get("write")), *trello]

    def calm(self) -> None:
        """Have nothing go wrong any more, and begin to count anew what is written."""
        self.trouble.calm()
        self.forget_requests()

    def forget_requests(self) -> None:
        """Begin to count anew what is written."""
        for server in (self.odoo, self.trello):
            server.log.clear()

    def come_true(self, seconds: float = 180) -> None:
        """Wait until both sides are what the edits made of them.

        Raises AssertionError when that does not come.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                self.require_truth()
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
            else:
                self._agree()
                return

    # --- webhooks and jobs ---

    def install_webhooks(self, port: int) -> None:
        """Have Trello send its webhooks to a port, where somebody has to listen."""
        with self._app.environment() as env:
            env["trello.backend"].search([]).install_webhooks(f"http://127.0.0.1:{port}")

    def jumble(self, waiting: list[Any]) -> list[Any]:
        """Return deliveries as a bad network brings them: some of them twice, all in any order."""
        both = [*waiting, *self.random.sample(waiting, len(waiting) // 2)]
        self.random.shuffle(both)
        return both

    def enqueue(self, number: int) -> int:
        """Have workers import and export some records, and now and then all; return how many jobs are new."""
        made = []
        with self._app.environment() as env:
            backend = env["trello.backend"].search([])
            pairs = [pair for kind in self.kinds for pair in env[kind.entity].search([])]
            for _ in range(number):
                pair, act = self.random.choice(pairs), self.random.randrange(12)
                if act == 0:
                    made.append(import_later(backend))
                elif act == 1:
                    made.append(export_later(backend))
                elif act % 2:
                    empty = env[pair._name]
                    made.append(empty.with_delay().import_record(backend, pair.external_id))
                else:
                    made.append(pair.with_delay().export_record())
        return sum(job.is_new for job in made)

    def job_problems(self) -> list[str]:
        """Return what is wrong with the tables of jobs, in sentences."""
        with self._app.jobs.reading() as sql:
            return problems(sql)

    # --- edits ---

    def edit(self, number: int, only_outside: bool = False) -> None:
        """Change some fields of some records, each on one of the two sides, and add some records."""
        self.calm()
        known = [(kind, id_, name) for kind in self.kinds for id_ in kind.pairs() for name in kind.fields]
        weights = [WEIGHTS.get(kind.entity, 1) for kind, _, _ in known]
        for kind, id_, name in dict.fromkeys(self.random.choices(known, weights, k=number) if known else ()):
            if id_ not in kind.truth:
                continue
            # What one side changed is changed there again, not on the other one: no conflict.
            outside = self._sides.setdefault((id_, name), only_outside or self.random.random() < 0.5)
            if outside or not only_outside:
                self.edits += kind.edit(id_, name, outside)
        for kind in self.kinds:
            for outside in (True,) if only_outside else (True, False):
                if self.random.random() < kind.adds and kind.hands.pairs("trello.board"):
                    self.edits += kind.add(outside)
            if isinstance(kind, Ordered) and self.random.random() < kind.moves:
                side = self._sides.setdefault(
                    (kind.entity, "order"), only_outside or self.random.random() < 0.5
                )
                self.edits += kind.move(side)
            if self.random.random() < kind.deletes:
                self.edits += self._delete(kind, only_outside or self.random.random() < 0.5)

        self._edit_early(only_outside)

    def _edit_early(self, only_outside: bool) -> None:
        """Change what somebody who was cut off has made and not paired."""
        for kind in self.kinds:
            for known in kind.unpaired() if kind.fresh else ():
                outside = only_outside or self.random.random() < 0.5
                fields = kind.fresh if outside else kind.fresh_in_odoo
                for name in self.random.sample(fields, min(2, len(fields))):
                    if self._sides.setdefault((known[0], name), outside) == outside:
                        kind.edit_unpaired(known, name, outside)
                        self.early += 1

    def _agree(self) -> None:
        """Know that both sides agree."""
        self._sides.clear()
        for kind in self.kinds:
            kind.left.clear()

    def _delete(self, kind: Kind, outside: bool) -> bool:
        """Delete a record that nobody has edited, nor what is or was on it, since both sides agreed.

        Tell whether there was one to spare.
        """
        paired = {id_ for other in self.kinds for id_ in other.pairs()} - {id_ for id_, _ in self._sides}
        busy = {
            state.get("card")
            for other in self.kinds
            for id_, state in other.truth.items()
            if id_ not in paired
        }
        left = {id_ for other in self.kinds for id_ in other.left}
        spare = sorted(kind.truth.keys() & paired - busy - left)
        if len(spare) < 2:
            return False
        gone = self.random.choice(spare)
        kind.delete(gone, outside)
        for other in self.kinds:
            other.forget(gone)
        return True

    @property
    def cards(self) -> Kind:
        """The cards."""
        return next(kind for kind in self.kinds if kind.entity == "trello.card")

    def add(self) -> None:
        """Add records on either side, one of each kind that people change before it has a pair."""
        for kind in self.kinds:
            if kind.fresh:
                self.edits += kind.add(self.random.random() < 0.5)

    def fill(self, number: int) -> None:
        """Add records of all kinds outside."""
        for _ in range(number):
            for kind in self.kinds:
                kind.add(is_outside=True)

    def require_truth(self) -> None:
        """Check that both sides are what the edits made of them, kind by kind, and nothing is doubled."""
        for kind in self.kinds:
            kind.require_truth()
