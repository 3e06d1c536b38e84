"""A running sandbox of each version, with a project of three stages."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from isthmus.sandbox.odoo import OdooSandbox
from tests.integration.sandbox.odoo.client import Client
from tests.still_clock import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(params=[18, 19])
def odoo(request: pytest.FixtureRequest, clock: StillClock) -> Iterator[Client]:
    with OdooSandbox(request.param, clock=clock) as sandbox:
        yield Client(sandbox)


@pytest.fixture
def board(odoo: Client) -> Any:
    """``project`` with the stages ``todo``, ``doing``, ``done`` (folded); ``other`` with ``strange``."""
    stages = [{"name": "Todo"}, {"name": "Doing"}, {"name": "Done", "fold": True}]
    lines = [[0, 0, stage] for stage in stages]
    project = odoo.call("project.project", "create", {"name": "Board", "type_ids": lines})
    other = odoo.call(
        "project.project", "create", {"name": "Other", "type_ids": [[0, 0, {"name": "Strange"}]]}
    )
    todo, doing, done = odoo.one("project.project", project, "type_ids")
    (strange,) = odoo.one("project.project", other, "type_ids")
    return SimpleNamespace(project=project, todo=todo, doing=doing, done=done, other=other, strange=strange)
