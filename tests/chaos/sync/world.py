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
from tests.chaos.sync.trouble import Trouble
from tests.integration.trello.board import DONE, TODO, board, card
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

FIELDS = ("name", "desc", "list", "due", "done", "closed")
LISTS = {TODO: "To do", DONE: "Done"}
STATES = {True: "1_done", False: "01_in_progress"}

ALL_TASKS = [["active", "in", [True, False]], ["parent_id", "=", False]]


@dataclass
class Round:
    """What a round did: its steps, or that it was killed."""

    killed_at: str | None = None
    labels: list[str] = field(default_factory=list)
    failures: int = 0
    error: str | None = None


class World:
    """Two simulated servers and an installation in a folder. ``truth``: what each card must be in the end."""

    def __init__(
        self, folder: Path, seed: int, database: str | None = None, cards: int = 5, data: Any = None
    ) -> None:
        self.random = random.Random(seed)
        self.odoo = OdooSandbox(18)
        self.trello = TrelloSandbox(
            key="k", token="t", limits=Limits.off(), secret=SECRET, webhook_retry_s=(0.1,)
        )
        self.trello.load(data or board([card(number) for number in range(cards)]))
        self.settings, self._report = folder / "isthmus.toml", folder / "report.json"
        self._database = database or f"sqlite:///{folder}/isthmus.sqlite"
        self.truth: dict[str, dict[str, Any]] = {}
        self.names = 0
        #: Field of a card -> whether it was changed outside, since both sides last agreed.
        self._sides: dict[tuple[str, str], bool] = {}
        self.trouble = Trouble(self.odoo, self.trello, self.random)
        self.edits = self.rounds = 0
        forks.set_forkserver_preload([victim.__name__])

    @contextmanager
    def running(self) -> Iterator[World]:
        with ExitStack() as stack:
            stack.enter_context(self.odoo)
            stack.enter_context(self.trello)
            self._install()
            self._app = stack.enter_context(App.load(self.settings))
            self._client = TrelloClient("k", "t", url=self.trello.url)
            self._connection = OdooConnection(
                self.odoo.url, self.odoo.database, self.odoo.login, self.odoo.api_key
            )
            self.truth = {one["id"]: self.card_state(one) for one in self.cards()}
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
                env["trello.backend"].create({**values, "app_secret": SECRET})

    # --- rounds ---

    def round(self, last: int | None = None, outage: bool = False, impatient: bool = False) -> Round:
        """Run one round in a process of its own.

        It dies at step ``last``, or its servers go down, or it gives up waiting for answers early.
        """
        self.rounds += 1
        self._report.unlink(missing_ok=True)
        arguments = str(self.settings), last, str(self._report), impatient
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
                self._sides.clear()
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
                self._sides.clear()
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
            backend, cards = env["trello.backend"].search([]), env["trello.card"].search([])
            for _ in range(number):
                card, act = self.random.choice(list(cards)), self.random.randrange(12)
                if act == 0:
                    made.append(import_later(backend))
                elif act == 1:
                    made.append(export_later(backend))
                elif act % 2:
                    made.append(env["trello.card"].with_delay().import_record(backend, card.external_id))
                else:
                    made.append(card.with_delay().export_record())
        return sum(job.is_new for job in made)

    def job_problems(self) -> list[str]:
        """Return what is wrong with the tables of jobs, in sentences."""
        with self._app.jobs.reading() as sql:
            return problems(sql)

    # --- edits ---

    def edit(self, number: int, only_outside: bool = False) -> None:
        """Change some fields of some cards, each on one of the two sides, and add some."""
        self.calm()
        fields = [
            (id_, name)
            for id_ in sorted(self.truth)
            for name in ("name", "desc", "list", "due", "done", "closed")
        ]
        tasks = self.task_of()
        for id_, name in self.random.sample(fields, min(number, len(fields))):
            if id_ not in tasks:
                continue
            # What one side changed is changed there again, not on the other one: no conflict.
            outside = self._sides.setdefault((id_, name), only_outside or self.random.random() < 0.5)
            if only_outside and not outside:
                continue
            self.edits += 1
            value = self.new_value(name, self.truth[id_][name])
            self.truth[id_][name] = value
            if outside:
                self.edit_card(id_, name, value)
            else:
                self.edit_task(tasks[id_], name, value)
        if self.random.random() < 0.3:
            self.add_card()
        if self.random.random() < 0.3 and not only_outside:
            self.add_task()

    def new_value(self, name: str, before: Any) -> Any:
        self.names += 1
        match name:
            case "name" | "desc":
                return f"{name} {self.names}"
            case "list":
                return DONE if before == TODO else TODO
            case "due":
                return None if before else f"2027-01-{self.names % 27 + 1:02} 10:00:00"
            case _:
                return not before

    def edit_card(self, id_: str, name: str, value: Any) -> None:
        field = {"list": "idList", "done": "dueComplete"}.get(name, name)
        if name == "due" and value:
            value = value.replace(" ", "T") + ".000Z"
        self._client.put(f"/cards/{id_}", {field: value})

    def edit_task(self, id_: int, name: str, value: Any) -> None:
        match name:
            case "desc":
                values = {"description": f"<p>{value}</p>"}
            case "list":
                values = {"stage_id": self.stage_of()[value]}
            case "due":
                values = {"date_deadline": value or False}
            case "done":
                values = {"state": STATES[value]}
            case "closed":
                values = {"active": not value}
            case _:
                values = {name: value}
        self._call("project.task", "write", [id_], vals=values)

    def add_card(self) -> None:
        self.names += 1
        self.edits += 1
        made = self._client.post("/cards", {"name": f"card {self.names}", "idList": TODO})
        self.truth[made["id"]] = self.card_state(made)

    def add_task(self) -> None:
        self.names += 1
        self.edits += 1
        (project,) = self._call("project.project", "search", domain=[["name", "=", "A board"]])
        values = {"name": f"task {self.names}", "project_id": project, "stage_id": self.stage_of()[TODO]}
        self._call("project.task", "create", vals_list=[values])
        self.truth[f"new {values['name']}"] = {
            "name": values["name"], "desc": "", "list": TODO, "due": None, "done": False, "closed": False,
        }  # fmt: skip

    def delete_card(self, id_: str) -> None:
        self._client.delete(f"/cards/{id_}")

    def delete_task(self, id_: int) -> None:
        self._call("project.task", "unlink", [id_])

    # --- looking ---

    def require_truth(self) -> None:
        """Check that both sides are what the edits made of them, card by card, and nothing is doubled."""
        cards = {one["id"]: self.card_state(one) for one in self.cards()}
        self._name_new(cards)
        tasks, pairs = self.tasks(), self.task_of()
        as_cards = {id_: tasks.get(pairs[id_]) for id_ in cards if id_ in pairs}
        for what, found in (("card", cards), ("task", as_cards)):
            for id_ in self.truth.keys() | found.keys():
                expected, one = self.truth.get(id_), found.get(id_)
                assert one == expected, f"{what} of {id_} is\n{one}\ninstead of\n{expected}"
        assert len(tasks) == len(cards) == len(pairs), (len(tasks), len(cards), len(pairs))

    def _name_new(self, cards: dict[str, dict[str, Any]]) -> None:
        """Learn the ids of the cards that were made of tasks, from their names, which are given once."""
        for key in [key for key in self.truth if key.startswith("new ")]:
            state = self.truth.pop(key)
            ids = [id_ for id_, one in cards.items() if one["name"] == state["name"]]
            assert len(ids) == 1, f"{key} is there {len(ids)} times"
            self.truth[ids[0]] = state

    def cards(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for one in self._client.get("/members/me/boards", filter="all", fields="name"):
            found += self._client.get(f"/boards/{one['id']}/cards/all")
        return found

    def card_state(self, one: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": one["name"],
            "desc": one["desc"],
            "list": one["idList"],
            "due": one["due"][:19].replace("T", " ") if one["due"] else None,
            "done": one["dueComplete"],
            "closed": one["closed"],
        }

    def tasks(self) -> dict[int, dict[str, Any]]:
        names = ["name", "description", "stage_id", "date_deadline", "state", "active"]
        rows = self._call(
            "project.task",
            "search_read",
            domain=ALL_TASKS,
            fields=names,
        )
        lists = {stage: id_ for id_, stage in self.stage_of().items()}
        return {
            row["id"]: {
                "name": row["name"],
                "desc": (row["description"] or "").removeprefix("<p>").removesuffix("</p>"),
                "list": lists[row["stage_id"][0]],
                "due": row["date_deadline"] or None,
                "done": row["state"] == STATES[True],
                "closed": not row["active"],
            }
            for row in rows
        }

    def stage_of(self) -> dict[str, int]:
        rows = self._call("project.task.type", "search_read", domain=[], fields=["name"])
        by_name = {row["name"]: row["id"] for row in rows}
        return {id_: by_name[name] for id_, name in LISTS.items()}

    def task_of(self) -> dict[str, int]:
        """Return id of the card -> id of the task, as the installation has paired them."""
        with self._app.environment(None) as env:
            rows = env["trello.card"]._read_rows([], ["external_id", "odoo_id"])
        return {row["external_id"]: row["odoo_id"] for row in rows}

    def task_names(self) -> list[str]:
        rows = self._call("project.task", "search_read", domain=ALL_TASKS, fields=["name"])
        return sorted(row["name"] for row in rows)

    def _call(self, model: str, method: str, ids: list[int] | None = None, **kwargs: Any) -> Any:
        return self._connection.execute(model, method, ids, kwargs=kwargs)
