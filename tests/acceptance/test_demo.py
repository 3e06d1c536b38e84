"""``isthmus demo``: what it refuses. What it shows is compared with README."""

from __future__ import annotations

import pytest

from tests.command import Command


def test_a_board_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Command(capsys)("demo", "--board", "nothing.json")
    assert ran.code == 2
    assert "nothing.json" in ran.err


def test_half_of_the_way_to_an_odoo_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Command(capsys)("demo", "--odoo-url", "http://127.0.0.1:9")
    assert ran.code == 2
    assert "--api-key" in ran.err
