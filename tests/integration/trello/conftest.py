"""Nobody waits for Trello's limits here, but the tests that are about them."""

from __future__ import annotations

import functools

import pytest

from isthmus.demo import stage
from isthmus.http import Limit
from isthmus.sandbox.trello import Limits, TrelloSandbox
from isthmus.trello import client

ABOUT_LIMITS = ("test_client", "test_adapter")


class Unlimited(TrelloSandbox):
    """A simulated Trello without limits, unless some are given."""

    @functools.wraps(TrelloSandbox.__init__)
    def __init__(self, *args: object, limits: Limits | None = None, **options: object) -> None:
        super().__init__(*args, limits=limits or Limits.off(), **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the limits off both the simulated Trello of a stage and its client."""
    if request.module.__name__.rpartition(".")[2] not in ABOUT_LIMITS:
        monkeypatch.setattr(stage, "TrelloSandbox", Unlimited)
        monkeypatch.setattr(client, "LIMITS", dict.fromkeys(client.LIMITS, Limit(1_000_000, 1.0)))
