"""What a long chaos did, counted while it went on, and whether that is what was asked for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from tests.chaos.sync.trials import Tried


class Report:
    """Adds up what trials did. ``began``: when, on the monotonic clock."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._by_kind: dict[str, Tried] = {}
        self._failed = 0

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._began

    def add(self, kind: str, tried: Tried, problem: str) -> None:
        """Take note of a trial; ``problem`` is empty when all was well."""
        self._by_kind[kind] = self._by_kind.get(kind, Tried()) + tried
        self._failed += bool(problem)

    def wrong(self, wanted: Mapping[str, int]) -> int:
        """Return how many trials failed, and of how many things there was less than wanted."""
        return self._failed + len(self._missing(wanted))

    def _missing(self, wanted: Mapping[str, int]) -> list[str]:
        there = {"kills": self._all.kills.total(), "faults": self._all.faults.total()}
        return [
            f"{there[what]} {what} of {number}" for what, number in wanted.items() if there[what] < number
        ]

    @property
    def _all(self) -> Tried:
        return sum(self._by_kind.values(), Tried())

    def lines(self, wanted: Mapping[str, int]) -> list[str]:
        """Return what happened, kind by kind and in all."""
        lines = [f"{kind}: {shown(tried)}" for kind, tried in self._by_kind.items()]
        whole, missing = self._all, self._missing(wanted)
        lines += [f"  {count:5} x {name}" for name, count in sorted(whole.faults.items())]
        labels = {point.rpartition(",")[0] for point in whole.steps}
        lines.append(
            f"sync: {whole.kills.total()} kills ({len(whole.steps)} different steps of {len(labels)} kinds, "
            f"{whole.kills['at random']} at random), {whole.faults.total()} faults on the wire, "
            f"{whole.counts['edits']} edits, {whole.counts['rounds']} rounds"
        )
        verdict = "FAILED" if self.wrong(wanted) else "all well: nothing lost, nothing doubled"
        lines += [f"too little: {one}" for one in missing]
        return [*lines, f"sync: {verdict} after {self.seconds:.0f} s"]


def shown(tried: Tried) -> str:
    """Return what one kind of trials did."""
    told: Counter[str] = tried.counts + Counter(
        {"kills": tried.kills.total(), "faults": tried.faults.total()}
    )
    return ", ".join(f"{count} {name}" for name, count in sorted(told.items()))
