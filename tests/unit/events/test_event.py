"""Notifying an event: who hears it, in which order, and what an exception does."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.components import Component
from isthmus.events import EventListener, listens
from isthmus.events.event import SILENCE
from isthmus.inheritance import capture
from isthmus.records import Registry, open_environment


def listener(name: str, heard: list[str], event: str = "on_paid", **attributes: Any) -> type:
    """Declare a listener that writes its name down when it hears the event."""

    def on_event(self: Any, *args: Any, **kwargs: Any) -> None:
        heard.append(name)

    named = {"_name": name, "_inherit": "base.event.listener"}
    return type(name, (Component,), {**named, event: on_event, **attributes})


def test_listeners_get_the_arguments_that_were_notified(world: Any) -> None:
    heard: list[Any] = []
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_paid(self, record: Any, amount: int, *, currency: str) -> None:
                heard.append((record, amount, currency))

    with world(classes).environment() as env:
        thing = env["shop.thing"].create({"name": "hat"})
        thing._event("on_paid").notify(thing, 12, currency="EUR")

    assert heard == [(thing, 12, "EUR")]


def test_the_name_of_an_event_starts_with_on(world: Any) -> None:
    with world([]).environment() as env, pytest.raises(ValueError, match="'on_', but this one is 'paid'"):
        env["shop.thing"]._event("paid")


def test_an_event_that_nobody_hears_is_one_shared_silence(world: Any) -> None:
    heard: list[str] = []
    with capture() as classes:
        listener("elsewhere", heard, _apply_on="shop.backend")

    with world(classes).environment() as env:
        unheard, heard_elsewhere = env["shop.thing"]._event("on_lost"), env["shop.thing"]._event("on_paid")
        unheard.notify(1, two=2)

    assert unheard is SILENCE
    assert heard_elsewhere is SILENCE
    assert not unheard


def test_listeners_run_by_priority_and_then_in_registration_order(world: Any) -> None:
    heard: list[str] = []
    with capture() as classes:
        listener("second", heard)
        listener("third", heard)

        class First(Component):
            _name = "first"
            _inherit = "base.event.listener"

            @listens(priority=5)
            def on_paid(self) -> None:
                heard.append("first")

        class Last(Component):
            _name = "last"
            _inherit = "base.event.listener"

            @listens(priority=20)
            def on_paid(self) -> None:
                heard.append("last")

        listener("fourth", heard)

    with world(classes).environment() as env:
        env["shop.thing"]._event("on_paid").notify()

    assert heard == ["first", "second", "third", "fourth", "last"]


def test_an_override_keeps_the_priority_of_the_method_that_it_overrides(world: Any) -> None:
    heard: list[str] = []
    with capture() as classes:
        listener("ordinary", heard)

        class Late(Component):
            _name = "late"
            _inherit = "base.event.listener"

            @listens(priority=20)
            def on_paid(self) -> None:
                heard.append("late")

        class Extension(Component):
            _inherit = "late"

            def on_paid(self) -> None:
                heard.append("extension")
                super().on_paid()

    with world(classes).environment() as env:
        env["shop.thing"]._event("on_paid").notify()

    assert heard == ["ordinary", "extension", "late"]


def test_an_exception_stops_the_rest_and_says_who_raised_it(world: Any) -> None:
    heard: list[str] = []
    with capture() as classes:
        listener("before", heard)

        class Failing(Component):
            _name = "failing"
            _inherit = "base.event.listener"

            def on_paid(self) -> None:
                raise KeyError("no such account")

        listener("after", heard)

    with world(classes).environment() as env:
        with pytest.raises(KeyError, match="no such account") as caught:
            env["shop.thing"]._event("on_paid").notify()
        assert heard == ["before"]

    assert "raised by <component failing on" in caught.value.__notes__[0]
    assert "'on_paid'" in caught.value.__notes__[0]


# --- collections and models ---


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def crowd(world: Any, heard: list[str]) -> Any:
    with capture() as classes:
        listener("shared", heard)
        listener("shop", heard, _collection="shop.backend")
        listener("magento", heard, _collection="magento.backend")
        listener("things", heard, _apply_on=["shop.thing"])
        listener("bindings", heard, _apply_on="shop.binding")
    return world(classes)


def test_without_a_collection_the_listeners_of_any_collection_run(crowd: Any, heard: list[str]) -> None:
    with crowd.environment() as env:
        env["shop.thing"]._event("on_paid").notify()

    assert heard == ["shared", "shop", "magento", "things"]


def test_with_a_collection_its_listeners_and_the_shared_ones_run(crowd: Any, heard: list[str]) -> None:
    with crowd.environment() as env:
        backend = env["shop.backend"].create({"name": "Main"})
        env["shop.thing"]._event("on_paid", collection=backend).notify()

    assert heard == ["shared", "shop", "things"]


def test_listeners_hear_the_models_that_they_apply_on(crowd: Any, heard: list[str]) -> None:
    with crowd.environment() as env:
        env["shop.binding"]._event("on_paid").notify()

    assert heard == ["shared", "shop", "magento", "bindings"]


def test_a_listener_works_on_the_emitter_in_its_environment(world: Any) -> None:
    found: list[Any] = []
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_paid(self, collection: Any) -> None:
                mood = self.env.context["mood"]
                found.append((self.work.model_name, self.model, mood, self.collection))

    with world(classes).environment() as env:
        backend = env["shop.backend"].create({"name": "Main"})
        things = env["shop.thing"].with_context(mood="good")
        things._event("on_paid").notify(None)
        things._event("on_paid", backend).notify(backend)

    assert found == [
        ("shop.thing", env["shop.thing"], "good", None),
        ("shop.thing", env["shop.thing"], "good", backend),
    ]


def test_a_listener_without_a_collection_can_look_shared_components_up(world: Any) -> None:
    found: list[str] = []
    with capture() as classes:

        class Adapter(Component):
            _name = "adapter"
            _usage = "adapter"

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_paid(self) -> None:
                found.append(self.component("adapter")._name)

    with world(classes).environment() as env:
        env["shop.thing"]._event("on_paid").notify()

    assert found == ["adapter"]


def test_an_extension_of_a_parent_makes_its_children_listen(world: Any) -> None:
    heard: list[str] = []
    with capture() as classes:

        class Child(Component):
            _name = "child"
            _inherit = "base.event.listener"

        class Extension(EventListener):
            _inherit = "base.event.listener"

            def on_paid(self) -> None:
                heard.append(str(self._name))

    with world(classes).environment() as env:
        env["shop.thing"]._event("on_paid").notify()

    assert heard == ["child"]


def test_an_environment_without_components_has_no_listeners(world: Any) -> None:
    table = world([])
    with open_environment(table.registry, table.database) as env:
        env["shop.thing"]._event("on_paid").notify()
        assert env["shop.thing"].create({"name": "hat"}).name == "hat"


def test_a_registry_without_the_events_package_has_models_without_events() -> None:
    assert not hasattr(Registry.build()["base"], "_event")
