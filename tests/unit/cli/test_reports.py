"""What import, export and verify tell people."""

from __future__ import annotations

from io import StringIO

from rich.console import Console as Terminal

from isthmus.cli.imports import SHOWN, report_tables, verify_tables
from isthmus.connector.outcome import KINDS
from isthmus.connector.report import EntityReport, Failure, VerifyReport
from isthmus.connector.verifier import Difference, Unpaired


def printed(renderables: object) -> str:
    out = StringIO()
    terminal = Terminal(file=out, width=200)
    for one in renderables:  # type: ignore[attr-defined]
        terminal.print(one)
    return out.getvalue()


def report(failures: list[Failure] = [], **counts: int) -> EntityReport:  # noqa: B006 - read only
    return EntityReport("shop.article", {**dict.fromkeys(KINDS, 0), **counts}, failures, 1.25, 7)


def test_counts_stand_in_one_row_for_each_entity() -> None:
    text = printed(report_tables("Import of shop", [report(created=1234)]))
    assert "Import of shop" in text
    row = next(line for line in text.splitlines() if "shop.article" in line)
    assert row.split() == ["shop.article", "1234", "0", "0", "0", "0", "0", "0", "7", "1.2"]
    assert "To look at" not in text


def test_records_set_aside_are_listed_with_their_reason() -> None:
    failure = Failure("c1", "A card", "its list is missing", kind="skipped")
    text = printed(report_tables("Import", [report([failure], skipped=1)]))
    assert "To look at" in text
    for word in ("skipped", "c1", "A card", "its list is missing"):
        assert word in text


def test_long_lists_are_cut_with_the_number_of_the_rest() -> None:
    failures = [Failure(f"c{number}", "card", "bad") for number in range(SHOWN + 3)]
    text = printed(report_tables("Import", [report(failures, failed=len(failures))]))
    assert "… and 3 more; --json lists them all." in text
    assert f"c{SHOWN - 1} " in text
    assert f"c{SHOWN} " not in text


def test_sides_that_agree_are_said_to_agree() -> None:
    assert "Both sides agree." in printed(verify_tables("shop", [VerifyReport("shop.article", 3, 12)]))


def test_each_difference_shows_both_sides() -> None:
    found = VerifyReport(
        "shop.article",
        1,
        4,
        [Difference("a1", 7, "Roof", "name", "Roof", "Rood" + "x" * 100)],
        [Unpaired("a2", "New", "it has no pair")],
        [Unpaired("9", "Old", "its external record a9 is gone")],
    )
    text = printed(verify_tables("shop", [found]))
    for words in ("a1", "Roof", "Rood", "…", "a2", "it has no pair", "a9 is gone"):
        assert words in text
    assert "x" * 100 not in text
    assert "agree" not in text
