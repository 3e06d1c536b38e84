"""What each simulated version says, as the real one was seen to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.sandbox.odoo import OdooSandbox
from tests.integration.sandbox.odoo.client import Client, Refused

PARTNER, TAG, TASK, USER = "res.partner", "project.tags", "project.task", "res.users"


@pytest.fixture(scope="module", params=[14, 15, 16, 17, 18, 19])
def odoo(request: pytest.FixtureRequest) -> Iterator[Client]:
    with OdooSandbox(request.param) as sandbox:
        yield Client(sandbox)


def test_other_users_can_be_asked_for_their_groups_from_18_on(odoo: Client) -> None:
    if odoo.sandbox.version >= 18:
        assert odoo.call(USER, "has_group", [2], "base.group_user") is True
        return
    assert odoo.call(USER, "has_group", "base.group_user") is True
    with pytest.raises(Refused, match="TypeError"):
        odoo.call(USER, "has_group", [2], "base.group_user")


def test_a_language_that_is_not_installed_is_refused_from_18_on(odoo: Client) -> None:
    def search() -> Any:
        return odoo.call(PARTNER, "search", [], limit=1, context={"lang": "xx_YY"})

    if odoo.sandbox.version < 18:
        assert search()
    else:
        with pytest.raises(Refused, match="Invalid language code: xx_YY"):
            search()


def test_14_and_15_give_the_name_of_a_constraint_to_who_has_no_language(odoo: Client) -> None:
    twice = [{"name": "twice"}, {"name": "twice"}]
    old = odoo.sandbox.version < 16
    with pytest.raises(Refused) as caught:
        odoo.call(TAG, "create", twice)
    assert caught.value.name == "odoo.exceptions.ValidationError"
    assert caught.value.message.startswith("project_tags_name_uniq" if old else "The operation cannot be")
    with pytest.raises(Refused) as caught:
        odoo.call(TAG, "create", twice, context={"lang": "en_US"})
    assert caught.value.message.endswith("already exists.")
    assert caught.value.message.startswith("The operation") is not old


def test_a_task_goes_to_who_makes_it_before_16(odoo: Client) -> None:
    project = odoo.call("project.project", "create", {"name": "p"})
    task = odoo.call(TASK, "create", {"name": "n", "project_id": project})
    name = "user_id" if odoo.sandbox.version == 14 else "user_ids"
    expected = {14: 2, 15: [2]}.get(odoo.sandbox.version, [])
    assert odoo.one(TASK, task, name) == expected


@pytest.mark.parametrize(
    ("term", "since"),
    [
        (["parent_id", "any", [["name", "=", "x"]]], 17),
        (["child_ids", "not any", [["name", "=", "x"]]], 17),
        (["name", "not =like", "x"], 19),
        (["name", "not =ilike", "x"], 19),
    ],
)
def test_an_operator_is_known_from_its_version_on(odoo: Client, term: list[Any], since: int) -> None:
    if odoo.sandbox.version >= since:
        assert isinstance(odoo.call(PARTNER, "search", [term]), list)
    else:
        with pytest.raises(Refused, match=r"Invalid leaf|unhashable type"):
            odoo.call(PARTNER, "search", [term])
