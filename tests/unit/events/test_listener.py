"""What decorators do to a listener's methods."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.components import Component
from isthmus.events import after_commit, listens, skip_if
from isthmus.inheritance import capture


class Recorder:
    """Stands for a listener: what runs after the commit is kept."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.hooks: list[Any] = []
        self.env = self

    def after_commit(self, hook: Any) -> None:
        self.hooks.append(hook)


def test_skip_if_is_asked_with_the_listeners_own_arguments() -> None:
    class Listener(Recorder):
        @skip_if(lambda self, record, kind: kind == "complete")
        def on_record_write(self, record: str, kind: str) -> None:
            self.heard.append((record, kind))

    listener = Listener()
    listener.on_record_write("one", "complete")
    listener.on_record_write("two", kind="partial")

    assert listener.heard == [("two", "partial")]


def test_skip_if_accepts_a_condition_on_anything() -> None:
    class Listener(Recorder):
        muted = True

        @skip_if(lambda self, *args, **kwargs: self.muted)
        def on_record_write(self, record: str, fields: Any = None) -> None:
            self.heard.append(record)

    listener = Listener()
    listener.on_record_write("one", fields=["name"])
    listener.muted = False
    listener.on_record_write("two", fields=["name"])

    assert listener.heard == ["two"]


def test_a_decorated_method_keeps_its_name_and_docstring() -> None:
    @skip_if(lambda self: False)
    @after_commit
    @listens(priority=3)
    def on_paid(self: Any) -> None:
        """Tell the bank."""

    assert (on_paid.__name__, on_paid.__doc__) == ("on_paid", "Tell the bank.")


def test_after_commit_keeps_the_call_for_the_end_of_the_transaction() -> None:
    class Listener(Recorder):
        @after_commit
        def on_paid(self, record: str, amount: int) -> None:
            self.heard.append((record, amount))

    listener = Listener()
    listener.on_paid("one", amount=3)

    assert listener.heard == []
    for hook in listener.hooks:
        hook()
    assert listener.heard == [("one", 3)]


def test_a_condition_over_after_commit_is_asked_when_the_event_happens() -> None:
    class Listener(Recorder):
        muted = True

        @skip_if(lambda self: self.muted)
        @after_commit
        def on_paid(self) -> None:
            self.heard.append("paid")

    listener = Listener()
    listener.on_paid()

    assert listener.hooks == []


@pytest.mark.parametrize("outermost", [True, False])
def test_a_priority_counts_wherever_it_stands_among_the_decorators(world: Any, outermost: bool) -> None:
    heard: list[str] = []
    muting = skip_if(lambda self: False)
    turn = listens(priority=1)

    with capture() as classes:

        class Ordinary(Component):
            _name = "ordinary"
            _inherit = "base.event.listener"

            def on_paid(self) -> None:
                heard.append("ordinary")

        class Early(Component):
            _name = "early"
            _inherit = "base.event.listener"

            def on_paid(self) -> None:
                heard.append("early")

            on_paid = turn(muting(on_paid)) if outermost else muting(turn(on_paid))

    with world(classes).environment() as env:
        env["shop.thing"]._event("on_paid").notify()

    assert heard == ["early", "ordinary"]
