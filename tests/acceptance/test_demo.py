"""``isthmus demo``: the main job on the real boards that come along."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Isthmus
from tests.command import Command


def test_people_see_what_was_done_to_a_real_board(isthmus: Isthmus) -> None:
    ran = isthmus("demo")
    assert ran.code == 0, ran.err
    assert "What was done" in ran.out
    assert "Both sides agree." in ran.out


@pytest.mark.parametrize("board", ["03", "10"])
def test_every_board_goes_to_odoo_and_back(capsys: pytest.CaptureFixture[str], board: str) -> None:
    ran = Command(capsys)("demo", "--board", board, "--json")
    assert ran.code == 0, ran.err
    assert ran.data["ok"]
    assert [one for one in ran.data["verify"] if one["differences"]] == []


def test_a_board_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Command(capsys)("demo", "--board", "nothing.json")
    assert ran.code == 2
    assert "nothing.json" in ran.err


def test_half_of_the_way_to_an_odoo_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Command(capsys)("demo", "--odoo-url", "http://127.0.0.1:9")
    assert ran.code == 2
    assert "--api-key" in ran.err
