"""What we wrote ourselves is nobody's news: on every path, in every order, after a crash as well.

Counted by the request logs of both simulated servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.connector.working import working
from isthmus.demo import Stage
from isthmus.sandbox.trello import Limits
from tests.integration.trello.board import DONE, RED, board, card
from tests.integration.trello.test_cut_off import BriskClock

CARDS = 3


class Killed(BaseException):
    """The process ends here: nothing after this instruction happens."""


class Sync:
    """Both directions, over whole backends or record by record, as hints of a feed would have it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def importing(self) -> None:
        with self.stage.app.environment() as env:
            import_backend(env["trello.backend"].search([]))

    def exporting(self) -> None:
        with self.stage.app.environment() as env:
            export_backend(env["trello.backend"].search([]))

    def importing_each(self) -> None:
        with self.stage.app.environment() as env:
            backend = env["trello.backend"].search([])
            for external_id in env["trello.card"].search([]).mapped("external_id"):
                env["trello.card"].import_record(backend, external_id)

    def exporting_each(self) -> None:
        with self.stage.app.environment() as env:
            for binding in env["trello.card"].search([]):
                binding.export_record()

    def edit_trello(self, number: int, **values: Any) -> None:
        with self.stage.app.environment() as env:
            env["trello.backend"].search([]).client().put(f"/cards/{card(number)['id']}", values)

    def edit_odoo(self, number: int, **values: Any) -> None:
        with self.stage.app.environment() as env:
            env["trello.card"].search([("external_id", "=", card(number)["id"])]).odoo_id.write(values)

    def create_in_odoo(self, name: str) -> None:
        with self.stage.app.environment() as env:
            project = env["trello.board"].search([]).odoo_id
            stage = env["trello.list"].search([("external_id", "=", DONE)]).odoo_id
            env["project.task"].create({"name": name, "project_id": project.id, "stage_id": stage.id})

    def rename_in_odoo(self, name: str, new: str) -> None:
        with self.stage.app.environment() as env:
            env["project.task"].search([("name", "=", name)]).write({"name": new})

    def card_names(self) -> list[str]:
        with self.stage.app.environment() as env:
            backend = env["trello.backend"].search([])
            with working(backend, "trello.card", "verify") as work:
                adapter = work.component(usage="backend.adapter")
                return [one["name"] for records, _ in adapter.pages() for one in records]

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing is written on either side."""
        before = self.stage.odoo_writes(), self.stage.trello_writes()
        yield
        assert (self.stage.odoo_writes(), self.stage.trello_writes()) == before

    def require_agreement(self, pairs: int = CARDS) -> None:
        with self.stage.app.environment() as env:
            report = verify_backend(env["trello.backend"].search([]), ["card"])[0]
            assert (report.ok, report.compared) == (True, pairs)
            assert env["project.task"].with_context(active_test=False).search_count([]) == pairs
        assert len(self.card_names()) == pairs


@pytest.fixture
def sync() -> Iterator[Sync]:
    cards = [card(number, desc="Some *text*") for number in range(CARDS)]
    with Stage(board(cards), clock=BriskClock(), limits=Limits.off()) as stage:
        sync = Sync(stage)
        sync.importing()
        yield sync


RUNS = ["importing", "exporting", "importing_each", "exporting_each"]


def test_an_import_causes_no_export_and_an_export_no_import_one_after_the_other(sync: Sync) -> None:
    for number in range(2):
        sync.edit_trello(0, name=f"T{number}", desc=f"# {number}\n\n* a\n* b", due="2027-01-15T16:30:00.000Z")
        sync.edit_trello(1, idLabels=[RED] if number % 2 else [], closed=bool(number % 2))
        sync.importing()
        with sync.silence():
            for run in RUNS:
                getattr(sync, run)()
        sync.edit_odoo(
            0, name=f"O{number}", description=f"<h1>{number}</h1><p>x <b>y</b></p>", date_deadline=False
        )
        sync.edit_odoo(2, state="1_done" if number % 2 else "01_in_progress", active=bool(number % 2))
        sync.exporting()
        with sync.silence():
            for run in reversed(RUNS):
                getattr(sync, run)()
    sync.require_agreement()


def killed_after(monkeypatch: pytest.MonkeyPatch, owner: Any, method: str, run: Any) -> None:
    """Run until ``method`` has acted, and end there: what was not committed is lost."""
    act = getattr(owner, method)

    def act_and_die(*args: Any, **kwargs: Any) -> Any:
        act(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, act_and_die)
        with pytest.raises(Killed):
            run()


@pytest.mark.parametrize(
    "order",
    [["importing", "exporting"], ["exporting", "importing"], ["importing_each"]],
)
def test_after_a_crash_between_the_write_in_trello_and_the_commit_nothing_echoes(
    sync: Sync, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    sync.edit_odoo(0, name="From Odoo", description="<p>From <b>Odoo</b></p>")
    client = type(client_of(sync))
    killed_after(monkeypatch, client, "put", sync.exporting)
    with sync.silence():
        for run in order * 2:
            getattr(sync, run)()
    sync.require_agreement()


@pytest.mark.parametrize(
    "order", [["importing", "exporting"], ["exporting", "importing"], ["exporting_each"]]
)
def test_after_a_crash_between_the_write_in_odoo_and_the_commit_nothing_echoes(
    sync: Sync, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    sync.edit_trello(0, name="From Trello", desc="From *Trello*")
    killed_after(monkeypatch, type(sync.stage.app.store()), "write", sync.importing)
    with sync.silence():
        for run in order * 2:
            getattr(sync, run)()
    sync.require_agreement()


@pytest.mark.parametrize("order", [["importing", "exporting"], ["exporting", "importing"]])
def test_after_a_crash_behind_the_write_in_odoo_what_is_taken_back_outside_is_no_change_of_odoo(
    sync: Sync, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    before = sync.card_names()
    sync.edit_trello(0, name="For a moment", desc="said")
    killed_after(monkeypatch, type(sync.stage.app.store()), "write", sync.importing)
    sync.edit_trello(0, name=before[0])
    for run in order:
        getattr(sync, run)()
    with sync.silence():
        for run in RUNS:
            getattr(sync, run)()
    sync.require_agreement()
    assert sync.card_names() == before


@pytest.mark.parametrize("order", [["importing", "exporting"], ["exporting", "importing"]])
def test_after_a_crash_behind_a_create_in_trello_nothing_is_doubled(
    sync: Sync, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    sync.create_in_odoo("Born in Odoo")
    killed_after(monkeypatch, type(client_of(sync)), "post", sync.exporting)
    sync.rename_in_odoo("Born in Odoo", "Renamed since")
    for run in order * 2:
        getattr(sync, run)()
    with sync.silence():
        for run in RUNS:
            getattr(sync, run)()
    sync.require_agreement(CARDS + 1)
    assert "Renamed since" in sync.card_names()


@pytest.mark.parametrize("order", [["importing", "exporting"], ["exporting", "importing"]])
def test_after_a_crash_behind_a_create_in_odoo_nothing_is_doubled(
    sync: Sync, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    client_of(sync).post("/cards", {"idList": DONE, "name": "Born in Trello"})
    killed_after(monkeypatch, type(sync.stage.app.store()), "upsert", sync.importing)
    for run in order * 2:
        getattr(sync, run)()
    with sync.silence():
        for run in RUNS:
            getattr(sync, run)()
    sync.require_agreement(CARDS + 1)


def client_of(sync: Sync) -> Any:
    with sync.stage.app.environment() as env:
        return env["trello.backend"].search([]).client()
