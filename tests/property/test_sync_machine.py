"""Whatever is edited, added, archived and deleted on either side, in whatever order, with restarts, lost
answers and decisions between: after each round both sides are what a plain model says.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from isthmus.app import App
from isthmus.connector.round import sync_backend
from isthmus.errors import IsthmusError, StaleDecisionError
from isthmus.sandbox.faults import Answer, DropConnection
from tests.chaos.sync.victim import BriskClock
from tests.chaos.sync.world import World
from tests.integration.trello.board import BLUE, DONE, RED, TODO
from tests.property.sync_model import ASKED, NEWEST, Model, Pair

#: Few, so that both sides often say the same, or what they once agreed on.
VALUES: dict[str, list[Any]] = {
    "name": ["one", "two", "three"],
    "desc": ["", "some", "more"],
    "list": [TODO, DONE],
    "due": [None, "2027-01-01 10:00:00", "2027-01-02 10:00:00"],
    "done": [False, True],
    "closed": [False, True],
    "labels": [[], [RED], [RED, BLUE]],
}
#: How Odoo calls them.
IN_ODOO = {
    "name": "name", "desc": "description", "list": "stage_id", "due": "date_deadline", "done": "state",
    "closed": "active", "labels": "tag_ids",
}  # fmt: skip
EDITS = [(name, value) for name, values in VALUES.items() for value in values]
DELETIONS = ["archive", "delete", "unlink", "ignore"]
EXAMPLES = int(os.environ.get("SYNC_MACHINE_EXAMPLES", "5"))


class SyncMachine(RuleBasedStateMachine):
    """Two simulated servers, an installation between them, and the model."""

    @initialize(
        policy=st.sampled_from(["odoo", "external", ASKED, NEWEST]),
        inward=st.sampled_from(DELETIONS),
        outward=st.sampled_from(DELETIONS),
    )
    def begin(self, policy: str, inward: str, outward: str) -> None:
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.world = World(folder, seed=1, cards=2)
        self.stack.enter_context(self.world.running())
        self.cards = self.world.cards
        self.model = Model(policy, inward, outward)
        self.start()
        values = {"conflict_policy": policy, "import_deletion": inward, "export_deletion": outward}
        with self.app.environment() as env:
            env["trello.backend"].search([]).write(values)
        for id_, state in self.cards.outside().items():
            self.add_pair(state, card_id=id_)
        self.round()

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.app.close()
            self.stack.close()

    def start(self) -> None:
        self.app = App.load(self.world.settings)
        self.app.clock = BriskClock()

    def add_pair(self, state: dict[str, Any], **values: Any) -> None:
        fields = {name: self.model.new_field(state[name]) for name in VALUES}
        pair = Pair(fields, is_bound=False, **values)
        pair.card, pair.task = pair.card_id is not None, pair.task_id is not None
        self.model.pairs.append(pair)

    # --- what people do ---

    def chosen(self, data: Any, side: str) -> Pair | None:
        there = [pair for pair in self.model.pairs if getattr(pair, side) and getattr(pair, f"{side}_id")]
        return data.draw(st.sampled_from(there)) if there else None

    @rule(data=st.data(), edit=st.sampled_from(EDITS), both=st.none() | st.sampled_from(EDITS))
    def edit_card(self, data: Any, edit: tuple[str, Any], both: Any) -> None:
        if (pair := self.chosen(data, "card")) is None:
            return
        name, value = edit
        self.cards.edit_outside(pair.card_id or "", name, value)
        pair.fields[name].card = value
        if both and both[0] == name and pair.task and pair.task_id:
            self.write_task(pair, *both)

    @rule(data=st.data(), edit=st.sampled_from(EDITS))
    def edit_task(self, data: Any, edit: tuple[str, Any]) -> None:
        if (pair := self.chosen(data, "task")) is not None:
            self.write_task(pair, *edit)

    @rule(data=st.data(), name=st.sampled_from(["name", "desc", "due"]))
    def edit_both(self, data: Any, name: str) -> None:
        """Change one field on both sides."""
        pair = self.chosen(data, "card")
        if pair is not None and pair.task and pair.task_id:
            first, second = (data.draw(st.sampled_from(VALUES[name])) for _ in range(2))
            self.cards.edit_outside(pair.card_id or "", name, first)
            pair.fields[name].card = first
            self.write_task(pair, name, second)

    def write_task(self, pair: Pair, name: str, value: Any) -> None:
        self.cards.edit_in_odoo(pair.task_id or 0, name, value)
        pair.fields[name].task = value

    @rule()
    def add_card(self) -> None:
        id_ = self.cards.add_outside()
        self.add_pair(self.cards.outside()[id_ or ""], card_id=id_)

    @rule()
    def add_task(self) -> None:
        known = set(self.cards.in_odoo())
        state = self.cards.add_in_odoo()
        (id_,) = set(self.cards.in_odoo()) - known
        self.add_pair(state or {}, task_id=id_)

    @rule(data=st.data())
    def delete_card(self, data: Any) -> None:
        if (pair := self.chosen(data, "card")) is not None:
            self.cards.client.delete(f"/cards/{pair.card_id}")
            pair.card = False

    @rule(data=st.data())
    def delete_task(self, data: Any) -> None:
        if (pair := self.chosen(data, "task")) is not None:
            self.cards.call("project.task", "unlink", [pair.task_id or 0])
            pair.task = False

    # --- what the installation does ---

    def sync(self) -> Any:
        with self.app.environment() as env:
            return sync_backend(env["trello.backend"].search([]))

    @rule()
    def round(self) -> None:
        done = self.sync()
        failed = [one for report in (*done.imports, *done.exports) for one in report.failures]
        assert [one for one in failed if one.kind == "failed"] == []
        self.model.round()
        self.require_as_modelled()

    @rule()
    def quiet_rounds(self) -> None:
        """After some rounds without edits one writes nothing, and what differs waits for a person."""
        self.round()
        self.round()
        self.world.forget_requests()
        self.round()
        assert self.world.writes() == []
        alive = [p for p in self.model.pairs if p.card and p.task and p.is_bound and not p.is_over]
        differing = {
            (p.card_id, IN_ODOO[name])
            for p in alive
            for name, one in p.fields.items()
            if one.task != one.card
        }
        with self.app.environment(None) as env:
            entries = env["connector.conflict"].search([("state", "!=", "settled")])
            assert {(one.external_id, one.field) for one in entries} == differing
        assert not differing or self.model.policy == ASKED

    @rule()
    def restart(self) -> None:
        self.app.close()
        self.start()

    @rule(
        outside=st.booleans(),
        skip=st.integers(0, 12),
        fault=st.sampled_from(
            [DropConnection(after_acting=True), Answer.bad_gateway(502, after_acting=True)]
        ),
        times=st.sampled_from([1, 1, 8]),
    )
    def lose_answers(self, outside: bool, skip: int, fault: Any, times: int) -> None:
        """Do a round whose answers are lost; nobody edits until the next one made up for it."""
        server: Any = self.world.trello if outside else self.world.odoo
        passing = iter(range(skip))
        server.faults.add(fault, times=times, when=lambda _: next(passing, None) is None)
        with contextlib.suppress(IsthmusError):  # the next round makes up for it
            self.sync()
        server.faults.clear()
        self.sync()
        self.model.round()
        self.model.round()
        self.round()

    @precondition(lambda self: self.model.policy == ASKED)
    @rule(data=st.data(), side=st.sampled_from(["odoo", "external"]))
    def settle_conflict(self, data: Any, side: str) -> None:
        """Decide about all that waits of one pair, as it was seen the last time."""
        with self.app.environment() as env:
            entries = env["connector.conflict"].search([("state", "!=", "settled")])
            if not entries:
                return
            id_ = data.draw(st.sampled_from(sorted(set(entries.mapped("external_id")))))
            chosen = entries.filtered(lambda one: one.external_id == id_)
            decided = chosen.mapped("field")
            try:
                chosen.resolve(take=side)
            except StaleDecisionError:
                return  # it was edited since: nothing is written
        (pair,) = [one for one in self.model.pairs if one.card_id == id_]
        for direction in ("import", "export"):
            for name, one in pair.fields.items():
                one.run(direction, side if IN_ODOO[name] in decided else None)
        self.require_as_modelled()

    # --- looking ---

    def require_as_modelled(self) -> None:
        cards, tasks, bound = self.cards.outside(), self.cards.in_odoo(), self.cards.pairs()
        of_task = {task: card for card, task in bound.items()}
        for pair in self.model.pairs:
            if pair.is_bound and pair.card and pair.card_id is None:
                pair.card_id = of_task[pair.task_id or 0]
            if pair.is_bound and pair.task and pair.task_id is None:
                pair.task_id = bound[pair.card_id or ""]
            if pair.card and pair.task and pair.card_id in cards and pair.task_id in tasks:
                for name, one in pair.fields.items():
                    one.learn(tasks[pair.task_id][name], cards[pair.card_id][name])
        for side, found in (("card", cards), ("task", tasks)):
            expected = {
                getattr(pair, f"{side}_id"): {name: getattr(one, side) for name, one in pair.fields.items()}
                for pair in self.model.pairs
                if getattr(pair, side)
            }
            assert found == expected, side


def test_both_sides_are_what_a_plain_model_says_after_each_round() -> None:
    run_state_machine_as_test(
        SyncMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
