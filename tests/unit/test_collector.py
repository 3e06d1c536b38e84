"""The collector looks less often, or not at all, as long as a block wants that, and then as it did before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from isthmus import collector


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.enable()


def test_it_is_unhurried_until_the_last_block_ends() -> None:
    gc.set_threshold(700, 10, 10)
    one, other = collector.unhurried(), collector.unhurried()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() == (collector.UNHURRIED, 10, 10)
    other.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("chosen", [0, 100_000], ids=["off", "rarer"])
def test_what_the_process_chose_for_itself_stays(chosen: int) -> None:
    gc.set_threshold(chosen, 5, 5)
    with collector.unhurried():
        assert gc.get_threshold() == (chosen, 5, 5)
    assert gc.get_threshold() == (chosen, 5, 5)


def test_it_is_restored_when_the_block_raises() -> None:
    gc.set_threshold(700, 10, 10)
    with pytest.raises(ZeroDivisionError), collector.unhurried(), collector.at_rest():
        _ = 1 / gc.isenabled()
    assert gc.isenabled()
    assert gc.get_threshold() == (700, 10, 10)


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with collector.at_rest():
        pass
    assert not gc.isenabled()
