"""Job queues against each other: ours and the peers, on the same machine, in the same run, fsync on."""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from race import ours
from race.contestant import Contestant, peers
from race.endurance import endurance
from race.environment import default_folder, interpreter
from race.heat import FULL, QUICK, run
from race.postgres import running_server, version
from race.process import ContestantError
from race.standing import Values, board, figures, medians
from report import WIDTH, Figure, parser, publish
from rich.console import Console

console = Console(stderr=True)


class Race:
    """A run: the contestants, what it measured of them, and who could not be measured."""

    def __init__(self, contestants: list[Contestant], server: str, folder: Path, quick: bool) -> None:
        self.contestants = contestants
        self.standing: dict[Contestant, Values] = {}
        self.failed: list[str] = []
        self._server, self._folder = server, folder
        self._quick, self._scale = quick, QUICK if quick else FULL
        self._places = itertools.count(1)

    def run(self) -> list[Figure]:
        """Run every contestant once a round, in another order each time; return the figures of all."""
        heats: dict[Contestant, list[Values]] = {one: [] for one in self.contestants}
        for number in range(self._scale.rounds):
            start = number % max(len(self.contestants), 1)
            for one in self.contestants[start:] + self.contestants[:start]:
                with self._attempt(one):
                    heats[one].append(run(one, self._server, self._place(), self._scale))
                    told = ", ".join(f"{name} {value:,.4g}" for name, value in heats[one][-1].items())
                    console.print(f"{number + 1}/{self._scale.rounds} {one.name}: {told}", markup=False)
        self.standing = {one: medians(values) for one, values in heats.items() if values}
        return figures(self.standing)

    def endure(self) -> Iterator[Figure]:
        """Yield what a long queue costs ours."""
        for one in self.contestants:
            if one.ours and one.everything:
                with self._attempt(one):
                    yield from endurance(one, self._server, self._place(), self._scale, self._quick)

    def _place(self) -> Path:
        # Brokers outlive the run: the name becomes that of a queue there.
        return self._folder / f"heat-{os.getpid()}-{next(self._places)}"

    @contextmanager
    def _attempt(self, contestant: Contestant) -> Iterator[None]:
        """Take down who fails, and print what it said."""
        try:
            yield
        except ContestantError as error:
            self.failed.append(contestant.name)
            console.print(f"{contestant.name}: {error}", markup=False)


def fsync_ms(folder: Path, times: int = 50) -> float:
    """Return the milliseconds that the disk of the race takes to keep 8 KB, the median of some tries."""
    spent = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(8192))
            start = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - start)
    return statistics.median(spent) * 1000


def entered(peers_folder: Path, words: list[str], quick: bool) -> list[Contestant]:
    """Return the contestants whose name contains one of the words; without words all that are for the run."""
    everybody = [*ours.contestants(), *peers(interpreter(peers_folder))]
    if words:
        return [one for one in everybody if any(word in one.name for word in words)]
    return [one for one in everybody if one.in_quick or not quick]


def options() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    found = parser("Job queues")
    peers_help = "where the environment of the peers is kept (otherwise the user's cache)"
    found.add_argument("--peers", type=Path, default=default_folder(), metavar="FOLDER", help=peers_help)
    folder_help = "where the databases are made: choose the disk to measure (otherwise a temporary folder)"
    found.add_argument("--folder", type=Path, metavar="FOLDER", help=folder_help)
    only_help = "only contestants with this in their name; can be given several times"
    found.add_argument("--only", action="append", default=[], metavar="WORD", help=only_help)
    return found


def main() -> int:
    """Measure, print, write. Return 0, or 1 when a target is missed or a contestant could not be measured."""
    chosen = options().parse_args()
    contestants = entered(chosen.peers, chosen.only, chosen.quick)
    with (
        tempfile.TemporaryDirectory(prefix="isthmus-race-", dir=chosen.folder) as name,
        running_server(Path(name) / "postgres") as server,
    ):
        console.print(f"PostgreSQL {version(server)}, {len(contestants)} contestants")
        race = Race(contestants, server, Path(name), chosen.quick)
        disk = Figure("one fsync of 8 KB on this disk", fsync_ms(Path(name)), "ms")
        found = [disk, *race.run(), *race.endure()]
    Console(width=WIDTH).print(board(race.standing))
    mine = [disk, *(one for one in found if "Isthmus" in one.name)]
    status = publish("Ours", found, chosen, shown=mine)
    return 1 if race.failed else status


if __name__ == "__main__":
    sys.exit(main())
