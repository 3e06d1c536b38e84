"""The change feed against simulated Odoos: nothing missed, nothing twice, few calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from isthmus.errors import ConcurrentWriteError, ConfigurationError
from isthmus.odoo.feed import Watch, watches_for
from isthmus.records import Domain
from tests.integration.odoo.feed_scene import (
    ATTACHMENT,
    MESSAGE,
    PROJECT,
    STAGE,
    TAG,
    TASK,
    THERE,
    Scene,
)


@pytest.fixture(params=[18, 19])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    made = Scene(request.param)
    yield made
    made.close()


@pytest.fixture
def scene18() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


# --- the first time ------------------------------------------------------------------------------------


def test_the_first_round_takes_what_is_there_as_known(scene: Scene) -> None:
    old, _ = scene.tasks("old", "older")
    assert scene.round() == []
    assert scene.round() == []
    scene.pass_time(1)
    (new,) = scene.tasks("new")
    scene.write(old, name="changed")
    assert scene.round() == [("create", new), ("write", old)]
    assert scene.round() == []


def test_from_the_beginning_everything_is_new(scene18: Scene) -> None:
    ids = scene18.tasks("a", "b")
    scene18.feed = scene18.new_feed(from_beginning=True)
    assert scene18.round() == [("create", id_) for id_ in ids]
    assert scene18.round() == []


def test_the_first_record_of_an_empty_model_is_found(scene18: Scene) -> None:
    scene18.round()
    assert scene18.round() == []
    (first,) = scene18.tasks("first")
    assert scene18.round() == [("create", first)]


def test_archived_records_are_followed(scene18: Scene) -> None:
    (task,) = scene18.tasks("task")
    scene18.round()
    scene18.pass_time(1)
    scene18.write(task, active=False)
    assert scene18.round() == [("write", task)]


# --- late commits --------------------------------------------------------------------------------------


def plain_poll(scene18: Scene, since: str) -> tuple[list[int], str]:
    """Poll as a plain cursor does: what was written at its time or later, then on to the newest of it."""
    rows = scene18.store.search_read(
        TASK, Domain.parse([("write_date", ">=", since)]), ["write_date"], order="write_date, id"
    )
    newest = rows[-1]["write_date"].isoformat(" ") if rows else since
    return [row["id"] for row in rows], newest


def test_a_transaction_that_commits_late_is_found_where_a_plain_cursor_misses_it(scene: Scene) -> None:
    slow, quick = scene.tasks("slow", "quick")
    scene.round()
    scene.pass_time(10)
    began = 5.0
    scene.write(quick, name="quick 2")
    polled, cursor = plain_poll(scene, THERE.isoformat(" "))
    assert polled == [slow, quick]
    assert scene.round() == [("write", quick)]

    scene.pass_time(3)
    scene.write(slow, began_ago=began + 3, name="slow 2")  # began before quick's, committed after it

    polled, _ = plain_poll(scene, cursor)
    assert polled == [quick], "the plain cursor sees the slow one after all: the test proves nothing"
    assert scene.round() == [("write", slow)]
    assert scene.round() == []


def test_a_record_that_is_created_late_is_new_though_later_ones_are_known(scene: Scene) -> None:
    scene.tasks("there")
    scene.feed = scene.new_feed([Watch(TASK)])  # without the known ids that sweeps need
    scene.round()
    scene.pass_time(30)
    scene.tasks("quick")
    assert len(scene.round()) == 1
    scene.pass_time(100)
    with scene.transaction(began_ago=115) as env:
        late = env[TASK].create({"name": "late"}).id
    assert scene.round() == [("create", late)]
    scene.pass_time(1)
    scene.write(late, name="late 2")
    assert scene.round() == [("write", late)]


def test_two_changes_within_a_second_are_two(scene: Scene) -> None:
    (task,) = scene.tasks("task")
    scene.round()
    scene.pass_time(5)
    scene.write(task, name="one")
    assert scene.round() == [("write", task)]
    scene.pass_time(0.2)
    scene.write(task, name="two")
    assert scene.round() == [("write", task)]
    scene.pass_time(0.2)
    with scene.transaction() as env:
        tag = env[TAG].create({"name": "roof"})
        env[TASK].browse(task).write({"tag_ids": [(4, tag.id)]})
    assert scene.round() == [("write", task)]
    assert scene.round() == []


def test_a_row_from_the_future_does_not_hide_the_present(scene18: Scene) -> None:
    (odd,) = scene18.tasks("odd")
    with scene18.transaction(began_ago=-30 * 86_400.0) as env:
        env[TASK].browse(odd).write({"name": "from next month"})
    scene18.round()
    scene18.pass_time(1000)
    for name in ("a", "b"):
        scene18.pass_time(200)
        (task,) = scene18.tasks(name)
        assert scene18.round() == [("create", task)]
    assert scene18.round() == []


@pytest.mark.parametrize("skew", [timedelta(hours=-1), timedelta(hours=1)], ids=["behind", "ahead"])
def test_our_own_clock_does_not_count(skew: timedelta) -> None:
    scene = Scene(here=THERE + skew)
    try:
        scene.round()
        for name in ("a", "b", "c"):
            scene.pass_time(700)
            (task,) = scene.tasks(name)
            assert scene.round() == [("create", task)]
            assert scene.round() == []
    finally:
        scene.close()


def test_a_new_process_does_not_read_again_what_lies_two_minutes_back(scene18: Scene) -> None:
    scene18.feed = scene18.new_feed(page_size=2)
    scene18.round()
    scene18.tasks("a", "b", "c", "d", "e")
    scene18.round()
    scene18.pass_time(600)
    scene18.feed = scene18.new_feed(page_size=2)
    scene18.round()  # it may read them once more
    scene18.odoo.log.clear()
    scene18.round()
    assert scene18.calls() == 1


@pytest.mark.parametrize("minutes", [1, 10])
def test_a_transaction_that_commits_late_is_found_by_a_new_process_too(scene18: Scene, minutes: int) -> None:
    scene18.tasks("old")
    scene18.round()
    for _ in range(minutes):
        scene18.pass_time(60)
        scene18.feed = scene18.new_feed()
        assert scene18.round() == []
    (task,) = scene18.tasks("late")
    scene18.round()
    scene18.write(task, began_ago=110, name="later still")
    scene18.feed = scene18.new_feed()
    assert scene18.round() == [("write", task)]


# --- pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("same_second", [True, False])
def test_pages_leave_nothing_out(scene: Scene, same_second: bool) -> None:
    scene.feed = scene.new_feed(from_beginning=True, page_size=4)
    if same_second:
        ids = scene.tasks(*map(str, range(11)))
    else:
        ids = []
        for number in range(11):
            scene.pass_time(0.4)
            ids += scene.tasks(str(number))
    assert sorted(scene.round()) == [("create", id_) for id_ in ids]
    assert scene.round() == []


def test_what_changes_while_pages_are_read_is_found(scene18: Scene) -> None:
    scene18.feed = scene18.new_feed(from_beginning=True, page_size=2)
    ids = []
    for number in range(6):
        scene18.pass_time(10)
        ids += scene18.tasks(str(number))
    search_read = scene18.store.search_read
    changed = iter(ids)

    def meddling(*args: object, **kwargs: object) -> object:
        found = search_read(*args, **kwargs)  # type: ignore[arg-type]
        task = next(changed, None)
        if task:
            scene18.pass_time(1)
            scene18.write(task, name="meanwhile")
        return found

    scene18.store.search_read = meddling  # type: ignore[method-assign, assignment]
    heard = [*scene18.round(), *scene18.round(), *scene18.round()]
    assert {id_ for what, id_ in heard if what == "create"} == set(ids)
    last = {id_: scene18.store.read(TASK, [id_], ["name"])[0]["name"] for id_ in ids}
    assert last == dict.fromkeys(ids, "meanwhile")
    assert scene18.round() == []


# --- what it costs -------------------------------------------------------------------------------------


def test_an_idle_round_over_six_models_costs_six_calls(scene: Scene) -> None:
    scene.feed = scene.new_feed(watches_for([PROJECT, STAGE, TAG, TASK]))
    assert len(scene.feed.models) == 6
    scene.tasks("task")
    scene.round()
    for _ in range(2):
        scene.pass_time(10)
        scene.odoo.log.clear()
        assert scene.round() == []
        assert scene.calls() <= 6


def test_ten_thousand_changes_are_taken_in_with_few_calls(scene18: Scene) -> None:
    scene18.feed = scene18.new_feed([Watch(TASK, fields=("name",))], from_beginning=True)
    scene18.reads = "name"
    for hundred in range(5):
        scene18.pass_time(7)
        with scene18.transaction() as env:
            rows = [{"name": f"{hundred} {number}"} for number in range(2000)]
            env[TASK].with_context(tracking_disable=True, mail_create_nolog=True).create(rows)
    scene18.odoo.log.clear()
    assert len(scene18.round()) == 10_000
    assert len(scene18.values) == 10_000
    assert scene18.calls() <= 30


# --- satellites ----------------------------------------------------------------------------------------


def test_comments_attachments_tags_and_stages_have_cursors_of_their_own(scene: Scene) -> None:
    with scene.transaction() as env:
        project = env[PROJECT].create({"name": "House"}).id
        stage = env[STAGE].create({"name": "Doing", "project_ids": [(4, project)]}).id
        tag = env[TAG].create({"name": "roof"}).id
    (task,) = scene.tasks("task", project_id=project)
    scene.feed = scene.new_feed(watches_for([PROJECT, STAGE, TAG, TASK]))
    scene.round()
    scene.pass_time(5)
    with scene.transaction() as env:
        env[TASK].browse(task).message_post(body="Done?", message_type="comment")
        env[TASK].browse(task).message_post(body="noted", message_type="notification")
        env[ATTACHMENT].create({"name": "plan", "res_model": TASK, "res_id": task, "datas": b"x"})
        env[ATTACHMENT].create({"name": "other", "res_model": "res.partner", "res_id": 1})
        env[STAGE].browse(stage).write({"name": "Done"})
        env[TAG].browse(tag).unlink()
    scene.round(sweep=True)
    assert sorted((what, model) for what, model, _ in scene.heard) == [
        ("create", ATTACHMENT), ("create", MESSAGE), ("unlink", TAG), ("write", STAGE),
    ]  # fmt: skip
    scene.round(sweep=True)
    assert scene.heard == []


# --- deletions -----------------------------------------------------------------------------------------


def test_deleted_records_are_found_by_a_sweep(scene: Scene) -> None:
    keep, gone, late = scene.tasks("keep", "gone", "late")
    scene.round()
    scene.pass_time(1)
    (brief,) = scene.tasks("brief")
    scene.delete(gone)
    assert scene.round() == [("create", brief)]
    scene.delete(brief)
    assert scene.round(sweep=True) == [("unlink", gone), ("unlink", brief)]
    assert scene.round(sweep=True) == []
    scene.delete(late, keep)
    assert scene.round(sweep=True) == [("unlink", keep), ("unlink", late)]


def test_a_sweep_that_finds_nothing_is_one_call(scene18: Scene) -> None:
    scene18.tasks(*map(str, range(30)))
    scene18.round(sweep=True)
    scene18.pass_time(300)
    scene18.round()
    scene18.odoo.log.clear()
    scene18.round(sweep=True)
    assert scene18.odoo.log.tally("call") == {("search_read",): 1, ("search",): 1}


def test_records_that_a_rule_hides_are_not_taken_for_deleted(scene18: Scene) -> None:
    with scene18.transaction() as env:
        project = env[PROJECT].create({"name": "House"}).id
        login = env["res.users"].create({"name": "Ann", "login": "ann"})
        groups = [
            env["ir.model.data"].record_of(name) for name in ("base.group_user", "project.group_project_user")
        ]
        login.write({login.GROUPS: [(6, 0, groups)]})
        env["res.users.apikeys"].keep("k" * 40, login.id, "test", "rpc")
    hidden, gone, _ = scene18.tasks("hidden", "gone", "third", project_id=project)
    connection = scene18.store.connection
    ann = type(connection)(scene18.odoo.url, scene18.odoo.database, "ann", "k" * 40, clock=connection.clock)
    scene18.store = type(scene18.store)(ann)
    scene18.feed = scene18.new_feed()
    scene18.round(sweep=True)
    scene18.write(hidden, project_id=False)  # a private task of nobody
    scene18.delete(gone)
    assert scene18.round(sweep=True) == [("unlink", gone)]


def test_a_sweep_finds_what_was_created_too_late_for_a_look(scene18: Scene) -> None:
    scene18.tasks("first")
    scene18.round()
    scene18.pass_time(1000)
    scene18.tasks("last")
    scene18.round()
    with scene18.transaction(began_ago=900) as env:  # longer than any overlap
        lost = env[TASK].create({"name": "lost"}).id
    scene18.pass_time(1)
    (more,) = scene18.tasks("more")
    assert scene18.round() == [("create", more)]
    assert scene18.round(sweep=True) == [("create", lost)]
    assert scene18.round(sweep=True) == []


# --- cut off -------------------------------------------------------------------------------------------


def test_a_page_whose_listener_fails_is_delivered_again(scene18: Scene) -> None:
    scene18.round()
    (task,) = scene18.tasks("task")
    scene18.deaf = True
    (look,) = scene18.feed.round()
    assert isinstance(look.error, RuntimeError)
    assert look.total == 0
    scene18.deaf = False
    assert scene18.round() == [("create", task)]


def test_another_process_goes_on_where_the_first_one_was(scene18: Scene) -> None:
    scene18.tasks("old")
    scene18.round()
    scene18.pass_time(1)
    (first,) = scene18.tasks("first")
    assert scene18.round() == [("create", first)]
    scene18.feed = scene18.new_feed()
    (second,) = scene18.tasks("second")
    assert scene18.round() == [("create", second)]


def test_two_feeds_at_once_deliver_once(database_url: str) -> None:
    scene = Scene(database_url=database_url)
    try:
        scene.round()
        (task,) = scene.tasks("task")
        other = scene.new_feed()
        search_read = scene.store.search_read

        def overtaken(*args: object, **kwargs: object) -> object:
            scene.store.search_read = search_read  # type: ignore[method-assign]
            found = search_read(*args, **kwargs)  # type: ignore[arg-type]
            assert [look.total for look in other.round()] == [1]
            return found

        scene.store.search_read = overtaken  # type: ignore[method-assign, assignment]
        (look,) = scene.feed.round()
        assert isinstance(look.error, ConcurrentWriteError)
        assert scene.heard == [("create", TASK, task)]
        assert scene.round() == []
    finally:
        scene.close()


def test_one_model_that_fails_does_not_stop_the_others(scene18: Scene) -> None:
    scene18.feed = scene18.new_feed([Watch("no.such.model"), Watch(TASK)])
    scene18.feed.round()
    (task,) = scene18.tasks("task")
    broken, fine = scene18.feed.round()
    assert "no.such.model" in str(broken.error)
    assert (fine.error, scene18.heard) == (None, [("create", TASK, task)])


def test_a_model_that_cannot_be_followed_is_refused(scene18: Scene) -> None:
    scene18.feed = scene18.new_feed([Watch(TASK, fields=("naem",))])
    (look,) = scene18.feed.round()
    assert "naem" in str(look.error)
    assert not isinstance(look.error, ConfigurationError)


# --- whose change it is --------------------------------------------------------------------------------


def test_listeners_know_where_a_change_comes_from_and_whether_it_may_be_an_echo(scene18: Scene) -> None:
    scene18.round()
    scene18.tasks("theirs")
    with scene18.app.environment() as env:
        env[TASK].create({"name": "ours"})
    assert [name for name, *_ in scene18.heard] == ["create"], "our own create is heard when it is made"
    scene18.origins.clear()
    scene18.round()
    assert scene18.origins == [("odoo,main", False), ("odoo,main", True)]
