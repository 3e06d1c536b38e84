"""Jobs through Celery, with a broker in this process: what is sent, who runs it, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import celery
import pytest
from celery.contrib.testing.worker import start_worker

from isthmus.app import App
from isthmus.celery import station
from isthmus.celery.application import TASK, JobFailed, application, configuration, run
from isthmus.celery.post import CeleryPost
from isthmus.config import Settings
from isthmus.errors import ConfigurationError, SchemaError, UnreachableError
from isthmus.jobs.claim import Claim
from tests.integration.celery.conftest import delay
from tests.integration.jobs.dispatching import until


@pytest.fixture
def app(settings: Path) -> Iterator[App]:
    with App.load(settings) as opened:
        yield opened
    station.leave()


#: How four jobs end: one done, two failed, one waiting to be tried again.
ENDED = {"done": 1, "failed": 2, "pending": 1}


class Sending:
    """A dispatcher that sends over a Celery application until the end of a block."""

    def __init__(self, app: App, made: Any) -> None:
        self.post = CeleryPost(made)
        self.dispatcher = app.dispatcher(self.post)
        self._thread = threading.Thread(target=self.dispatcher.run, daemon=True)

    def __enter__(self) -> Sending:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.dispatcher.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


def test_a_celery_worker_runs_the_jobs_that_are_sent(app: App, settings: Path) -> None:
    made = application(app.settings)
    with start_worker(made, pool="threads", concurrency=2, perform_ping_check=False), Sending(app, made):
        done, failed = delay(settings, "export", "SO1"), delay(settings, "fail")
        later, left = delay(settings, "come_later"), delay(settings, "leave")
        until(lambda: all(app.desk.stats().counts[state] == n for state, n in ENDED.items()))
    assert app.desk.show(done).result == '"SO1"'
    assert (app.desk.show(failed).error, app.desk.show(left).error) == ("KeyError", "SystemExit")
    assert "the shop is closed" in app.desk.why(later)
    with app.environment(None) as env:
        assert env["shop.order"].search([]).mapped("name") == ["SO1"]


def test_a_message_says_which_job_and_nothing_of_it(app: App, settings: Path) -> None:
    made = application(app.settings)
    uuid = delay(settings, "export", "a secret")
    with Sending(app, made), made.connection() as connection:
        message = connection.SimpleQueue(made.conf.task_default_queue).get(timeout=20)
        (offer,) = app.jobs.offers(app.desk.stats().workers[0].id)
    assert message.headers["task"] == TASK
    assert message.headers["id"] == uuid
    assert message.headers["shadow"] == "shop.order.export"
    assert message.decode()[:2] == [[offer.claim.id, offer.claim.token], {}]
    assert "a secret" not in repr((message.headers, message.body))


def test_the_task_is_known_to_every_application_of_the_process() -> None:
    own = celery.Celery("of the user", set_as_current=False)
    assert TASK in own.tasks
    assert own.tasks[TASK].acks_late is False


def test_jobs_can_be_sent_over_the_users_own_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "of_the_user.py").write_text(
        "import celery\nqueue = celery.Celery('mine', broker='memory://', set_as_current=False)\n"
    )
    assert application(Settings(celery_app="of_the_user:queue")).main == "mine"
    with pytest.raises(ConfigurationError, match="'of_the_user:nothing' cannot be loaded") as refused:
        application(Settings(celery_app="of_the_user:nothing"))
    assert "module:name" in str(refused.value.hint)


def test_the_routes_of_the_users_own_application_decide_unless_the_settings_name_a_queue() -> None:
    own = celery.Celery("of the user", broker="memory://", set_as_current=False)
    own.conf.task_routes = {TASK: {"queue": "routed"}}
    facts = {"odoo": None, "channel": "root", "attempt": 1, "max_retries": 5, "crashes": 0, "timeout_s": None}
    claim = Claim(id=7, uuid="7", token=1, model="shop.order", method="export", payload="{}", **facts)
    for settings, queue in ((Settings(), "routed"), (Settings(celery_queue="named"), "named")):
        CeleryPost(own, settings.celery_queue).send(claim)
        with own.connection() as connection:
            assert connection.SimpleQueue(queue).get(timeout=5).headers["id"] == "7"


def test_a_failed_job_is_a_failed_task_for_celerys_monitors(app: App, settings: Path) -> None:
    delay(settings, "fail")
    dispatcher = app.dispatcher(CeleryPost(application(app.settings)))
    dispatcher._round()
    (offer,) = app.jobs.offers(dispatcher.id)
    with pytest.raises(JobFailed, match="isthmus jobs show"):
        run(offer.claim.id, offer.claim.token)
    assert run(offer.claim.id, offer.claim.token) == "refused"


# --- what is wrong -------------------------------------------------------------------------------------


def test_without_a_broker_it_is_said_where_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    with pytest.raises(ConfigurationError, match="no broker is set") as refused:
        configuration(Settings())
    assert "ISTHMUS_CELERY_BROKER" in str(refused.value.hint)


def test_the_queue_is_ours_unless_the_settings_name_another() -> None:
    assert configuration(Settings(celery_broker="memory://"))["task_default_queue"] == "isthmus"
    stated = Settings(celery_broker="memory://", celery_queue="sync")
    assert configuration(stated)["task_default_queue"] == "sync"


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_that_is_not_there_is_unreachable_and_its_password_is_not_told(scheme: str) -> None:
    pytest.importorskip(scheme)
    made = application(Settings(celery_broker=f"{scheme}://ada:s3cret@127.0.0.1:9//"))
    post = CeleryPost(made)
    with pytest.raises(
        UnreachableError, match=r"the broker .*127\.0\.0\.1:9.* does not take messages"
    ) as away:
        post.send(CLAIM)
    assert "s3cret" not in str(away.value)
    post.close()


CLAIM = Claim(
    id=1, uuid="0192", model="shop.order", method="export", payload="", odoo=None, channel="root", attempt=1,
    max_retries=5, crashes=0, timeout_s=None, token=1 << 32 | 1,
)  # fmt: skip


def test_a_worker_whose_database_lags_behind_refuses_to_run_jobs(settings: Path, tmp_path: Path) -> None:
    text = settings.read_text().replace("isthmus.sqlite", "empty.sqlite")
    settings.write_text(text)
    with pytest.raises(SchemaError, match="lags behind"):
        run(1, 1)
