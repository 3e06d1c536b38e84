"""How many records a run may delete or archive."""

from __future__ import annotations

import pytest

from isthmus.connector.brake import Brake, Limit
from isthmus.errors import BrakeError, ConfigurationError


@pytest.mark.parametrize(
    ("text", "total", "allowed"),
    [
        ("20", 5, 20),
        ("5%", 100, 5),
        ("5%", 3, 1),
        ("2.5 %", 1000, 25),
        ("0%", 100, 0),
        ("0", 9, 0),
        ("100%", 7, 7),
    ],
)
def test_a_limit_is_a_number_or_a_part_which_allows_one_at_least(text: str, total: int, allowed: int) -> None:
    limit = Limit.read(text)
    assert limit is not None
    assert limit.allowed(total) == allowed


@pytest.mark.parametrize("text", ["-1", "five", "5 %%", "2.5", "101%"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no limit"):
        Limit.read(text)


def test_a_brake_counts_over_the_whole_run_and_says_how_to_go_on() -> None:
    brake = Brake(Limit(5, True), lambda: 100, backend="work", entity="trello.card", operation="import")
    brake.take(3)
    brake.take(0)
    with pytest.raises(BrakeError) as caught:
        brake.take(4)
    assert "7 of 100 trello.card, and 5 may go (5%); 3 of them went before" in caught.value.message
    assert "isthmus import work --entity card --max-deletes 7" in (caught.value.hint or "")


def test_a_brake_counts_the_pairs_when_the_first_ones_are_to_go_and_only_then() -> None:
    counted = []

    def count() -> int:
        counted.append(100)
        return 100

    brake = Brake(Limit(5, True), count, backend="work", entity="trello.card", operation="import")
    brake.take(0)
    assert not counted
    brake.take(1)
    brake.take(1)
    assert counted == [100]
