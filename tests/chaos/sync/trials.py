"""The trials: each makes trouble in a world of its own, and says how much of it there was."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.sandbox.trello import synthetic
from tests.chaos.sync.crew import free_port, wait_for, watch, workers
from tests.chaos.sync.world import World


@dataclass
class Tried:
    """What a trial did: ``kills`` by step, or "at random"; ``faults`` by kind; ``counts`` of all else."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tried) -> Tried:
        return Tried(self.kills + other.kills, self.faults + other.faults, self.counts + other.counts)

    @property
    def steps(self) -> set[str]:
        """The different steps at which a process was killed."""
        return {step for step in self.kills if step != "at random"}


def done_in(world: World, kills: Counter[str], **more: int) -> Tried:
    """Return what was done in a world."""
    counts = {
        "edits": world.edits + world.early,
        "edits of the unpaired": world.early,
        "rounds": world.rounds,
        "storms of 429": world.trouble.storms,
        **more,
    }
    return Tried(kills, world.trouble.played, Counter(counts))


#: Steps that a round has more than a quiet one when there is something to do, about.
MORE = 40


def killed(folder: Path, seed: int, kills: int, first: int = 0, of: int = 0) -> Tried:
    """Kill rounds step by step. ``first``: how many of ``of`` came before."""
    world, points = World(folder, seed), Counter[str]()
    with world.running():
        quiet = len(world.settle())
        of = of or kills
        for number in range(first, first + kills):
            world.edit(6)
            # Every step once, then every step of longer rounds; few kills are spread over the round.
            at = number if quiet < of else number * (quiet + MORE) // of
            done = world.round(last=at % (quiet + MORE) + 1)
            if done.killed_at:
                points[done.killed_at] += 1
                world.edit(3)  # people go on working
            world.settle()
            world.require_truth()
    return done_in(world, points)


def orphaned(folder: Path, seed: int, kills: int) -> Tried:
    """Kill rounds when they have just made something, which people go on with before it has its pair."""
    world, points = World(folder, seed), Counter[str]()
    with world.running():
        world.settle()
        while points.total() < kills:
            world.edit(3)
            world.add()
            done = world.round(last=world.random.randint(1, 4), when_made=True)
            if done.killed_at:
                points[done.killed_at] += 1
            world.edit(3)
            world.settle()
            world.require_truth()
    return done_in(world, points)


def imported(folder: Path, seed: int, kills: int, cards: int = 2000) -> Tried:
    """Kill the first import of a big board again and again."""
    world, points = World(folder, seed, data=synthetic.board(cards)), Counter[str]()
    with world.running():
        while points.total() < kills:
            done = world.round(last=world.random.randint(20, 90))
            if done.killed_at is None:
                break
            points[done.killed_at] += 1
        world.settle()
        expected = sorted(one["name"] for one in world.cards.truth.values())
        found = sorted(one["name"] for one in world.cards.in_odoo().values())
        assert found == expected, "cards were lost or doubled"
        assert len(world.cards.pairs()) == len(expected)
    return done_in(world, points)


def brought(folder: Path, seed: int, kills: int) -> Tried:
    """Kill the first import of a board with all that belongs to it, side by side, again and again."""
    world, points = World(folder, seed), Counter[str]()
    with world.running():
        world.fill(5)
        while points.total() < kills:
            done = world.round(last=world.random.randint(3, 30), only_import=True)
            if done.killed_at is None:
                break
            points[done.killed_at] += 1
        world.settle()
        world.require_truth()
    return done_in(world, points)


def hindered(folder: Path, seed: int, faults: int) -> Tried:
    """Have requests go wrong, and servers go down."""
    world = World(folder, seed)
    trouble = world.trouble
    with world.running():
        world.settle()
        number = 0
        while trouble.played.total() < faults:
            world.edit(6)
            number += 1
            if number % 6 == 2:
                world.round(outage=True)
            elif number % 6 == 5:
                trouble.storm()
                world.round()
            else:
                trouble.disturb(12)
                world.round(impatient=True)
            world.edit(3)
            world.settle()
            world.require_truth()
    return done_in(world, Counter())


def crowded(folder: Path, seed: int, bouts: int, database: str, size: int = 4) -> Tried:
    """Have processes synchronise the same backend at once, some of them until they die."""
    world, became = World(folder, seed, database), Counter[str]()
    with world.running():
        world.settle()
        for _ in range(bouts):
            world.edit(8)
            became += world.crowd(size, rounds=2)
            world.edit(3)
            world.settle()
            world.require_truth()
    kills = Counter({"at random": became.pop("killed", 0)})
    return done_in(world, kills, rounds=world.rounds + became["rounds"], refused=became["refused"])


def hinted(folder: Path, seed: int, bouts: int) -> Tried:
    """Have a watch take webhooks that come twice and in any order, and kill it now and then.

    What people do at Trello reaches Odoo by webhooks alone; what a watch that was killed did not come to, a
    round makes up for.
    """
    world, became = World(folder, seed), Counter[str]()
    port = free_port()
    with world.running(), watch(world.settings, port) as process:
        world.settle()
        for number in range(bouts):
            process.start()
            wait_for(port)
            if not number:
                world.install_webhooks(port)
            world.trello.courier.hold()
            world.edit(8, only_outside=True)
            sent: list[list[Any]] = []

            def arrange(waiting: list[Any], sent: list[list[Any]] = sent) -> list[Any]:
                sent[:] = [waiting, world.jumble(waiting)]
                return sent[1]

            world.trello.courier.release(arrange)
            became.update({"webhooks": len(sent[1]), "webhooks twice": len(sent[1]) - len(sent[0])})
            if number % 3 < 2:
                world.come_true()
                continue
            time.sleep(world.random.random())
            process.kill(world.random)
            world.trello.courier.wait()
            world.edit(3)
            world.settle()
            world.require_truth()
    return done_in(world, Counter({"at random": process.kills}), **became)


def worked(folder: Path, seed: int, bouts: int, database: str, size: int = 4) -> Tried:
    """Have workers import and export records and whole backends while a round does, requests go wrong and
    workers are killed.
    """
    world, jobs = World(folder, seed, database), 0
    with world.running(), workers(world.settings, size) as crew:
        world.settle()
        for _ in range(bouts):
            crew.start()
            world.edit(8)
            world.trouble.disturb(6)
            for _ in range(3):
                jobs += world.enqueue(6)
                world.round()
                crew.kill(world.random)
                crew.start()
            world.calm()
            crew.stop()
            world.edit(3)
            world.settle()
            world.require_truth()
            wrong = world.job_problems()
            assert not wrong, wrong
    return done_in(world, Counter({"at random": crew.kills}), jobs=jobs)
