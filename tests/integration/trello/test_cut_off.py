"""Every remote call can be cut off: before it acts, after it acted, in the middle of its answer.

Nothing is lost or doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.clock import SystemClock
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.demo import Stage
from isthmus.errors import IsthmusError
from isthmus.sandbox.faults import Answer, DropConnection, Fault, HalfBody, TruncatedBody, on
from isthmus.sandbox.trello import Limits
from tests.integration.trello.board import DONE, TODO, board, card

CARDS = 4


class BriskClock(SystemClock):
    """Waits a hundredth of the time: what is tried again, and how often, is as in life."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 100)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(
        board([card(number) for number in range(CARDS)]), clock=BriskClock(), limits=Limits.off()
    ) as stage:
        yield stage


def counted(reports: list[Any]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for report in reports:
        for kind, number in report.counts.items():
            totals[kind] = totals.get(kind, 0) + number
    return {kind: number for kind, number in totals.items() if number}


def of_cards(reports: list[Any]) -> Any:
    return next(report for report in reports if report.entity == "trello.card")


def run_import(stage: Stage) -> dict[str, int]:
    with stage.app.environment() as env:
        return counted(import_backend(env["trello.backend"].search([])))


def run_export(stage: Stage) -> dict[str, int]:
    with stage.app.environment() as env:
        return counted(export_backend(env["trello.backend"].search([])))


def until_it_works(run: Any, stage: Stage, tries: int = 6) -> None:
    """Run again until nothing fails, as a person or a job would."""
    for _ in range(tries):
        try:
            if not run(stage).get("failed"):
                return
        except IsthmusError:
            continue
    raise AssertionError(f"it still fails after {tries} tries")


def require_agreement(stage: Stage, tasks: int = CARDS) -> None:
    with stage.app.environment() as env:
        assert all(report.ok for report in verify_backend(env["trello.backend"].search([])))
        found = env["project.task"].with_context(active_test=False).search([])
        assert len(found) == tasks, "a record was lost or doubled"
        assert len(set(found.mapped("name"))) == tasks


FAULTS: list[Any] = [
    pytest.param(DropConnection(), id="closed before it acts"),
    pytest.param(DropConnection(after_acting=True), id="closed after it acted"),
    pytest.param(Answer.bad_gateway(), id="HTML of a proxy before it acts"),
    pytest.param(Answer.bad_gateway(after_acting=True), id="HTML of a proxy after it acted"),
    pytest.param(Answer.bad_gateway(503), id="503"),
    pytest.param(TruncatedBody(), id="cut in the middle of the answer"),
    pytest.param(HalfBody(), id="broken JSON"),
    pytest.param(Answer.too_many(retry_after_s=0.05), id="429"),
]


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        *(
            pytest.param(place, *fault.values, id=f"{place}, {fault.id}")
            for place in ("load", "read")
            for fault in FAULTS
        ),
        pytest.param("fields_get", HalfBody(), id="fields_get, broken JSON"),
        pytest.param("authenticate", Answer.bad_gateway(), id="authenticate, HTML of a proxy"),
    ],
)
def test_an_import_survives_faults_of_odoo(stage: Stage, place: str, fault: Fault) -> None:
    assert stage.sandbox is not None
    stage.sandbox.faults.add(fault, times=2, when=on("POST", containing=f'"{place}"'))
    until_it_works(run_import, stage)
    assert stage.sandbox.faults.pending < 2, "the fault was not played"
    stage.sandbox.faults.clear()
    assert run_import(stage) == {"unchanged": CARDS + 5}
    require_agreement(stage)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_import_survives_faults_of_trello(stage: Stage, fault: Fault) -> None:
    stage.trello.faults.add(fault, times=2, when=on("GET", "/1/boards"))
    until_it_works(run_import, stage)
    assert stage.trello.faults.pending < 2, "the fault was not played"
    stage.trello.faults.clear()
    assert run_import(stage) == {"unchanged": CARDS + 5}
    require_agreement(stage)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["PUT", "POST", "GET"])
def test_an_export_survives_faults_and_creates_nothing_twice(stage: Stage, fault: Fault, method: str) -> None:
    run_import(stage)
    with stage.app.environment() as env:
        first, second, *_ = env["project.task"].search([], order="id")
        first.write({"name": "Changed in Odoo"})
        done = env["trello.list"].search([("external_id", "=", DONE)]).odoo_id
        second.write({"stage_id": done.id})
        project = env["trello.board"].search([]).odoo_id
        env["project.task"].create({"name": "New in Odoo", "project_id": project.id, "stage_id": done.id})
    stage.trello.faults.add(fault, times=2, when=on(method))
    until_it_works(run_export, stage)
    assert stage.trello.faults.pending < 2, "the fault was not played"
    stage.trello.faults.clear()
    assert run_export(stage) == {"unchanged": CARDS + 6}
    assert run_import(stage) == {"unchanged": CARDS + 6}
    require_agreement(stage, CARDS + 1)
    with stage.app.environment() as env:
        with env["trello.backend"].search([]).work_on("trello.card") as work:
            names = [
                record["name"]
                for records, _ in work.component(usage="backend.adapter").pages()
                for record in records
            ]
        assert sorted(names).count("New in Odoo") == 1
        assert len(names) == CARDS + 1
        assert not env["connector.intent"].search([])


def test_a_change_made_right_after_our_write_stays_visible(stage: Stage) -> None:
    """Between our write and reading it back a person writes the same field: that is exported."""
    assert stage.sandbox is not None
    run_import(stage)
    box = stage.sandbox
    with box.environment() as inside:
        users = inside["res.users"]
        person = users.create(
            {"name": "Person", "login": "person", users.GROUPS: [(6, 0, inside["res.groups"].search([]).ids)]}
        )
    with stage.app.environment() as env:
        task = env["trello.card"].search([("external_id", "=", card(0)["id"])]).odoo_id.id
        with env["trello.backend"].search([]).work_on("trello.card") as work:
            adapter = work.component(usage="backend.adapter")
            adapter.write(card(0)["id"], {"name": "From Trello"})
            record = adapter.read(card(0)["id"])
            importer = work.component(usage="record.importer")
            write_each = type(env["project.task"]).write_each

            def write_and_be_followed(self: Any, rows: Any) -> bool:
                done: bool = write_each(self, rows)
                with box.environment(person.id) as other:
                    other["project.task"].browse(task).write({"name": "By a person"})
                return done

            type(env["project.task"]).write_each = write_and_be_followed
            try:
                assert importer.run_page([record])[0].kind == "updated"
            finally:
                type(env["project.task"]).write_each = write_each
    assert run_export(stage)["updated"] == 1
    with stage.app.environment() as env, env["trello.backend"].search([]).work_on("trello.card") as work:
        assert work.component(usage="backend.adapter").read(card(0)["id"])["name"] == "By a person"


def test_lists_of_other_boards_stay_apart(stage: Stage) -> None:
    """A task moved to a stage that is no list is set aside with its reason; the rest is exported."""
    run_import(stage)
    with stage.app.environment() as env:
        own = env["project.task.type"].create({"name": "Mine"})
        one, two, *_ = env["project.task"].search([], order="id")
        one.write({"stage_id": own.id})
        two.write({"name": "Renamed"})
    with stage.app.environment() as env:
        report = of_cards(export_backend(env["trello.backend"].search([])))
    assert (report.counts["failed"], report.counts["updated"]) == (1, 1)
    assert "trello.list" in report.failures[0].reason
    assert TODO not in report.failures[0].reason


def test_a_field_that_cannot_be_exported_does_not_hold_up_the_others(stage: Stage) -> None:
    """A stage that is no list is reported with its card; what else changed on the card goes."""
    run_import(stage)
    with stage.app.environment() as env:
        own = env["project.task.type"].create({"name": "Only in Odoo"})
        task = env["trello.card"].search([("external_id", "=", card(0)["id"])]).odoo_id
        before = task.stage_id
        task.write({"stage_id": own.id, "name": "Renamed"})
    for _ in range(2):
        with stage.app.environment() as env:
            report = of_cards(export_backend(env["trello.backend"].search([])))
        assert report.counts["failed"] == 1
        assert "trello.list" in report.failures[0].reason
    with stage.app.environment() as env:
        with env["trello.backend"].search([]).work_on("trello.card") as work:
            assert work.component(usage="backend.adapter").read(card(0)["id"])["name"] == "Renamed"
        env["trello.card"].search([("external_id", "=", card(0)["id"])]).odoo_id.write(
            {"stage_id": before.id}
        )
    assert run_export(stage) == {"unchanged": CARDS + 5}
    require_agreement(stage)


def test_a_task_renamed_after_a_create_that_was_cut_off_reaches_the_card_that_was_made(stage: Stage) -> None:
    run_import(stage)
    with stage.app.environment() as env:
        project = env["trello.board"].search([]).odoo_id
        done = env["trello.list"].search([("external_id", "=", DONE)]).odoo_id
        task = env["project.task"].create({"name": "First", "project_id": project.id, "stage_id": done.id})
        stage.trello.faults.add(DropConnection(after_acting=True), times=1, when=on("POST"))
        report = of_cards(export_backend(env["trello.backend"].search([])))
        assert report.counts["failed"] == 1
        task.write({"name": "Second"})
    assert run_export(stage)["created"] == 1
    assert run_export(stage)["updated"] == 1
    require_agreement(stage, CARDS + 1)


def test_an_export_reads_odoo_a_few_times_however_many_records_changed(stage: Stage) -> None:
    run_import(stage)
    with stage.app.environment() as env:
        for number, task in enumerate(env["project.task"].search([])):
            task.write({"name": f"Name {number}"})
    calls = stage.app.connection().calls
    before = calls["project.task", "read"]
    assert run_export(stage) == {"updated": CARDS, "unchanged": 5}
    assert calls["project.task", "read"] - before <= 7
