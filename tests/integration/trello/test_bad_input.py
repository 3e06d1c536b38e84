"""What goes wrong gets a clear error or sets one record aside; the rest goes on, nothing is half-written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from isthmus.connector.operation import import_backend, verify_backend
from isthmus.demo import OdooAccess, Stage
from isthmus.errors import (
    ConfigurationError,
    ForbiddenError,
    ImportDataError,
    NotFoundError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.sandbox.odoo import OdooSandbox
from tests.integration.trello.board import BLUE, BOARD, DONE, RED, TODO, board, card, label


@contextmanager
def staged(
    export: Any, odoo: OdooAccess | None = None, **backend_values: Any
) -> Iterator[tuple[Stage, Any, Any]]:
    """Give a stage for an export, an environment and its backend."""
    with Stage(export, odoo) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        backend.write(backend_values)
        yield stage, env, backend


def run(env: Any, backend: Any) -> dict[str, Any]:
    """Import, and return the reports by the last part of their entity."""
    return {report.entity.rpartition(".")[2]: report for report in import_backend(backend)}


def only_failure(report: Any) -> Any:
    (failure,) = report.failures
    return failure


# --- one record is set aside ---------------------------------------------------------------------------


def test_a_date_that_does_not_parse_sets_its_card_aside() -> None:
    export = board([card(1), card(2, due="next Tuesday"), card(3)])
    with staged(export) as (_, env, backend):
        reports = run(env, backend)
        assert reports["card"].counts["created"] == 2
        failure = only_failure(reports["card"])
        assert failure.name == "Card 2"
        assert "due" in failure.reason
        assert "next Tuesday" in failure.reason
        assert env["project.task"].search_count([]) == 2


def test_a_card_whose_list_is_missing_is_set_aside_and_comes_when_its_list_does() -> None:
    lost = "5f0000000000000000000099"
    with staged(board([card(1), card(2, idList=lost)])) as (stage, env, backend):
        reports = run(env, backend)
        failure = only_failure(reports["card"])
        assert failure.name == "Card 2"
        assert lost in failure.reason
        (unpaired,) = (one for report in verify_backend(backend) for one in report.unpaired_external)
        assert unpaired.name == "Card 2"
        assert lost in unpaired.reason
        with backend.work_on("trello.card") as work:
            work.component(usage="backend.adapter").write(card(2)["id"], {"idList": DONE})
        assert run(env, backend)["card"].counts["created"] == 1
        assert all(report.ok for report in verify_backend(backend))


def test_mirrors_and_separators_are_skipped_with_their_reason() -> None:
    export = board(
        [card(1), card(2, mirrorSourceId=card(1)["id"]), card(3, cardRole="separator", name="---")]
    )
    with staged(export) as (_, env, backend):
        report = run(env, backend)["card"]
        assert (report.counts["created"], report.counts["skipped"]) == (1, 2)
        assert report.ok
        assert sorted(failure.reason for failure in report.failures) == [
            "it is a mirror of another card",
            "it is a separator",
        ]
        assert all(one.ok for one in verify_backend(backend))


# --- odd values that are right -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"name": "x" * 16384}, id="the longest name"),
        pytest.param({"name": "a\tb\u0001c\u200f d\u0085 é 🚀"}, id="control characters"),
        pytest.param(
            {"desc": "line\u0001\n\n<script>alert(1)</script> <b>not html</b>\u000b"},
            id="control characters in text",
        ),
        pytest.param({"pos": 140737488355328 + 16384}, id="a position of the new base"),
        pytest.param({"pos": 0.0000152587890625}, id="a tiny position"),
        pytest.param({"name": "  blanks around  "}, id="blanks around"),
        pytest.param(
            {"due": "2026-02-28T23:59:59.999Z", "dueComplete": True}, id="a due date with fractions"
        ),
        pytest.param({"due": "1900-01-01T00:00:00.000Z"}, id="an old date"),
        pytest.param({"closed": True}, id="archived"),
        pytest.param({"idLabels": [RED, BLUE]}, id="two labels"),
    ],
)
def test_odd_values_arrive_and_agree(values: dict[str, Any]) -> None:
    with staged(board([card(1, **values), card(2)])) as (_, env, backend):
        reports = run(env, backend)
        assert reports["card"].counts["created"] == 2, reports["card"].failures
        assert all(report.ok for report in verify_backend(backend))
        assert run(env, backend)["card"].counts["unchanged"] == 2


def test_positions_of_both_bases_keep_their_order_in_odoo() -> None:
    base = 140737488355328
    positions = [16383.75, 65535, 81919, base, base + 16384, base + 32768]
    with staged(board([card(n, pos=pos) for n, pos in enumerate(positions)])) as (_, env, backend):
        run(env, backend)
        tasks = env["project.task"].search([], order="sequence")
        assert tasks.mapped("name") == [f"Card {n}" for n in range(len(positions))]


def test_a_label_without_a_name_becomes_a_tag_called_by_its_colour() -> None:
    export = board(labels=[label(RED, "", "red"), label(BLUE, "", None)])
    with staged(export) as (_, env, backend):
        assert run(env, backend)["label"].counts["created"] == 2
        names = env["project.tags"].search([]).mapped("name")
        assert sorted(names) == ["colourless label", "red label"]
        assert all(report.ok for report in verify_backend(backend))


def test_two_labels_of_one_name_become_two_tags() -> None:
    export = board(
        [card(1, idLabels=[RED, BLUE])], labels=[label(RED, "Bug", "red"), label(BLUE, "Bug", "blue")]
    )
    with staged(export) as (_, env, backend):
        assert run(env, backend)["label"].counts["created"] == 2
        assert sorted(env["project.tags"].search([]).mapped("name")) == ["Bug", "Bug (blue)"]
        assert sorted(env["project.task"].search([]).tag_ids.mapped("name")) == ["Bug", "Bug (blue)"]
        assert all(report.ok for report in verify_backend(backend))
        assert run(env, backend)["label"].counts["unchanged"] == 2


def test_a_tag_that_odoo_has_already_is_taken_and_not_recoloured() -> None:
    with staged(board()) as (_, env, backend):
        tag = env["project.tags"].create({"name": "Bug", "color": 7})
        run(env, backend)
        assert env["project.tags"].search([("name", "=", "Bug")]) == tag
        assert env["trello.label"].search([("external_id", "=", RED)]).odoo_id == tag
        env.clear()
        assert tag.color == 7


def test_an_empty_board_imports_and_agrees() -> None:
    with staged(board([], lists=[], labels=[])) as (_, env, backend):
        assert run(env, backend)["board"].counts["created"] == 1
        assert all(report.ok for report in verify_backend(backend))


def test_an_open_card_in_an_archived_list_stays_open() -> None:
    export = board()
    export["lists"][0]["closed"] = True
    with staged(export) as (_, env, backend):
        run(env, backend)
        stage_ = env["trello.list"].search([("external_id", "=", TODO)]).odoo_id
        assert stage_.fold
        assert env["project.task"].search_count([]) == 3
        assert all(report.ok for report in verify_backend(backend))


# --- nothing can be done: one clear error --------------------------------------------------------------


def test_an_unknown_board_is_named() -> None:
    with staged(board(), boards=["5f00000000000000000000ff"]) as (_, env, backend):
        with pytest.raises(NotFoundError, match="no board '5f00000000000000000000ff'") as caught:
            run(env, backend)
        assert "short link" in str(caught.value.hint)
        assert env["project.project"].search_count([]) == 0


@pytest.mark.parametrize(
    ("values", "word"), [({"key": "nope-key"}, "API key"), ({"token": "nope-token"}, "token")]
)
def test_wrong_credentials_are_refused_once_and_never_shown(values: dict[str, str], word: str) -> None:
    with staged(board(), **values) as (stage, env, backend):
        with pytest.raises(UnauthorizedError) as caught:
            run(env, backend)
        assert word in str(caught.value.hint)
        assert not any(secret in str(caught.value) for secret in values.values())
        assert stage.trello.log.count(status=401) == 1


def test_missing_credentials_say_which() -> None:
    with staged(board(), token=False) as (_, env, backend):
        with pytest.raises(ConfigurationError, match="no token"):
            run(env, backend)


def test_an_odoo_that_cannot_be_reached_says_where() -> None:
    access = OdooAccess("http://127.0.0.1:9", "db", "admin", "key")
    with staged(board(), access) as (_, env, backend):
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9"):
            run(env, backend)


def test_a_wrong_database_is_named() -> None:
    with (
        OdooSandbox(version=18) as box,
        staged(board(), OdooAccess(box.url, "nope", box.login, box.api_key)) as (_, env, backend),
    ):
        with pytest.raises(ConfigurationError, match="nope"):
            run(env, backend)


def test_a_user_without_rights_on_projects_is_refused_and_nothing_is_bound() -> None:
    with OdooSandbox(version=18) as box:
        with box.environment() as inside:
            users = inside["res.users"]
            user = users.create({"name": "Outsider", "login": "outsider", users.GROUPS: [(6, 0, [])]})
            inside["res.users.apikeys"].keep("o" * 40, user.id, "test", "rpc")
        with staged(board(), OdooAccess(box.url, box.database, "outsider", "o" * 40)) as (_, env, backend):
            with pytest.raises(ForbiddenError, match=r"project"):
                run(env, backend)
            assert env["trello.board"].search_count([]) == 0


def test_a_truncated_export_says_where_it_breaks(tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text(json.dumps(board())[:300])
    with pytest.raises(ImportDataError, match=r"cut\.json"), Stage(file):
        pass


@pytest.mark.parametrize("foreign", ["[]", "{}", '{"name": "not a board"}', '"text"', "\u0000\u0001", ""])
def test_a_foreign_file_is_no_export(tmp_path: Path, foreign: str) -> None:
    file = tmp_path / "foreign.json"
    file.write_text(foreign)
    with pytest.raises(ImportDataError), Stage(file):
        pass


def test_boards_are_found_by_their_short_link_too() -> None:
    export = board(shortLink="abCD1234")
    with staged(export, boards=["abCD1234"]) as (_, env, backend):
        run(env, backend)
        assert env["trello.board"].search([]).external_id == BOARD
