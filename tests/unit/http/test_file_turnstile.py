"""Files that workers meet in, when the disk is full and when there is much to agree on."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.errors import ConfigurationError
from isthmus.http.file_turnstile import FileTurnstile


@pytest.mark.parametrize("room", [0, 10])
def test_a_disk_that_is_full_is_said_in_words_whether_nothing_or_a_part_was_written(
    tmp_path: Path, room: int
) -> None:
    resource = pytest.importorskip("resource", reason="only Unix limits how large a file may be")
    turnstile = FileTurnstile(tmp_path / "turns")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises(ConfigurationError, match=r"workers cannot meet in .*turns: ") as raised:
            turnstile.change("trello", lambda text, now: ("12345678901234567890", None))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "disk is not full" in str(raised.value.hint)
    assert turnstile.change("trello", lambda text, now: ("again", text)) == ""


def test_what_is_agreed_on_may_be_long(tmp_path: Path) -> None:
    turnstile, long = FileTurnstile(tmp_path), "1790000000000 " * 10_000
    turnstile.change("trello", lambda text, now: (long, None))
    assert turnstile.change("trello", lambda text, now: ("", text)) == long
