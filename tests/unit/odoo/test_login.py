"""Who a connection is: asked once, and nobody waits for it who need not know."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from isthmus.errors import UnauthorizedError
from isthmus.odoo.login import Login


@pytest.fixture
def login() -> Login:
    return Login("prod", "anna", "secret")


def test_calls_of_others_do_not_wait_while_the_server_is_asked_who_we_are(login: Login) -> None:
    asked, passed = threading.Event(), threading.Event()

    def ask() -> int:
        asked.set()
        assert passed.wait(10), "another thread's call waited for this answer"
        return 7

    with ThreadPoolExecutor(1) as pool:
        user = pool.submit(login.user, ask)
        assert asked.wait(10)
        login.require_open()
        passed.set()
        assert user.result() == 7


def test_whoever_has_to_know_waits_for_the_one_who_asks(login: Login) -> None:
    asked, both = list[str](), threading.Barrier(2)

    def ask() -> int:
        asked.append(threading.current_thread().name)
        return 7

    def know() -> int:
        both.wait(10)
        return login.user(ask)

    with ThreadPoolExecutor(2) as pool:
        assert [one.result() for one in [pool.submit(know), pool.submit(know)]] == [7, 7]
    assert len(asked) == 1


def test_a_refusal_is_remembered_and_the_next_one_does_not_ask(login: Login) -> None:
    with pytest.raises(UnauthorizedError, match="'anna'"):
        login.user(lambda: None)
    with pytest.raises(UnauthorizedError, match="'anna'"):
        login.user(lambda: pytest.fail("it was asked within the minute"))
