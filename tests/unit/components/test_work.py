"""The work context."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.components import Component, WorkContext
from isthmus.errors import ComponentError, RegistryNotReadyError
from isthmus.inheritance import capture


@pytest.fixture
def table(desk: Any) -> Any:
    with capture() as classes:

        class Adapter(Component):
            _name = "adapter"
            _usage = "adapter"

    return desk(classes)


def test_every_keyword_becomes_an_attribute(table: Any) -> None:
    work = table.work("res.partner", hello="world", timeout_s=3)

    assert (work.model_name, work.hello, work.timeout_s) == ("res.partner", "world", 3)


def test_model_is_only_looked_up_when_asked_for(bare_env: Any) -> None:
    class StrictEnvironment(type(bare_env)):  # type: ignore[misc]
        def __getitem__(self, name: str) -> Any:
            raise LookupError(name)

    work = WorkContext("unheard.of", env=StrictEnvironment())

    assert work.model_name == "unheard.of"
    with pytest.raises(LookupError, match=r"unheard\.of"):
        work.model


def test_work_on_makes_a_context_with_the_current_attributes(table: Any) -> None:
    work = table.work("res.partner", hello="world")
    work.hello = "moon"
    work.later = "added"

    other = work.work_on("res.users")

    assert (other.model_name, other.hello, other.later) == ("res.users", "moon", "added")
    assert (work.model_name, other.collection) == ("res.partner", work.collection)


def test_work_on_without_a_model_keeps_it(table: Any) -> None:
    other = table.work("res.partner").work_on(collection=table.backend("magento.backend"))

    assert (other.model_name, other.collection_name) == ("res.partner", "magento.backend")


def test_work_on_keeps_the_class_of_the_context(table: Any) -> None:
    class SessionWork(WorkContext):
        def __init__(self, session: str, **attributes: Any) -> None:
            super().__init__("res.partner", table.backend(), **attributes)
            self.session = session

    other = SessionWork("open").work_on("res.users")

    assert isinstance(other, SessionWork)
    assert (other.session, other.model_name) == ("open", "res.users")


def test_the_environment_is_that_of_the_collection(table: Any) -> None:
    work = table.work()

    assert work.env is table.env


def test_an_environment_of_its_own_serves_a_context_without_collection(table: Any) -> None:
    work = WorkContext("res.partner", env=table.env)

    assert (work.collection, work.collection_name) == (None, None)
    assert work.component("adapter").model._name == "res.partner"


def test_a_new_collection_brings_its_environment(table: Any, bare_env: Any) -> None:
    work = WorkContext("res.partner", env=bare_env)

    assert work.work_on(collection=table.backend()).env is table.env


def test_a_context_with_neither_collection_nor_environment_says_so() -> None:
    with pytest.raises(ComponentError, match=r"(?s)neither a collection nor an environment.*Hint: .*work_on"):
        WorkContext("res.partner").env


def test_an_environment_without_registry_is_not_ready(bare_env: Any) -> None:
    work = WorkContext("res.partner", env=bare_env)

    with pytest.raises(
        RegistryNotReadyError, match=r"(?s)no component registry.*Hint: open it with services="
    ):
        work.component("adapter")


def test_the_model_may_be_given_as_a_recordset(table: Any, fake_model: Any) -> None:
    work = WorkContext(fake_model("res.users"), table.backend())

    assert work.model_name == "res.users"
    assert work.work_on(fake_model("res.groups")).model_name == "res.groups"


def test_an_attribute_may_not_hide_what_a_context_has(table: Any) -> None:
    with pytest.raises(TypeError, match="a work context has 'component' of its own"):
        table.work(component="mine")
