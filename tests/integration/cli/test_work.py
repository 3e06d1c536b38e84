"""``isthmus jobs``, ``channels`` and ``cron``: what they show, what they change, and how they refuse."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isthmus.app import App
from tests.command import Command

SHOP = Path(__file__).with_name("work_shop.py")


@pytest.fixture
def app(run: Command, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Give the app of an installation in the current folder, on whose jobs the commands work."""
    for name in ("ISTHMUS_DATABASE", "ISTHMUS_CONFIG", "ISTHMUS_CELERY_BROKER", "CELERY_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    shutil.copy(SHOP, "work_shop.py")
    Path("isthmus.toml").write_text('connectors = ["work_shop"]\n')
    with App.load() as opened:
        opened.upgrade()
        yield opened


def delay(app: App, method: str, *arguments: Any, **properties: Any) -> str:
    with app.environment(None) as env:
        return str(getattr(env["shop.order"].with_delay(**properties), method)(*arguments).uuid)


def work(app: App) -> None:
    """Run all jobs that are due."""
    app.worker(threads=1).run(until_idle=True)


def states(run: Command) -> dict[str, str]:
    return {one["uuid"]: one["state"] for one in run("jobs", "list", "--json").data}


def test_a_job_is_followed_from_its_delay_to_its_end(app: App, run: Command) -> None:
    done, failed, later = delay(app, "push", 7), delay(app, "fail"), delay(app, "come_later")
    assert "No worker is running" in run("jobs", "why", done).out
    work(app)
    assert states(run) == {done: "done", failed: "failed", later: "pending"}
    assert [one["uuid"] for one in run("jobs", "list", "--state", "failed", "--json").data] == [failed]
    assert [one["uuid"] for one in run("jobs", "list", "--channel", "shop", "--json").data] == [done]
    assert len(run("jobs", "list", "--call", "shop.order", "--limit", "2", "--json").data) == 2
    shown = run("jobs", "show", done).out
    for said in ("shop.order.push(7)", "Push an order.", "root.shop", "1 of 5", "It is done since"):
        assert said in shown
    shown = run("jobs", "show", failed).out
    assert "KeyError" in shown
    assert 'raise KeyError("no such order")' in shown  # the traceback
    assert "the shop is closed" in run("jobs", "why", later).out
    counts = run("jobs", "stats", "--json").data["counts"]
    assert (counts["done"], counts["failed"], counts["pending"]) == (1, 1, 1)


def test_jobs_are_retried_cancelled_and_set_done(app: App, run: Command) -> None:
    done, failed, waiting = delay(app, "push", 1), delay(app, "fail"), delay(app, "push", 2, eta=60)
    app.worker(threads=1).run(until_idle=True)
    ran = run("jobs", "retry", "--state", "failed", "--json")
    assert [(one["uuid"], one["after"]) for one in ran.data] == [(failed, "pending")]
    assert run("jobs", "done", failed).code == 0
    assert "Manually set to done by" in run("jobs", "show", failed).out
    assert run("jobs", "cancel", waiting).code == 0
    assert "Cancelled by" in run("jobs", "why", waiting).out
    refused = run("jobs", "cancel", done)
    assert refused.code == 1
    assert "done" in refused.out
    assert states(run) == {done: "done", failed: "done", waiting: "cancelled"}


def test_channels_are_set_paused_and_resumed(app: App, run: Command) -> None:
    assert run("channels", "set", "root:4,shop:2:throttle=60,mail:1:sequential").code == 0
    assert run("channels", "pause", "shop").code == 0
    held = delay(app, "push", 1)
    work(app)
    assert run("jobs", "why", held).out.startswith("root.shop is paused")
    assert run("channels", "resume", "root.shop").code == 0
    found = {one["name"]: one for one in run("channels", "list", "--json").data}
    assert found["root.mail"]["setting"]["sequential"] is True
    assert found["root.shop"]["setting"]["throttle_s"] == 60
    assert found["root.shop"]["counts"] == {"pending": 1}
    second = delay(app, "push", 2)
    work(app)
    assert (states(run)[held], states(run)[second]) == ("done", "pending")
    assert "root.shop starts one job every 60 s" in run("jobs", "why", second).out
    run("channels", "set", "shop:0", "--only")
    assert [one["name"] for one in run("channels", "list", "--json").data] == ["root.shop"]
    work(app)
    assert states(run)[second] == "done"


def test_a_cron_is_run_by_hand_and_paused(app: App, run: Command) -> None:
    (shown,) = run("cron", "list", "--json").data
    assert (shown["name"], shown["times"]) == ("shop.order.nightly", "0 3 * * * (Europe/Zurich)")
    assert run("cron", "pause", "shop.order.nightly", "--json").data[0]["state"] == "paused"
    uuid = run("cron", "run", "shop.order.nightly", "--json").data["job"]
    assert run("cron", "run", "shop.order.nightly", "--json").data["job"] == uuid  # it waits still
    work(app)
    assert states(run) == {uuid: "done"}
    assert run("cron", "resume", "shop.order.nightly", "--json").data[0]["state"] == "active"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("worker", "--channels", "root:x"), 2, "position 6: a capacity is a whole number from 0, not 'x'"),
        (("worker", "--only", "a..b"), 2, "'a..b' is no name of a channel"),
        (("worker", "--processes", "0"), 2, "--processes"),
        (("jobs", "list", "--state", "lost"), 2, "'lost' is not a state of a job"),
        (("jobs", "list", "--channel", "a b"), 2, "'a b' is no name of a channel"),
        (("jobs", "list", "--limit", "99999999999999999999"), 2, "--limit"),
        (("jobs", "show", "nothing"), 1, "there is no job 'nothing'"),
        (("jobs", "why", "%"), 1, "there is no job '%'"),
        (("jobs", "retry"), 2, "no job is named"),
        (("jobs", "done"), 2, "no job is named"),
        (("jobs", "cancel", "nothing"), 1, "there is no job 'nothing'"),
        (("channels", "set", ""), 2, "no channel is named"),
        (("channels", "set", "mail:2:sequential"), 2, "a sequential channel has the capacity 1, not 2"),
        (("channels", "set", "mail:2:pasued"), 2, "position 8: 'pasued' is no option of a channel"),
        (("channels", "pause", "mail:2"), 2, "'mail:2' is no name of a channel"),
        (("cron", "pause", "shop.order.daily"), 2, "there is no cron 'shop.order.daily'; known: shop.order."),
        (("celery", "dispatch"), 2, "no broker is set"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    app: App, run: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (code, "")
    error, *hint = ran.err.strip().splitlines()
    assert error.startswith("Error: ")
    assert said in error
    assert len(hint) <= 1
    assert run("channels", "list", "--json").data == []


def test_without_an_upgrade_the_way_to_it_is_told(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISTHMUS_DATABASE", raising=False)
    Path("isthmus.toml").write_text("connectors = []\n")
    for arguments in (("jobs", "list"), ("channels", "set", "a:1"), ("worker", "--channels", "a:1")):
        ran = run(*arguments)
        assert ran.code == 2
        assert "isthmus db upgrade" in ran.err
