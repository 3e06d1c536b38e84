"""The end of a long chaos says what was done, and is only well when that is what was asked for."""

from __future__ import annotations

import time
from collections import Counter

from tests.chaos.sync.report import Report
from tests.chaos.sync.trials import Tried

TRIED = Tried(
    kills=Counter({"before commit, 1": 2, "after commit, 1": 1, "at random": 1}),
    faults=Counter({"429 without acting": 3}),
    counts=Counter(edits=5, rounds=7),
)


def report_of(*trials: tuple[str, Tried, str]) -> Report:
    report = Report(time.monotonic())
    for trial in trials:
        report.add(*trial)
    return report


def test_what_trials_did_is_added_up() -> None:
    lines = report_of(("killed", TRIED, ""), ("killed", TRIED, "")).lines({})
    assert lines[0] == "killed: 10 edits, 6 faults, 8 kills, 14 rounds"
    assert lines[1].split() == ["6", "x", "429", "without", "acting"]
    assert "8 kills (2 different steps of 2 kinds, 2 at random), 6 faults on the wire, 10 edits" in lines[2]
    assert lines[3].startswith("sync: all well")


def test_a_trial_that_went_wrong_fails_the_run() -> None:
    report = report_of(("killed", TRIED, ""), ("hindered", Tried(), "Traceback"))
    assert report.wrong({}) == 1
    assert report.lines({})[-1].startswith("sync: FAILED")


def test_less_trouble_than_asked_for_fails_the_run() -> None:
    report = report_of(("killed", TRIED, ""))
    assert report.wrong({"kills": 4, "faults": 3}) == 0
    assert report.wrong({"kills": 5, "faults": 3}) == 1
    assert "too little: 4 kills of 5" in report.lines({"kills": 5})
