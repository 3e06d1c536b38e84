import pytest

from isthmus.sandbox.trello.errors import ApiError
from isthmus.sandbox.trello.pos import CLASSIC_BASE, LARGE_BASE, place


@pytest.mark.parametrize("wish", ["top", "bottom"])
@pytest.mark.parametrize("base", [CLASSIC_BASE, LARGE_BASE])
def test_the_first_item_gets_the_base(wish, base):
    assert place(wish, [], base) == base


def test_bottom_is_16384_after_the_last():
    assert place("bottom", [65535, 20000.5], CLASSIC_BASE) == 81919
    assert place("bottom", [LARGE_BASE], LARGE_BASE) == LARGE_BASE + 16384


def test_top_is_half_of_the_first():
    assert place("top", [65535, 81919], CLASSIC_BASE) == 32767.5
    assert place("top", [16384], 16384) == 8192


@pytest.mark.parametrize("wish", [3, 3.0, "3", "3.0"])
def test_numbers_stay_as_they_are_and_whole_ones_are_integers(wish):
    assert repr(place(wish, [65535], CLASSIC_BASE)) == "3"


def test_equal_positions_are_allowed():
    assert place("65535", [65535], CLASSIC_BASE) == 65535


@pytest.mark.parametrize("wish", ["middle", "", -1, "nan", "inf", None, True, []])
def test_anything_else_is_an_invalid_value(wish):
    with pytest.raises(ApiError, match="invalid value for pos"):
        place(wish, [], CLASSIC_BASE)
