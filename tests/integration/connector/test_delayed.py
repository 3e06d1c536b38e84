"""Imports and exports as jobs: a page a job, one record a job, in order for each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

import pytest

from isthmus.connector import locker
from isthmus.connector.delayed import export_later, import_later
from isthmus.connector.operation import export_backend, import_backend
from isthmus.errors import RetryableJobError
from isthmus.jobs.state import State
from isthmus.testing import TrialApp
from tests.integration.connector.shop import Shop, declared


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def app(shop: Shop, database_url: str) -> Iterator[TrialApp]:
    with TrialApp(*declared, services={Shop: shop}, database_url=database_url) as app:
        with app.environment() as env:
            env["shop.backend"].create({"name": "shop", "page_size": 3})
        yield app


def backend_of(env: Any) -> Any:
    return env["shop.backend"].search([])


def calls(app: TrialApp, state: State = State.DONE) -> list[str]:
    """Return the methods of jobs in a state, oldest first."""
    return [job.method for job in reversed(app.desk.list(states=[state]))]


def test_an_import_runs_a_job_for_each_page_then_one_for_what_is_gone(app: TrialApp, shop: Shop) -> None:
    shop.add(7)
    with app.environment() as env:
        import_later(backend_of(env))
    app.run_jobs()
    assert calls(app)[-1] == "import_sweep"
    assert set(calls(app)[:-1]) == {"import_batch"}
    with app.environment() as env:
        assert env["s.partner"].search_count([]) == 7


def test_where_all_pairs_were_met_the_other_side_is_not_searched_again(app: TrialApp, shop: Shop) -> None:
    shop.add(7)
    for _ in range(2):
        with app.environment() as env:
            import_later(backend_of(env))
        app.run_jobs()
    assert calls(app).count("import_sweep") == 2
    assert shop.count("search") == 0


@pytest.mark.parametrize("gone", [0, 3, 6])
def test_a_pair_that_no_page_met_is_looked_for_and_goes(app: TrialApp, shop: Shop, gone: int) -> None:
    ids = shop.add(7)
    with app.environment() as env:
        import_backend(backend_of(env))
    del shop.partners[ids[gone]]
    with app.environment() as env:
        import_later(backend_of(env))
    app.run_jobs()
    assert shop.count("search") == 1
    with app.environment() as env:
        assert env["s.partner"].search_count([]) == 6
        assert env["shop.partner"].search([("state", "=", "deleted")]).mapped("external_id") == [ids[gone]]


def test_a_job_that_was_stored_before_pages_counted_their_pairs_has_everything_searched(
    app: TrialApp, shop: Shop
) -> None:
    ids = shop.add(7)
    with app.environment() as env:
        import_backend(backend_of(env))
    del shop.partners[ids[0]]
    with app.environment() as env:
        env["shop.partner"].with_delay().import_batch(backend_of(env), None, ids[4], False, [])
    app.run_jobs()
    assert shop.count("search") == 1
    with app.environment() as env:
        assert env["s.partner"].search_count([]) == 6


def test_a_second_import_while_the_first_waits_is_the_same_job(app: TrialApp) -> None:
    with app.environment() as env:
        first, second = import_later(backend_of(env)), import_later(backend_of(env))
    assert first == second
    assert not second.is_new


def test_a_record_that_is_announced_ten_times_is_imported_once(app: TrialApp, shop: Shop) -> None:
    (external_id,) = shop.add(1)
    with app.environment() as env:
        backend = backend_of(env)
        jobs = {env["shop.partner"].with_delay().import_record(backend, external_id) for _ in range(10)}
    assert len(jobs) == 1
    app.run_jobs()
    assert calls(app) == ["import_record"]
    with app.environment() as env:
        assert env["s.partner"].search_count([]) == 1


def test_import_and_export_of_one_pair_have_one_serial_key(app: TrialApp, shop: Shop) -> None:
    (external_id,) = shop.add(1)
    with app.environment() as env:
        backend = backend_of(env)
        env["shop.partner"].import_record(backend, external_id)
        binding = env["shop.partner"].search([])
        inward = env["shop.partner"].with_delay().import_record(backend, external_id)
        outward = binding.with_delay().export_record()
        assert inward.serial_key == f"shop.backend,{backend.id} shop.partner {external_id}"
        assert outward.serial_key == inward.serial_key


def test_a_change_is_exported_by_a_job(app: TrialApp, shop: Shop) -> None:
    (external_id,) = shop.add(1)
    with app.environment() as env:
        env["shop.partner"].import_record(backend_of(env), external_id)
        binding = env["shop.partner"].search([])
        binding.odoo_id.write({"email": "new@x.example"})
        binding.with_delay().export_record(["email"])
    app.run_jobs()
    assert shop.partners[external_id]["mail"] == "new@x.example"


def test_an_export_runs_a_job_for_each_page_of_pairs(app: TrialApp, shop: Shop) -> None:
    shop.add(7)
    with app.environment() as env:
        env["shop.partner"].import_batch(backend_of(env))
        for partner in env["s.partner"].search([]):
            partner.write({"email": f"{partner.id}@new.example"})
        export_later(backend_of(env))
    app.run_jobs()
    assert calls(app).count("export_page") == 3
    assert all(one["mail"].endswith("@new.example") for one in shop.partners.values())


def test_a_record_that_is_set_aside_fails_its_job_with_the_reason(app: TrialApp) -> None:
    with app.environment() as env:
        env["shop.partner"].with_delay().import_record(backend_of(env), "404")
    app.run_jobs()
    (job,) = app.desk.list(states=[State.FAILED])
    assert "404" in str(job.reason)


def test_a_record_that_is_gone_outside_is_archived_by_a_job(app: TrialApp, shop: Shop) -> None:
    (external_id,) = shop.add(1)
    with app.environment() as env:
        env["shop.partner"].import_record(backend_of(env), external_id)
        del shop.partners[external_id]
        env["shop.partner"].with_delay().import_delete(backend_of(env), external_id)
    app.run_jobs()
    with app.environment() as env:
        assert env["s.partner"].search_count([("active", "=", False)]) == 1


def test_an_import_that_was_filtered_deletes_nothing(app: TrialApp, shop: Shop) -> None:
    kept, other = shop.add(2)
    with app.environment() as env:
        env["shop.partner"].import_batch(backend_of(env))
        del shop.partners[other]
        env["shop.partner"].with_delay().import_batch(backend_of(env), {"id": kept})
    app.run_jobs()
    assert "import_sweep" not in calls(app)


class Meanwhile(Shop):
    """A shop in which something happens while it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.happens: Callable[[], None] = lambda: None

    @property
    def calls(self) -> Any:
        return self

    @calls.setter
    def calls(self, value: Any) -> None: ...

    def append(self, call: tuple[str, Any]) -> None:
        if call[0] == "write":
            self.happens()


def test_a_job_on_one_pair_and_a_round_do_not_undo_what_the_other_agreed_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the job writes down what was agreed on before the round, and the last edit is taken for one
    of a conflict, which the other side wins.
    """
    monkeypatch.setattr(locker, "PATIENCE_S", 0.0)
    shop, refused = Meanwhile(), []
    with TrialApp(*declared, services={Shop: shop}, database_url=database_url) as app:
        (external_id,) = shop.add(1)
        with app.environment() as env:
            env["shop.backend"].create({"name": "shop"})
            env.commit()
            import_backend(backend_of(env))
            env["s.partner"].search([]).write({"email": "odoo@x.example"})
        shop.partners[external_id]["title"] = "outside"

        def round_begins() -> None:
            with app.environment() as env:
                try:
                    import_backend(backend_of(env))
                except RetryableJobError as error:
                    refused.append(error.message)

        shop.happens = round_begins
        with app.environment() as env:
            env["shop.partner"].search([]).export_record()
        shop.happens = lambda: None
        with app.environment() as env:
            if refused:
                import_backend(backend_of(env))
            assert env["s.partner"].search([]).name == "outside"
            env["s.partner"].search([]).write({"name": "inside"})
            env.commit()
            import_backend(backend_of(env))
            export_backend(backend_of(env))
            assert env["s.partner"].search([]).name == "inside"
        assert shop.partners[external_id]["title"] == "inside"
        assert refused == [
            f"'synchronise shop.backend,1: shop.partner {external_id}' does not end, "
            "so 'synchronise shop.backend,1' has to wait"
        ]


def test_a_job_on_one_pair_waits_for_a_round(app: TrialApp, shop: Shop) -> None:
    (external_id,) = shop.add(1)

    def another() -> None:
        with app.environment() as other, pytest.raises(RetryableJobError, match="has to wait"):
            other["shop.partner"].import_record(backend_of(other), external_id)

    def meanwhile(entity: str, done: int, total: int | None) -> None:
        env.commit()
        Context().run(another)  # who holds the whole may do with its parts what it likes

    with app.environment() as env:
        import_backend(backend_of(env), progress=meanwhile)
        assert env["shop.partner"].import_record(backend_of(env), external_id)["outcome"] == "unchanged"


def test_jobs_on_two_pairs_do_not_wait_for_each_other(database_url: str) -> None:
    shop = Meanwhile()
    with TrialApp(*declared, services={Shop: shop}, database_url=database_url) as app:
        one, two = shop.add(2)
        with app.environment() as env:
            env["shop.backend"].create({"name": "shop"})
            env.commit()
            import_backend(backend_of(env))
            env["s.partner"].search([]).write({"city": "Ghent"})

        def another() -> None:
            shop.happens = lambda: None
            with app.environment() as env:
                env["shop.partner"].search([("external_id", "=", two)]).export_record()

        shop.happens = another
        with app.environment() as env:
            env["shop.partner"].search([("external_id", "=", one)]).export_record()
        assert [shop.partners[id_]["town"] for id_ in (one, two)] == ["Ghent", "Ghent"]
