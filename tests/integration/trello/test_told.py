"""Hints are followed directly: what they name arrives without a round, and what fails waits for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from isthmus.connector.direct import follow
from isthmus.connector.holding import leased
from isthmus.connector.inbox import Hinted, Subject, put
from isthmus.connector.operation import verify_backend
from isthmus.connector.round import sync_backend
from isthmus.demo import Stage
from isthmus.errors import RemoteError, RetryableJobError
from isthmus.events.origin import reference
from isthmus.sandbox.faults import Answer
from isthmus.trello.client import TrelloClient
from tests.integration.trello.board import BOARD, DONE, RED, TODO, board, card
from tests.still_clock import StillClock


@dataclass
class Scene:
    """A stage after its first rounds; people's changes, told or not, and what follows them."""

    stage: Stage
    backend: Any
    people: TrelloClient
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def env(self) -> Any:
        return self.backend.env

    def tell(self, *subjects: Subject) -> list[Subject]:
        app = self.stage.app
        put(app.database, app.registry, reference(self.backend), subjects, self.env.now)
        return list(subjects)

    def follow(self, subjects: Iterable[Subject], **options: Any) -> dict[str, dict[str, int]]:
        """Follow hints; return what changed, by entity."""
        self.env.clear()
        return changed(follow(self.backend, list(subjects), shared=self.shared, **options).round)

    def round(self) -> dict[str, dict[str, int]]:
        self.env.clear()
        return changed(sync_backend(self.backend))

    def waiting(self) -> list[Subject]:
        with self.backend.work_on(self.backend._name) as work:
            inbox = work.component(usage="inbox")
            kept: list[Hinted] = [*inbox.waiting("external"), *inbox.waiting("odoo")]
        return [one.subject for one in kept]

    def task(self, number: int) -> Any:
        return self.env["trello.card"].search([("external_id", "=", card(number)["id"])]).odoo_id

    def agree(self) -> None:
        """Both sides agree, and a round has nothing to write."""
        assert all(report.ok for report in verify_backend(self.backend))
        before = self.stage.odoo_writes(), self.stage.trello_writes()
        self.round()
        assert (self.stage.odoo_writes(), self.stage.trello_writes()) == before


def changed(done: Any) -> dict[str, dict[str, int]]:
    return {
        f"{direction} {one.entity.rpartition('.')[2]}": counts
        for direction, reports in (("in", done.imports), ("out", done.exports))
        for one in reports
        if (
            counts := {
                kind: n for kind, n in one.counts.items() if n and kind not in ("unchanged", "skipped")
            }
        )
    }


def of(entity: str, record: str) -> Subject:
    return Subject("external", f"trello.{entity}", record)


FIRST = of("card", card(1)["id"])


@pytest.fixture
def scene() -> Iterator[Scene]:
    clock = StillClock(datetime.now(UTC).replace(tzinfo=None))  # nobody waits for another try
    with Stage(board(), clock=clock) as stage, stage.app.environment() as env:
        people = TrelloClient(stage.trello.key, stage.trello.token, url=stage.trello.url)
        scene = Scene(stage, env["trello.backend"].search([]), people)
        assert sync_backend(scene.backend).ok
        scene.round()
        yield scene


# --- what a hint names arrives ---


def test_a_card_that_was_edited_takes_one_call_to_trello_and_three_to_odoo(scene: Scene) -> None:
    assert scene.stage.sandbox is not None
    for number in (1, 2):  # the second one finds what does not change known
        scene.people.put(f"/cards/{card(number)['id']}", {"name": f"Told {number}", "desc": "*So*"})
        logs = scene.stage.trello.log, scene.stage.sandbox.log
        before = [len(log) for log in logs]
        told = scene.tell(of("card", card(number)["id"]))
        assert scene.follow(told) == {"in card": {"updated": 1}}
        assert [len(log) - one for log, one in zip(logs, before, strict=True)] == [1, 3]
        assert scene.task(number).name == f"Told {number}"
    assert scene.waiting() == []
    scene.agree()


def test_whatever_an_action_names_is_imported_and_removed(scene: Scene) -> None:
    first = card(1)["id"]
    made = scene.people.post("/cards", {"idList": TODO, "name": "Born there", "idLabels": [RED]})
    assert scene.follow(scene.tell(of("card", made["id"]))) == {"in card": {"created": 1}}
    scene.people.put(f"/lists/{DONE}", {"name": "Ready"})
    scene.people.put(f"/labels/{RED}", {"name": "Defect"})
    scene.people.put(f"/boards/{BOARD}", {"name": "The board"})
    told = scene.tell(of("list", DONE), of("label", RED), of("board", BOARD))
    once = {"updated": 1}
    assert scene.follow(told) == {"in board": once, "in list": once, "in label": once}

    said = scene.people.post(f"/cards/{first}/actions/comments", {"text": "Hello"})
    checklist = scene.people.post("/checklists", {"idCard": first, "name": "Steps"})
    item = scene.people.post(f"/checklists/{checklist['id']}/checkItems", {"name": "One"})
    link = scene.people.post(f"/cards/{first}/attachments", {"url": "https://a.example/x"})
    parts = [of("comment", said["id"]), of("checkitem", first), of("link", first)]
    once = {"created": 1}
    assert scene.follow(scene.tell(*parts)) == {"in checkitem": once, "in comment": once, "in link": once}
    scene.people.put(f"/cards/{first}/checkItem/{item['id']}", {"state": "complete"})
    scene.people.put(f"/actions/{said['id']}", {"text": "Hello again"})
    once = {"updated": 1}
    assert scene.follow(scene.tell(*parts)) == {"in checkitem": once, "in comment": once}
    scene.people.delete(f"/checklists/{checklist['id']}")
    scene.people.delete(f"/cards/{first}/attachments/{link['id']}")
    scene.people.delete(f"/cards/{made['id']}")
    told = scene.tell(*parts, of("card", made["id"]))
    assert scene.follow(told) == {
        "in card": {"deleted": 1},
        "in checkitem": {"deleted": 1},
        "in link": {"deleted": 1},
    }
    scene.round()  # Odoo's side of the archived subtask
    scene.agree()


def test_what_people_do_in_odoo_goes_out_directly(scene: Scene) -> None:
    task, other = scene.task(1), scene.task(2)
    place = {"project_id": task.project_id.id, "stage_id": task.stage_id.id}
    assert scene.stage.sandbox is not None
    kind = scene.env["mail.message.subtype"].search([("name", "=", "Discussions")]).id
    with scene.stage.sandbox.environment() as people:
        people["project.task"].browse(task.id).write({"name": "Told by Odoo"})
        born = people["project.task"].create({"name": "Born here", **place})
        message = people["mail.message"].create(
            {
                "model": "project.task",
                "res_id": task.id,
                "message_type": "comment",
                "body": "<p>Said here</p>",
                "subtype_id": kind,
            }
        )
        people["project.task"].browse(other.id).unlink()
        unrelated = people["project.task"].create({"name": "On no board"})
        ids = task.id, born.id, message.id, other.id, unrelated.id
    tasks = [Subject("odoo", "project.task", str(one)) for one in (*ids[:2], *ids[3:])]
    told = scene.tell(
        *tasks, Subject("odoo", "mail.message", str(ids[2])), Subject("odoo", "res.partner", "1")
    )
    assert scene.follow(told) == {
        "out card": {"created": 1, "updated": 1, "deleted": 1},
        "out comment": {"created": 1},
    }
    assert scene.people.get(f"/cards/{card(1)['id']}")["name"] == "Told by Odoo"
    assert scene.waiting() == []
    assert scene.follow(told) == {}  # nobody told anew
    scene.agree()


def test_what_comes_twice_or_was_our_own_writes_nothing(scene: Scene) -> None:
    task = scene.task(1)
    task.write({"name": "By us"})
    sync_backend(scene.backend)
    before = scene.stage.odoo_writes(), scene.stage.trello_writes()
    told = scene.tell(FIRST, FIRST, Subject("odoo", "project.task", str(task.id)))
    assert scene.follow(told) == scene.follow(scene.tell(*told)) == {}
    assert (scene.stage.odoo_writes(), scene.stage.trello_writes()) == before


# --- what only a round can tell, or what fails ---


def test_a_card_that_went_to_another_board_is_left_to_a_round(scene: Scene) -> None:
    elsewhere = scene.people.post("/boards", {"name": "Private"})
    list_ = scene.people.post("/lists", {"name": "Mine", "idBoard": elsewhere["id"]})
    scene.people.put(f"/cards/{card(1)['id']}", {"idBoard": elsewhere["id"], "idList": list_["id"]})
    done = follow(scene.backend, scene.tell(FIRST))
    assert (done.left, scene.waiting()) == (1, [FIRST])
    assert [one.external_id for one in scene.env["trello.board"].search([])] == [BOARD]


@pytest.mark.parametrize("which", ["odoo", "trello"])
def test_what_fails_stays_and_the_next_round_takes_it(scene: Scene, which: str) -> None:
    assert scene.stage.sandbox is not None
    scene.people.put(f"/cards/{card(1)['id']}", {"name": "Late"})
    server: Any = scene.stage.sandbox if which == "odoo" else scene.stage.trello
    fault = (
        Answer(502, "<html>Bad Gateway</html>")
        if which == "odoo"
        else Answer.too_many(120, "API_TOKEN_LIMIT_EXCEEDED")  # longer than anybody waits
    )
    server.faults.add(fault, times=1000)
    told = scene.tell(FIRST)
    with pytest.raises(RemoteError):
        scene.follow(told)
    assert scene.waiting() == told
    server.faults.clear()
    assert scene.round() == {"in card": {"updated": 1}}
    assert scene.waiting() == []
    assert scene.task(1).name == "Late"


def test_a_round_reads_what_was_told_though_nothing_else_tells_of_it(scene: Scene) -> None:
    """A process that died between keeping a hint and following it is one whose hint a round finds."""
    scene.tell(FIRST, of("checkitem", card(2)["id"]), Subject("external", "trello.board"))
    scene.stage.trello.log.clear()
    scene.round()
    asked = " ".join(str(entry) for entry in scene.stage.trello.log)
    assert (card(1)["id"] in asked, card(2)["id"] in asked, scene.waiting()) == (True, True, [])
    scene.stage.trello.log.clear()
    scene.round()
    assert card(1)["id"] not in " ".join(str(entry) for entry in scene.stage.trello.log)


def test_what_is_told_again_meanwhile_stays(scene: Scene) -> None:
    (told,) = scene.tell(FIRST)
    with scene.backend.work_on(scene.backend._name) as work:
        inbox = work.component(usage="inbox")
        (read,) = inbox.waiting("external")
        scene.tell(told)
        inbox.settle([read])
        scene.env.commit()
        assert [(one.subject, one.times) for one in inbox.waiting("external")] == [(told, 2)]
        inbox.settle(inbox.waiting("external"))
        scene.env.commit()
    assert scene.waiting() == []


def test_it_ends_between_pages_when_told_and_the_rest_stays(scene: Scene) -> None:
    scene.backend.page_size = 1
    scene.env.commit()
    second = of("card", card(2)["id"])
    for number in (1, 2):
        scene.people.put(f"/cards/{card(number)['id']}", {"name": "Told"})
    told = scene.tell(FIRST, second, of("checkitem", card(1)["id"]))
    done = follow(scene.backend, told, is_over=lambda: True).round
    assert (done.stopped, done.imports, scene.waiting()) == (True, [], told)
    assert [scene.task(number).name for number in (1, 2)] == ["Told", "Card 2"]
    assert scene.follow(told) == {"in card": {"updated": 1}}
    assert scene.waiting() == []


def test_a_deletion_under_a_brake_waits_for_a_round_that_counts(scene: Scene) -> None:
    scene.backend.max_deletes = "50%"
    scene.env.commit()
    scene.people.delete(f"/cards/{card(1)['id']}")
    done = follow(scene.backend, scene.tell(FIRST))
    assert (done.left, scene.waiting(), scene.task(1).active) == (1, [FIRST], True)
    assert scene.round() == {"in card": {"deleted": 1}}
    assert scene.waiting() == []


def test_while_somebody_else_synchronises_hints_stay(scene: Scene) -> None:
    told = scene.tell(FIRST)
    with (
        scene.stage.app.environment() as env,
        leased(env["trello.backend"].search([])),
        pytest.raises(RetryableJobError, match="is running already"),
    ):
        scene.follow(told)
    assert scene.waiting() == told
