"""Pairs are looked up by an index of their ids: what a page costs does not grow with all that is bound."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from isthmus.connector.map_record import Options
from isthmus.testing import TrialApp


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda binder: binder.bindings(["a", "b"]), "trello_card_external_uniq"),
        (lambda binder: binder.to_internal_many(["a", "b"]), "trello_card_external_uniq"),
        (lambda binder: binder.to_internal("a"), "trello_card_external_uniq"),
        (lambda binder: binder.wrap([1, 2]), "trello_card_odoo_uniq"),
        (lambda binder: binder.to_external_many([1, 2], wrap=True), "trello_card_odoo_uniq"),
    ],
    ids=["bindings", "to_internal_many", "to_internal", "wrap", "to_external_many"],
)
def test_pairs_are_found_by_their_ids(ask: Any, index: str) -> None:
    asked: list[tuple[str, Any]] = []
    with TrialApp("isthmus.trello") as app, app.environment() as env:
        backend = env["trello.backend"].create({"name": "b"})
        with backend.work_on("trello.card") as work:
            binder = work.component(usage="binder")

            @sa.event.listens_for(app.database.engine, "before_cursor_execute")
            def hear(connection: Any, cursor: Any, statement: str, parameters: Any, *about: Any) -> None:
                if "FROM trello_card" in statement:
                    asked.append((statement, parameters))

            ask(binder)
        statement, parameters = asked[-1]
        plan = env.transaction.local.execute(f"EXPLAIN QUERY PLAN {statement}", tuple(parameters)).fetchall()
    assert any(
        f"USING INDEX {index} (" in row[-1] or f"COVERING INDEX {index} (" in row[-1] for row in plan
    ), plan


@pytest.mark.parametrize("part", ["comment", "file", "link"])
def test_the_tasks_of_a_page_of_parts_are_looked_up_together(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[Any]] = []

    def to_internal_many(binder: Any, ids: Any, unwrap: bool = False) -> dict[Any, int]:
        asked.append(list(ids))
        return {id_: number for number, id_ in enumerate(asked[-1], 1)}

    monkeypatch.setattr("isthmus.connector.binder.Binder.to_internal_many", to_internal_many)
    with TrialApp("isthmus.trello") as app, app.environment() as env:
        backend = env["trello.backend"].create({"name": "b"})
        with backend.work_on(f"trello.{part}") as work:
            mapper = work.component(usage="import.mapper")
            monkeypatch.setattr(mapper, "active_rules", lambda: ())
            with mapper.session(Options()):
                mapper.prefetch([{"idCard": "a"}, {"idCard": "b"}, {"idCard": "a"}])
                assert [mapper.task_of({"idCard": card}) for card in "ab"] == [1, 2]
    assert asked == [["a", "b"]]
