"""Imports, exports, deletions and verification over a database and a small shop."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus import Component, ImportMapper, fields, models, telemetry
from isthmus.components import ComponentRegistry
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.errors import AmbiguousError, ConfigurationError, ForbiddenError, RetryableJobError
from isthmus.inheritance import capture
from isthmus.records import open_environment
from isthmus.testing import TrialApp
from tests.integration.connector.shop import Shop, components, declared, new_database, registry


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def database() -> Any:
    return new_database()


@pytest.fixture
def env(shop: Shop, database: Any) -> Iterator[Any]:
    with open_environment(registry, database, services={ComponentRegistry: components, Shop: shop}) as env:
        yield env


@pytest.fixture
def backend(env: Any) -> Any:
    return env["shop.backend"].create({"name": "shop"})


def counts(report: Any) -> dict[str, int]:
    return {kind: number for kind, number in report.counts.items() if number}


def run_import(env: Any, backend: Any, **options: Any) -> dict[str, int]:
    (report,) = import_backend(backend, **options)
    return counts(report)


def run_export(env: Any, backend: Any) -> dict[str, int]:
    (report,) = export_backend(backend)
    return counts(report)


def agree(env: Any, backend: Any) -> bool:
    return all(report.ok for report in verify_backend(backend))


def partner(env: Any, external_id: str) -> Any:
    return env["shop.partner"].search([("external_id", "=", external_id)]).odoo_id


def test_an_import_creates_pairs_and_a_second_one_writes_nothing(env: Any, backend: Any, shop: Shop) -> None:
    shop.add(12)
    assert run_import(env, backend) == {"created": 12}
    before = env["s.partner"].search([]).mapped("write_date")
    assert run_import(env, backend) == {"unchanged": 12}
    assert env["s.partner"].search([]).mapped("write_date") == before
    assert agree(env, backend)


def test_a_changed_field_is_the_only_one_written(env: Any, backend: Any, shop: Shop) -> None:
    one, two = shop.add(2)
    run_import(env, backend)
    partner(env, one).write({"email": "by hand"})
    shop.partners[one]["town"] = "Bern"
    assert run_import(env, backend) == {"updated": 1, "unchanged": 1}
    assert (partner(env, one).city, partner(env, one).email) == ("Bern", "by hand")


def test_a_record_that_fails_is_set_aside_with_its_reason_and_comes_back_when_it_is_mended(
    env: Any, backend: Any, shop: Shop
) -> None:
    good, bad = shop.add(2)
    shop.partners[bad]["town"] = "boom"
    (report,) = import_backend(backend)
    assert counts(report) == {"created": 1, "failed": 1}
    assert report.failures[0].external_id == bad
    assert "there is no such town" in report.failures[0].reason
    shop.partners[bad]["town"] = "Rome"
    assert run_import(env, backend) == {"created": 1, "unchanged": 1}


def test_a_row_that_the_database_refuses_does_not_fail_its_page(env: Any, backend: Any, shop: Shop) -> None:
    ids = shop.add(5)
    shop.partners[ids[3]]["title"] = shop.partners[ids[1]]["title"]
    (report,) = import_backend(backend)
    assert counts(report) == {"created": 4, "failed": 1}
    assert report.failures[0].external_id == ids[3]
    assert "Names are unique" in report.failures[0].reason


def test_a_changed_row_that_the_database_refuses_does_not_hold_up_the_others(
    env: Any, backend: Any, shop: Shop
) -> None:
    ids = shop.add(4)
    run_import(env, backend)
    shop.partners[ids[2]]["title"] = shop.partners[ids[0]]["title"]
    shop.partners[ids[3]]["town"] = "Rome"
    (report,) = import_backend(backend)
    assert counts(report) == {"updated": 1, "failed": 1, "unchanged": 2}
    assert "Names are unique" in report.failures[0].reason
    assert partner(env, ids[3]).city == "Rome"


def test_an_export_sends_only_what_changed_since_the_base(env: Any, backend: Any, shop: Shop) -> None:
    one, two = shop.add(2)
    run_import(env, backend)
    partner(env, one).write({"email": "new@x.example"})
    shop.calls.clear()
    assert run_export(env, backend) == {"updated": 1, "unchanged": 1}
    assert [data for name, data in shop.calls if name == "write"] == [{"mail": "new@x.example"}]
    assert run_export(env, backend) == {"unchanged": 2}
    assert run_import(env, backend) == {"unchanged": 2}
    assert agree(env, backend)


def test_changes_of_different_fields_on_both_sides_merge(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add()
    run_import(env, backend)
    partner(env, one).write({"email": "odoo@x.example"})
    shop.partners[one]["town"] = "Oslo"
    assert run_export(env, backend) == {"updated": 1}
    assert run_import(env, backend) == {"updated": 1}
    assert (partner(env, one).email, partner(env, one).city) == ("odoo@x.example", "Oslo")
    assert (shop.partners[one]["mail"], shop.partners[one]["town"]) == ("odoo@x.example", "Oslo")
    assert agree(env, backend)


@pytest.mark.parametrize(("policy", "winner"), [("external", "shop"), ("odoo", "odoo")])
def test_a_field_changed_on_both_sides_follows_the_policy(
    env: Any, backend: Any, shop: Shop, policy: str, winner: str
) -> None:
    backend.conflict_policy = policy
    (one,) = shop.add()
    run_import(env, backend)
    partner(env, one).write({"email": "odoo"})
    shop.partners[one]["mail"] = "shop"
    run_import(env, backend)
    run_export(env, backend)
    assert partner(env, one).email == winner
    assert shop.partners[one]["mail"] == winner
    assert agree(env, backend)


def test_under_the_policy_ask_nothing_is_overwritten_and_the_pair_is_in_conflict(
    env: Any, backend: Any, shop: Shop
) -> None:
    backend.conflict_policy = "ask"
    (one,) = shop.add()
    run_import(env, backend)
    partner(env, one).write({"email": "odoo"})
    shop.partners[one]["mail"] = "shop"
    assert run_import(env, backend) == {"conflict": 1}
    assert run_export(env, backend) == {"conflict": 1}
    assert (partner(env, one).email, shop.partners[one]["mail"]) == ("odoo", "shop")
    binding = env["shop.partner"].search([])
    assert binding.state == "conflict"
    assert "email" in binding.last_error or "mail" in binding.last_error


def test_the_same_change_on_both_sides_is_no_conflict(env: Any, backend: Any, shop: Shop) -> None:
    backend.conflict_policy = "ask"
    (one,) = shop.add()
    run_import(env, backend)
    partner(env, one).write({"email": "same"})
    shop.partners[one]["mail"] = "same"
    shop.calls.clear()
    assert run_import(env, backend) == {"unchanged": 1}
    assert run_export(env, backend) == {"unchanged": 1}
    assert shop.count("write") == 0


def test_a_record_of_odoo_without_a_pair_is_created_once(env: Any, backend: Any, shop: Shop) -> None:
    env["s.partner"].create({"name": "Fresh", "email": "f@x.example"})
    assert run_export(env, backend) == {"created": 1}
    assert [one["title"] for one in shop.partners.values()] == ["Fresh"]
    assert run_export(env, backend) == {"unchanged": 1}
    assert run_import(env, backend) == {"unchanged": 1}
    assert not env["connector.intent"].search([])


def test_a_create_whose_answer_was_lost_is_found_again_instead_of_doubled(
    env: Any, backend: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    env["s.partner"].create({"name": "Fresh"})
    add = shop.add

    def add_and_lose(*args: Any, **values: Any) -> Any:
        add(*args, **values)
        raise AmbiguousError("no answer")

    shop.add = add_and_lose  # type: ignore[method-assign]
    assert run_export(env, backend) == {"failed": 1}
    shop.add = add  # type: ignore[method-assign]
    assert run_export(env, backend) == {"created": 1}
    assert len(shop.partners) == 1


def test_an_external_deletion_follows_the_policy(env: Any, backend: Any, shop: Shop) -> None:
    one, two = shop.add(2)
    run_import(env, backend)
    record = partner(env, one)
    del shop.partners[one]
    assert run_import(env, backend) == {"unchanged": 1, "deleted": 1}
    assert record.active is False
    assert run_import(env, backend) == {"unchanged": 1}
    assert agree(env, backend)


def test_a_refused_write_is_set_aside_and_the_rest_goes_on(env: Any, backend: Any, shop: Shop) -> None:
    one, two = shop.add(2)
    run_import(env, backend)
    partner(env, one).write({"email": "a"})
    partner(env, two).write({"email": "b"})
    shop.refuse = {one}
    assert run_export(env, backend) == {"failed": 1, "updated": 1}
    shop.refuse = set()
    assert run_export(env, backend) == {"updated": 1, "unchanged": 1}


def test_an_import_that_was_cut_off_goes_on_from_its_checkpoint(
    env: Any, backend: Any, shop: Shop, database: Any
) -> None:
    shop.add(12)
    env.commit()

    class Cut(Exception):
        pass

    def cut(entity: str, done: int, total: int | None) -> None:
        if done >= 10:
            raise Cut

    with pytest.raises(Cut):
        import_backend(backend, progress=cut)
    assert env["shop.partner"].search_count([]) == 5
    shop.calls.clear()
    told: list[tuple[int, int | None]] = []
    (report,) = import_backend(backend, progress=lambda _, done, total: told.append((done, total)))
    assert (report.counts["created"], shop.count("page")) == (7, 2)
    assert told == [(10, 12), (12, 12)]  # of the whole, so that the remaining time is right


def test_an_import_that_is_ended_behind_its_last_page_is_over(
    env: Any, backend: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add(2)

    class Cut(Exception):
        pass

    def pause(importer: Any) -> None:
        raise Cut

    monkeypatch.setattr("isthmus.connector.synchronizer.Synchronizer.between_pages", pause)
    with pytest.raises(Cut):
        import_backend(backend)
    env.rollback()
    kept = env["connector.checkpoint"].search([])
    assert (kept.state, kept.counts["created"]) == ("done", 2)


def test_verify_lists_differences_and_what_has_no_pair(env: Any, backend: Any, shop: Shop) -> None:
    one, two = shop.add(2)
    run_import(env, backend)
    partner(env, one).write({"city": "Lima"})
    (lonely,) = shop.add()
    env["s.partner"].create({"name": "Only here"})
    (report,) = verify_backend(backend)
    assert not report.ok
    assert [(d.external_id, d.field, d.odoo, d.external) for d in report.differences] == [
        (one, "city", "Lima", None)
    ]
    assert [u.id for u in report.unpaired_external] == [lonely]
    assert [u.name for u in report.unpaired_odoo] == ["Only here"]


def test_two_runs_of_one_backend_do_not_meet_whatever_their_direction(
    env: Any, backend: Any, shop: Shop, database: Any
) -> None:
    shop.add(3)
    env.commit()

    def meanwhile(entity: str, done: int, total: int | None) -> None:
        env.commit()
        services = {ComponentRegistry: components, Shop: shop}
        with open_environment(registry, database, services=services) as other:
            with pytest.raises(RetryableJobError, match="running already"):
                import_backend(other["shop.backend"].browse(backend.id))
            with pytest.raises(RetryableJobError, match="running already"):
                export_backend(other["shop.backend"].browse(backend.id))

    import_backend(backend, progress=meanwhile)
    assert run_import(env, backend) == {"unchanged": 3}


def test_one_record_is_imported_by_its_id(env: Any, backend: Any, shop: Shop) -> None:
    one, two = shop.add(2)
    with backend.work_on("shop.partner") as work:
        importer = work.component(usage="record.importer")
        assert importer.run(one).kind == "created"
        assert importer.run(one).kind == "unchanged"
        assert importer.run("9999").kind == "failed"
        del shop.partners[one]
        assert importer.run(one).kind == "deleted"
    assert env["shop.partner"].search_count([]) == 1


def test_an_unknown_entity_is_refused_with_the_nearest(env: Any, backend: Any) -> None:
    with pytest.raises(ConfigurationError, match="no entity 'partnr'") as caught:
        import_backend(backend, ["partnr"])
    assert "partner" in (caught.value.hint or "")


def test_a_paused_backend_is_not_synchronised(env: Any, backend: Any) -> None:
    backend.state = "paused"
    with pytest.raises(ConfigurationError, match="paused"):
        import_backend(backend)


def test_a_page_and_each_of_its_records_are_told_to_telemetry(env: Any, backend: Any, shop: Shop) -> None:
    good, bad = shop.add(2)
    shop.partners[bad]["town"] = "boom"
    seen: list[tuple[str, dict[str, Any]]] = []
    end = telemetry.subscribe(lambda name, fields: seen.append((name, fields)))
    try:
        import_backend(backend)
    finally:
        end()
    told = {name: fields for name, fields in seen if name.startswith("sync.")}
    outcomes = {fields["external_id"]: fields["outcome"] for name, fields in seen if name == "sync.record"}
    assert outcomes == {good: "created", bad: "failed"}
    assert told["sync.batch"]["backend"] == f"shop.backend,{backend.id}"
    assert told["sync.batch"]["counts"] == {"created": 1, "failed": 1}
    assert told["sync.failed"]["external_id"] == bad
    assert set(told) <= set(telemetry.CATALOGUE)


# --- importers that create records themselves, as the article's does ---


def import_singly(
    record_of: Callable[[Any, dict[str, Any]], Any], shop: Shop
) -> tuple[list[Any], Any, list[Any]]:
    """Import twice with an importer whose ``_import_record`` is given; return outcomes, bindings, what was
    told.
    """
    told: list[Any] = []
    with capture() as own:

        class NoteBinding(models.Model):
            _name = "shop.note"
            _inherit = "external.binding"

            backend_id = fields.Many2one("shop.backend", required=True)
            title = fields.Char()

        class NoteMapper(ImportMapper):
            _apply_on = "shop.note"
            direct = [("title", "title")]

        class NoteImporter(Component):
            _name = "shop.note.importer"
            _inherit = "connector.importer"
            _apply_on = "shop.note"

            def _import_record(self, external_id: Any, values: dict[str, Any]) -> Any:
                return record_of(self, values)

            def run(self, from_date: Any = None) -> Any:
                return [self._import_batch(one["id"], one) for one in shop.partners.values()]

            def _record_created_batch(self, bindings: Any) -> None:
                told.append(bindings.mapped("title"))

    with TrialApp(*declared, *own, services={Shop: shop}).environment() as env:
        backend: Any = env["shop.backend"].create({"name": "shop"})
        with backend.work_on("shop.note") as work:
            importer = work.component(usage="record.importer")
            found = importer.run()
            again = importer.run_page(list(shop.partners.values()))
        rows = [(one.external_id, one.title, one.state, one.backend_id == backend) for one in found]
        return [one.kind for one in again], rows, told


def test_an_importer_may_create_the_binding_itself_and_is_bound_all_the_same(shop: Shop) -> None:
    one, two = shop.add(2)
    outcomes, rows, told = import_singly(lambda importer, values: importer.model.create(values), shop)
    assert rows == [(one, f"P{one}", "synced", True), (two, f"P{two}", "synced", True)]
    assert told == [[f"P{one}"], [f"P{two}"]]
    assert outcomes == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("holder", "is_free"),
    [
        (f"{socket.gethostname()}/{2**22 + 1}/x", True),
        (f"{socket.gethostname()}/{os.getpid()}/of-an-earlier-process", True),
        (f"{socket.gethostname()}/1/x", False),
        ("another-machine/1/x", False),
    ],
    ids=["no such process", "our number, used before", "a process that runs", "another machine"],
)
def test_the_lease_of_a_process_that_was_killed_is_free_at_once(
    env: Any, backend: Any, shop: Shop, holder: str, is_free: bool
) -> None:
    shop.add(1)
    name = f"synchronise shop.backend,{backend.id}"
    env["connector.lease"].create({"name": name, "holder": holder, "expires": env.now + timedelta(minutes=5)})
    if is_free:
        assert run_import(env, backend) == {"created": 1}
    else:
        with pytest.raises(RetryableJobError, match="running already"):
            run_import(env, backend)


def test_a_run_that_stood_still_until_its_lease_was_taken_over_commits_no_further_page(
    env: Any, backend: Any, shop: Shop
) -> None:
    shop.add(12)

    def take_over(entity: str, done: int, total: int | None) -> None:
        env["connector.lease"].search([]).write({"holder": "another-machine/1/x"})

    with pytest.raises(RetryableJobError, match="went on elsewhere"):
        import_backend(backend, progress=take_over)
    assert env["shop.partner"].search_count([]) == 5  # the first page
    assert env["connector.lease"].search([]).holder == "another-machine/1/x"


def test_what_may_not_be_seen_any_more_is_left_alone_and_reported(
    env: Any, backend: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden, gone, *_ = shop.add(4)
    run_import(env, backend)
    kept = partner(env, hidden)
    behind_a_wall = shop.partners.pop(hidden)
    del shop.partners[gone]
    with backend.work_on("shop.partner") as work:
        adapter = type(work.component(usage="backend.adapter"))
    read_many = adapter.read_many

    def read_what_may_be_seen(self: Any, ids: Any) -> Any:
        if hidden in ids:
            raise ForbiddenError("the shop does not let you see that")
        return read_many(self, ids)

    monkeypatch.setattr(adapter, "read_many", read_what_may_be_seen)
    assert run_import(env, backend) == {"unchanged": 2, "deleted": 1, "skipped": 1}
    assert kept.active
    shop.partners[hidden] = behind_a_wall
    assert run_import(env, backend) == {"unchanged": 3}


def test_what_an_export_binds_while_a_job_imports_it_is_no_second_pair(
    env: Any, backend: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = env["s.partner"].create({"name": "Born here"})
    (id_,) = shop.add(title="Born here", mail=None)
    with backend.work_on("shop.partner") as work:
        announcer, importer = work.component(usage="announcer"), work.component(usage="record.importer")
        announcer.announce(born.id, {"title": "Born here"})
        read = type(announcer).all_pending

        def read_and_be_overtaken(self: Any) -> Any:
            found = read(self)
            pair = {"external_id": id_, "odoo_id": born.id, "backend_id": backend.id, "state": "synced"}
            env["shop.partner"].create(pair)
            announcer.settle(born.id)
            return found

        monkeypatch.setattr(type(announcer), "all_pending", read_and_be_overtaken)
        (outcome,) = importer.run_page([shop.partners[id_]])
    assert outcome.kind in ("unchanged", "updated")
    assert env["s.partner"].search([]) == born
