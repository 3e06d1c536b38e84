"""Entities that do not need each other are imported side by side, each in transactions of its own."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from isthmus import telemetry
from isthmus.connector.batch import BatchImporter
from isthmus.connector.lanes import Turn
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.operation import import_backend, verify_backend
from isthmus.demo import Stage
from isthmus.errors import BrakeError, RejectedError
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.faults import Answer
from isthmus.sandbox.trello import Limits
from isthmus.trello.client import TrelloClient

#: What each entity waits for, of all that Trello has.
WAITS_FOR = {
    "trello.member": [],
    "trello.board": [],
    "trello.list": ["trello.board"],
    "trello.label": ["trello.board"],
    "trello.card": ["trello.board", "trello.member", "trello.list", "trello.label"],
    "trello.link": ["trello.board", "trello.member", "trello.list", "trello.label", "trello.card"],
    "trello.checkitem": ["trello.board", "trello.member", "trello.list", "trello.label", "trello.card"],
    "trello.comment": ["trello.board", "trello.member", "trello.list", "trello.label", "trello.card"],
}  # fmt: skip

KINDS = ("board", "list", "label", "card", "checkitem", "value", "comment", "link", "file")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A board with items, links and files."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with Stage(board_path("03"), odoo_version=19, limits=Limits.off(), database=url) as stage:
        yield stage


def run_import(stage: Stage, **options: Any) -> list[Any]:
    with stage.app.environment() as env:
        return import_backend(env["trello.backend"].search([]), **options)


def import_heard(stage: Stage, hear: Callable[[str, dict[str, Any]], None]) -> None:
    """Import, and have what happens heard of meanwhile."""
    end = telemetry.subscribe(hear)
    try:
        run_import(stage)
    finally:
        end()


def counted(reports: list[Any]) -> Counter[str]:
    return sum((Counter(report.counts) for report in reports), Counter())


def pairs(stage: Stage) -> dict[str, int]:
    with stage.app.environment() as env:
        return {kind: env[f"trello.{kind}"].search_count([]) for kind in KINDS}


def tasks_of(stage: Stage) -> int:
    with stage.app.environment() as env:
        return int(env["project.task"].with_context(active_test=False).search_count([]))


def require_agreement(stage: Stage) -> None:
    with stage.app.environment() as env:
        assert all(report.ok for report in verify_backend(env["trello.backend"].search([])))


def test_each_entity_waits_for_what_it_needs_and_for_what_is_written_to_the_same_records(
    stage: Stage,
) -> None:
    with stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        waits_for = backend.waits_for(backend.entities("import"))
        assert {name: waits_for[name] for name in WAITS_FOR} == WAITS_FOR
        assert "trello.checkitem" in waits_for["trello.value"], "both write tasks"
        assert "trello.link" in waits_for["trello.file"], "both write attachments"
        assert backend.waits_for(["trello.board", "trello.link"])["trello.link"] == ["trello.board"]


def test_files_are_brought_while_items_are(stage: Stage) -> None:
    """Odoo's first answers about both are held back until the other one is there."""
    cards_are_done, both, met = threading.Event(), threading.Barrier(2), []

    def hear(name: str, fields: dict[str, Any]) -> None:
        if name == "sync.batch" and fields["model"] == "trello.card":
            cards_are_done.set()
        if name != "http.request" or not cards_are_done.is_set() or both.broken or len(met) == 2:
            return
        what = fields["url"].rpartition("/json/2/")[2]
        if what in ("project.task/load", "ir.attachment/load"):
            with suppress(threading.BrokenBarrierError):
                both.wait(10)
                met.append(what)

    import_heard(stage, hear)
    assert sorted(met) == ["ir.attachment/load", "project.task/load"]
    require_agreement(stage)


def test_items_are_brought_while_what_odoo_made_of_cards_is_read_back(stage: Stage) -> None:
    """Odoo's answers about both are held back until the other one is there."""
    both, met, items = threading.Barrier(2), [], pairs(stage)["checkitem"]

    def hear(name: str, fields: dict[str, Any]) -> None:
        what = fields["url"].rpartition("/json/2/")[2] if name == "http.request" else ""
        is_cards_read = what == "project.task/read" and "project.task/read" not in met
        is_items_load = what == "project.task/load" and pairs(stage)["card"] > 0
        if (is_cards_read or is_items_load) and not both.broken and len(met) < 2:
            with suppress(threading.BrokenBarrierError):
                both.wait(10)
                met.append(what)

    import_heard(stage, hear)
    assert sorted(met) == ["project.task/load", "project.task/read"]
    assert pairs(stage)["checkitem"] > items
    require_agreement(stage)


def test_what_writes_to_the_pairs_of_cards_waits_until_cards_are_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    items_are_read, happened = threading.Event(), list[str]()
    read_back, run = OdooSide.read_back, BatchImporter.run

    def read_late(side: OdooSide, items: list[Any]) -> None:
        model = side.importer.work.model_name
        if model == "trello.card":
            assert items_are_read.wait(10), "items waited for it"
            time.sleep(0.3)  # for values to begin, if they do not wait
        read_back(side, items)
        happened.append(f"{model} read")
        if model == "trello.checkitem":
            items_are_read.set()

    def begun(batch: BatchImporter, **options: Any) -> Any:
        happened.append(f"{batch.work.model_name} begun")
        return run(batch, **options)

    monkeypatch.setattr(OdooSide, "read_back", read_late)
    monkeypatch.setattr(BatchImporter, "run", begun)
    run_import(stage)
    order = ["trello.checkitem begun", "trello.checkitem read", "trello.card read", "trello.value begun"]
    assert [one for one in happened if one in order] == order
    require_agreement(stage)


def test_nothing_goes_ahead_of_a_sweep(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = list[str]()
    really = Turn.let_go

    def noted(turn: Turn) -> None:
        let_go.append(turn.name)
        really(turn)

    monkeypatch.setattr(Turn, "let_go", noted)
    run_import(stage)
    ahead = ["trello.board", "trello.card", "trello.checkitem", "trello.label", "trello.list"]
    assert sorted(let_go) == ahead
    let_go.clear()
    with stage.app.environment() as env:
        card = env["trello.card"].search([], limit=1).external_id
    TrelloClient(stage.trello.key, stage.trello.token, url=stage.trello.url).delete(f"/cards/{card}")
    run_import(stage)
    assert "trello.card" not in let_go, "a task was still to be taken away"
    assert {"trello.board", "trello.label", "trello.list"} <= set(let_go)
    let_go.clear()
    run_import(stage)
    assert sorted(let_go) == ahead
    require_agreement(stage)


def test_cards_that_could_not_be_read_back_are_made_up_for_with_what_went_ahead(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, read_back = threading.Event(), OdooSide.read_back

    def refused(side: OdooSide, items: list[Any]) -> None:
        if side.importer.work.model_name == "trello.card" and items:
            assert ahead.wait(10), "items waited for it"
            raise RejectedError("not today")
        if side.importer.work.model_name == "trello.checkitem" and items:
            ahead.set()
        read_back(side, items)

    with monkeypatch.context() as patch:
        patch.setattr(OdooSide, "read_back", refused)
        with pytest.raises(RejectedError, match="not today"):
            run_import(stage)
    before, tasks = pairs(stage), tasks_of(stage)
    assert before["card"] > 0
    assert before["checkitem"] > 0
    run_import(stage)
    assert counted(run_import(stage))["created"] == 0
    assert tasks_of(stage) == tasks, "all tasks were there"
    require_agreement(stage)


def test_who_we_are_is_asked_before_anything_is_written(stage: Stage) -> None:
    run_import(stage)
    assert stage.sandbox is not None
    asked = [request.path.rpartition("/json/2/")[2] for request in stage.sandbox.log]
    assert asked.index("res.users/context_get") < min(
        place for place, what in enumerate(asked) if what.endswith(("/load", "/create"))
    )


def test_the_reports_come_in_the_order_of_the_entities_with_the_calls_of_each(stage: Stage) -> None:
    run_import(stage)
    assert stage.sandbox is not None
    before = len(stage.trello.log) + len(stage.sandbox.log)
    reports = run_import(stage)
    with stage.app.environment() as env:
        assert [one.entity for one in reports] == env["trello.backend"].search([]).entities("import")
    assert sum(one.calls for one in reports) == len(stage.trello.log) + len(stage.sandbox.log) - before


def test_progress_is_told_by_one_thread_at_a_time(stage: Stage) -> None:
    telling, told = threading.Lock(), Counter[str]()

    def progress(entity: str, done: int, total: int | None) -> None:
        assert telling.acquire(blocking=False), "two threads tell at once"
        told[entity] = max(told[entity], done)
        telling.release()

    reports = run_import(stage, progress=progress)
    assert {one.entity: sum(one.counts.values()) for one in reports if one.counts["created"]} == {
        entity: done for entity, done in told.items() if done
    }


def test_an_error_in_one_ends_the_others_and_the_next_import_makes_up_for_all(stage: Stage) -> None:
    stage.trello.faults.add(
        Answer(400, "no checklists today"),
        times=None,
        when=lambda request: request.path.endswith("/checklists"),
    )
    with pytest.raises(RejectedError, match="no checklists today"):
        run_import(stage)
    assert pairs(stage)["card"] > 0
    assert pairs(stage)["checkitem"] == 0
    with stage.app.environment() as env:
        assert env["connector.lease"].search_count([]) == 0
    stage.trello.faults.clear()
    run_import(stage)
    assert counted(run_import(stage))["created"] == 0
    require_agreement(stage)


def test_a_brake_in_one_stops_the_import_and_a_later_one_may_go_on(stage: Stage) -> None:
    run_import(stage)
    with stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        with backend.work_on("trello.card") as work:
            gone = env["trello.card"].search([], limit=3).mapped("external_id")
            for id_ in gone:
                work.component(usage="backend.adapter").delete(id_)
    with pytest.raises(BrakeError, match=r"3 of \d+ trello\.card, and 2 may go"):
        run_import(stage, max_deletes="2")
    with stage.app.environment() as env:
        assert env["trello.card"].search_count([("state", "=", "deleted")]) == 0
    reports = run_import(stage, max_deletes="100%")
    assert next(one for one in reports if one.entity == "trello.card").counts["deleted"] == 3
