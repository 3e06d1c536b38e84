"""The story of the demo, step by step; each step says what it did, and fails loudly when it did something
else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from isthmus.connector.meter import Meter
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.connector.outcome import KINDS
from isthmus.connector.report import EntityReport, VerifyReport
from isthmus.connector.working import Progress, silent
from isthmus.demo.call import listening, rename
from isthmus.demo.crash import Crash
from isthmus.demo.dispute import Dispute
from isthmus.demo.edits import OdooPerson, TrelloPerson
from isthmus.demo.failure import DemoFailed
from isthmus.demo.pair import Pair
from isthmus.demo.stage import Stage
from isthmus.telemetry import subscribe


@dataclass(slots=True)
class Step:
    """One step: what it did, the HTTP requests that it took, and its time in milliseconds.

    ``waited_ms`` of that went by because Trello takes only so many requests in ten seconds.
    """

    name: str
    did: str = ""
    calls: int = 0
    ms: float = 0.0
    waited_ms: float = 0.0


class Story:
    """Plays the demo on a stage; ``progress`` is told of long work.

    Without ``is_whole`` it only goes there and back: no conflict, no crash, no webhook.
    """

    def __init__(self, stage: Stage, progress: Progress = silent, *, is_whole: bool = True) -> None:
        self.stage = stage
        self._is_whole = is_whole
        self.progress = progress
        self.steps: list[Step] = []
        self.verified: list[VerifyReport] = []

    def play(self, tell: Callable[[Step], None] = lambda step: None) -> list[Step]:
        """Run all steps and return them; ``tell`` is called after each. Raises DemoFailed."""
        for step in self._steps():
            self.steps.append(step)
            tell(step)
        return self.steps

    def _steps(self) -> Iterator[Step]:
        yield self._check()
        yield self._import("Import the board", self._created)
        yield self._import("Import again", self._nothing_written)
        yield self._edit_in_odoo()
        yield self._export("Export to Trello", self._something_exported)
        yield self._edit_in_trello()
        yield self._import("Import the changes", self._something_imported)
        yield self._export("Export again", self._nothing_sent)
        if self._is_whole and (pair := self._open_pair()) is not None:
            yield from self._dispute(pair)
            yield from self._crash()
            yield from self._call(pair)
        yield self._verify()

    # --- steps ---

    def _check(self) -> Step:
        with self._step("Check both sides") as (step, env):
            version = self.stage.app.connection().version()
            kind = "a simulated" if self.stage.sandbox else "a real"
            step.did = f"{kind} Odoo {version}; {self._backend(env).check()}"
        return step

    def _import(self, name: str, check: Callable[[list[EntityReport], int], str]) -> Step:
        with self._step(name) as (step, env):
            writes = self.stage.odoo_writes()
            reports = import_backend(self._backend(env), progress=self.progress)
            self._require_no_failures(name, reports)
            step.did = check(reports, self.stage.odoo_writes() - writes)
        return step

    def _export(self, name: str, check: Callable[[list[EntityReport], int], str]) -> Step:
        with self._step(name) as (step, env):
            writes = self.stage.trello_writes()
            reports = export_backend(self._backend(env), progress=self.progress)
            self._require_no_failures(name, reports)
            step.did = check(reports, self.stage.trello_writes() - writes)
        return step

    def _edit_in_odoo(self) -> Step:
        with self._step("Edit in Odoo") as (step, env):
            done = self._in_odoo().edit(self._project(env), self._open_tasks(env))
            step.did = ", ".join(done) or "nothing to edit"
        return step

    def _edit_in_trello(self) -> Step:
        with self._step("Edit in Trello") as (step, env):
            cards = [
                row["external_id"]
                for row in env["trello.card"]._read_rows([], ["external_id"], order="id desc")
            ]
            done = self._in_trello().edit(self.stage.board_id, cards)
            step.did = ", ".join(done) or "nothing to edit"
        return step

    def _dispute(self, pair: Pair) -> Iterator[Step]:
        """Let both sides change the same card, and decide."""
        with self.stage.app.environment() as env:
            dispute = Dispute(self._backend(env), pair, self._in_odoo(), self._in_trello())
            yield self._done("Edit on both sides", dispute.edit)
            yield self._done("Run a round", lambda: dispute.meet(self.progress))
            yield self._done("Settle the conflict", lambda: dispute.settle(self.progress))

    def _crash(self) -> Iterator[Step]:
        """Kill a round in the middle, and run another one."""
        with self.stage.app.environment() as env:
            crash = Crash(self.stage, self._backend(env))
            yield self._done("Add tasks in Odoo", lambda: crash.prepare(self._in_odoo(), self._project(env)))
            yield self._done("Kill a round", crash.happen)
            yield self._done("Run another round", lambda: crash.go_on(self.progress))

    def _call(self, pair: Pair) -> Iterator[Step]:
        """Have Trello tell of a change."""
        with self.stage.app.environment() as env, ExitStack() as until_told:
            told = listening(self.stage, self._backend(env))
            yield self._done("Watch and listen", lambda: until_told.enter_context(told))
            yield self._done("Rename a card", lambda: rename(pair, self._in_odoo(), self._in_trello()))

    def _verify(self) -> Step:
        with self._step("Verify both sides") as (step, env):
            self.verified = verify_backend(self._backend(env), progress=self.progress)
            pairs, fields = (
                sum(getattr(one, name) for one in self.verified) for name in ("compared", "fields")
            )
            step.did = f"{pairs} pairs, {fields} fields compared: both sides agree"
        if not all(report.ok for report in self.verified):
            raise DemoFailed(
                "the two sides do not agree", hint="See the differences above.", reports=self.verified
            )
        return step

    # --- what must be true ---

    def _created(self, reports: list[EntityReport], writes: int) -> str:
        return f"{self._counted(reports)}; {writes} writes in Odoo"

    def _nothing_written(self, reports: list[EntityReport], writes: int) -> str:
        touched = sum(report.counts[kind] for report in reports for kind in ("created", "updated", "deleted"))
        if touched or writes:
            raise DemoFailed(
                f"importing what is unchanged touched {touched} records and wrote {writes} times"
            )
        return f"{self._counted(reports)}; 0 writes in Odoo"

    def _something_exported(self, reports: list[EntityReport], writes: int) -> str:
        if not sum(report.counts[kind] for report in reports for kind in ("created", "updated")):
            raise DemoFailed("changes were made in Odoo, and none of them was exported")
        return f"{self._counted(reports)}; {writes} writes in Trello"

    def _something_imported(self, reports: list[EntityReport], writes: int) -> str:
        if not sum(report.counts[kind] for report in reports for kind in ("created", "updated")):
            raise DemoFailed("changes were made in Trello, and none of them was imported")
        return f"{self._counted(reports)}; {writes} writes in Odoo"

    def _nothing_sent(self, reports: list[EntityReport], writes: int) -> str:
        if writes:
            raise DemoFailed(f"what came from Trello was sent back to it: {writes} writes")
        return f"{self._counted(reports)}; 0 writes in Trello: nothing echoes"

    def _require_no_failures(self, name: str, reports: list[EntityReport]) -> None:
        failures = [failure for report in reports for failure in report.failures if failure.kind != "skipped"]
        if failures:
            first = failures[0]
            raise DemoFailed(
                f"{name}: {len(failures)} records were set aside, first {first.name!r}: {first.reason}",
                hint=first.hint,
            )

    # --- inside ---

    def _backend(self, env: Any) -> Any:
        return env["trello.backend"].search([("name", "=", "demo")])

    def _in_odoo(self) -> OdooPerson:
        return OdooPerson(self.stage.app)

    def _in_trello(self) -> TrelloPerson:
        trello = self.stage.trello
        return TrelloPerson(trello.url, trello.key, trello.token)

    def _project(self, env: Any) -> int:
        board = env["trello.board"].search([("external_id", "=", self.stage.board_id)])
        return int(board.odoo_id.id)

    def _open_pair(self) -> Pair | None:
        """Return the pair of a task that is open; None when there is none."""
        with self.stage.app.environment() as env:
            for task in self._open_tasks(env)[-1:]:
                card = env["trello.card"].search([("odoo_id", "=", task)])
                return Pair(card.external_id, task)
        return None

    def _open_tasks(self, env: Any) -> list[int]:
        ids = [row["odoo_id"] for row in env["trello.card"]._read_rows([], ["odoo_id"], order="id")]
        rows = env["project.task"].browse(ids).read(["active"])
        return [row["id"] for row in rows if row["active"]]

    def _counted(self, reports: list[EntityReport]) -> str:
        totals = {kind: sum(report.counts[kind] for report in reports) for kind in KINDS}
        return ", ".join(f"{number} {kind}" for kind, number in totals.items() if number) or "nothing to do"

    def _done(self, name: str, act: Callable[[], str]) -> Step:
        with self._timed(name) as step:
            step.did = act()
        return step

    @contextmanager
    def _step(self, name: str) -> Iterator[tuple[Step, Any]]:
        with self._timed(name) as step, self.stage.app.environment() as env:
            yield step, env

    @contextmanager
    def _timed(self, name: str) -> Iterator[Step]:
        step = Step(name)

        def hear(event: str, fields: dict[str, Any]) -> None:
            if event == "http.wait":
                step.waited_ms += fields["wait_s"] * 1000

        start = time.perf_counter()
        end_hearing = subscribe(hear)
        try:
            with Meter() as meter:
                yield step
        finally:
            end_hearing()
        step.calls = meter.calls
        step.ms = (time.perf_counter() - start) * 1000
