"""The main job on every board, with every Odoo that is simulated, over both kinds of local database."""

from __future__ import annotations

import pytest

from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.connector.report import EntityReport
from isthmus.demo import Stage, Story
from isthmus.sandbox.boards import board_path
from tests.integration.trello.board import board, card
from tests.still_clock import StillClock


@pytest.mark.parametrize(("number", "version"), [("03", 17), ("08", 18), ("10", 19)])
def test_every_real_board_goes_both_ways_and_agrees(number: str, version: int) -> None:
    with Stage(board_path(number), odoo_version=version) as stage:
        story = Story(stage, is_whole=False)
        story.play()
    assert [step.name for step in story.steps][-1] == "Verify both sides"
    assert all(report.ok for report in story.verified)
    compared = {report.entity for report in story.verified if report.compared}
    assert compared >= {"trello.board", "trello.list", "trello.label", "trello.card"}


@pytest.mark.postgres
def test_the_main_job_works_over_postgresql(postgres_url: str) -> None:
    with Stage(board_path("10"), database=postgres_url) as stage:
        story = Story(stage)
        story.play()
    assert all(report.ok for report in story.verified)


def test_a_board_without_cards_plays_too() -> None:
    with Stage(board([])) as stage:
        Story(stage, is_whole=False).play()


@pytest.mark.parametrize(("last", "winner"), [("odoo", "from Odoo"), ("trello", "from Trello")])
def test_under_the_policy_newest_the_last_change_wins(last: str, winner: str) -> None:
    servers = StillClock()
    with Stage(board([card(1)]), servers_clock=servers) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        backend.conflict_policy = "newest"
        import_backend(backend)
        task = env["trello.card"].search([]).odoo_id
        with backend.work_on("trello.card") as work:
            adapter = work.component(usage="backend.adapter")
        edits = {
            "odoo": lambda: task.write({"name": "from Odoo"}),
            "trello": lambda: adapter.write(card(1)["id"], {"name": "from Trello"}),
        }
        first = next(side for side in edits if side != last)
        edits[first]()
        servers.sleep(2)
        edits[last]()
        import_backend(backend)
        export_backend(backend)
        env.clear()
        assert task.name == winner
        assert adapter.read(card(1)["id"])["name"] == winner
        assert all(report.ok for report in verify_backend(backend))


def of_cards(reports: list[EntityReport]) -> EntityReport:
    return next(report for report in reports if report.entity == "trello.card")


def test_a_task_deleted_in_odoo_archives_its_card_and_is_not_made_again() -> None:
    with Stage(board()) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        import_backend(backend)
        env["trello.card"].search([("external_id", "=", card(1)["id"])]).odoo_id.unlink()
        report = of_cards(export_backend(backend))
        assert (report.counts["deleted"], report.counts["unchanged"]) == (1, 2)
        with backend.work_on("trello.card") as work:
            assert work.component(usage="backend.adapter").read(card(1)["id"])["closed"] is True
        import_backend(backend)
        assert env["project.task"].with_context(active_test=False).search_count([]) == 2
        assert all(report.ok for report in verify_backend(backend))


def test_a_task_deleted_in_odoo_archives_its_card_though_that_was_edited_meanwhile() -> None:
    with Stage(board()) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        import_backend(backend)
        env["trello.card"].search([("external_id", "=", card(1)["id"])]).odoo_id.unlink()
        with backend.work_on("trello.card") as work:
            adapter = work.component(usage="backend.adapter")
        adapter.write(card(1)["id"], {"name": "Edited meanwhile"})
        assert of_cards(import_backend(backend)).counts["skipped"] == 1
        assert of_cards(export_backend(backend)).counts["deleted"] == 1
        assert adapter.read(card(1)["id"])["closed"] is True
        before = stage.odoo_writes(), stage.trello_writes()
        import_backend(backend)
        export_backend(backend)
        assert (stage.odoo_writes(), stage.trello_writes()) == before
        assert all(report.ok for report in verify_backend(backend))


def test_a_card_deleted_in_trello_archives_its_task() -> None:
    with Stage(board()) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        import_backend(backend)
        with backend.work_on("trello.card") as work:
            work.component(usage="backend.adapter").delete(card(2)["id"])
        reports = import_backend(backend)
        assert of_cards(reports).counts["deleted"] == 1
        tasks = env["project.task"].with_context(active_test=False).search([], order="id")
        assert tasks.mapped("active") == [True, False, True]
        report = of_cards(export_backend(backend))
        assert report.counts["unchanged"] == 3
        assert all(one.ok for one in verify_backend(backend))
