"""A collection and an environment that have just what components ask of them."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.components import ComponentRegistry, WorkContext
from isthmus.errors import ConfigurationError


class FakeModel:
    """An empty recordset of a model."""

    def __init__(self, name: str) -> None:
        self._name = name


class FakeEnvironment:
    """Gives models by name, and the services that it was made with."""

    def __init__(self, services: dict[type, Any] | None = None) -> None:
        self.services = services or {}

    def __getitem__(self, name: str) -> FakeModel:
        return FakeModel(name)

    def service(self, kind: type) -> Any:
        if kind not in self.services:
            raise ConfigurationError(f"no {kind.__name__}")
        return self.services[kind]


class FakeBackend:
    """A backend record of the collection ``trello.backend`` unless told otherwise."""

    def __init__(self, env: FakeEnvironment, name: str = "trello.backend") -> None:
        self.env = env
        self._name = name


class Desk:
    """Builds a registry from captured classes and opens work contexts on it."""

    def __init__(self, classes: list[type]) -> None:
        self.registry = ComponentRegistry.build(classes=classes)
        self.env = FakeEnvironment({ComponentRegistry: self.registry})

    def backend(self, name: str = "trello.backend") -> FakeBackend:
        return FakeBackend(self.env, name)

    def work(
        self, model: str = "res.partner", collection: str = "trello.backend", **attributes: Any
    ) -> WorkContext:
        return WorkContext(model, self.backend(collection), **attributes)

    def shared_work(self, model: str = "res.partner") -> WorkContext:
        return WorkContext(model, env=self.env)


@pytest.fixture
def desk() -> type[Desk]:
    return Desk


@pytest.fixture
def bare_env() -> FakeEnvironment:
    return FakeEnvironment()


@pytest.fixture
def fake_model() -> type[FakeModel]:
    return FakeModel
