"""Delaying one call: what is stored, what is returned, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from isthmus.delay import Job, group, identity_exact
from isthmus.errors import ConfigurationError, JobEncodingError
from isthmus.jobs.spec import JobSpec

NOW = datetime(2026, 11, 22, 12)


def test_a_call_is_stored_in_the_callers_transaction_and_its_job_returned(env: Any, queue: Any) -> None:
    order = env["shop.order"].browse([3, 1])
    found = order.with_delay().export("x", to=[1])
    [spec] = queue.specs
    assert spec == JobSpec(uuid=found.uuid, model="shop.order", method="export", payload=spec.payload)
    assert json.loads(spec.payload) == {"ids": [3, 1], "args": ["x"], "kwargs": {"to": [1]}, "context": {}}
    assert queue.transactions == [env.transaction.local]
    assert isinstance(found, Job)
    assert (found.model_name, found.method_name, found.records) == ("shop.order", "export", order)
    assert (found.args, found.kwargs, found.is_new) == (("x",), {"to": [1]}, True)


def test_a_method_of_the_model_itself_is_called_on_no_records(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay().export()
    assert json.loads(queue.specs[0].payload)["ids"] == []


def test_the_same_delayed_records_take_many_calls(env: Any, queue: Any) -> None:
    later = env["shop.order"].browse(1).with_delay(priority=30, eta=60 * 60 * 5)
    jobs = [later.export(1), later.plain(2)]
    assert [(one.method, one.priority, one.eta) for one in queue.specs] == [
        ("export", 30, NOW + timedelta(hours=5)),
        ("plain", 30, NOW + timedelta(hours=5)),
    ]
    assert jobs[0] != jobs[1]


def test_what_is_not_stated_has_queue_jobs_defaults(env: Any) -> None:
    found = env["shop.order"].with_delay().export()
    assert (found.priority, found.max_retries, found.channel) == (10, 5, "root")
    assert (found.eta, found.identity_key, found.serial_key, found.timeout) == (None, None, None, None)


def test_properties_are_stored(env: Any, queue: Any) -> None:
    found = env["shop.order"].with_delay(
        priority=0,
        eta=timedelta(minutes=1),
        max_retries=0,
        description="Pay",
        channel="root.a.b",
        identity_key="one",
        identity_until=3600,
        serial_key="order-1",
        timeout=timedelta(minutes=2),
    ).export()  # fmt: skip
    [spec] = queue.specs
    assert spec == JobSpec(
        uuid=found.uuid,
        model="shop.order",
        method="export",
        payload=spec.payload,
        channel="root.a.b",
        priority=0,
        eta=NOW + timedelta(minutes=1),
        max_retries=0,
        description="Pay",
        identity="one",
        identity_until=3600,
        serial_key="order-1",
        timeout_s=120,
    )
    assert found.description == "Pay"


def test_none_is_the_same_as_not_stated(env: Any, queue: Any) -> None:
    nothing = dict.fromkeys(
        ["priority", "eta", "max_retries", "description", "channel", "identity_key", "serial_key", "timeout"]
    )
    found = env["shop.order"].with_delay(**nothing).pay(1.0)
    assert (found.priority, found.max_retries, found.channel, found.timeout) == (10, 2, "root.shop", 30)


# --- eta ---


@pytest.mark.parametrize(
    ("eta", "stored"),
    [
        (0, None),
        (None, None),
        (False, None),
        (timedelta(0), None),
        (90, NOW + timedelta(seconds=90)),
        (0.5, NOW + timedelta(seconds=0.5)),
        (-5, NOW - timedelta(seconds=5)),
        (datetime(2027, 1, 1), datetime(2027, 1, 1)),
        (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1)),
        (datetime(2027, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), datetime(2027, 1, 1)),
    ],
    ids=repr,
)
def test_an_eta_is_relative_or_a_moment(env: Any, queue: Any, eta: Any, stored: datetime | None) -> None:
    found = env["shop.order"].with_delay(eta=eta).export()
    assert queue.specs[0].eta == found.eta == stored


@pytest.mark.parametrize("eta", ["tomorrow", True, float("nan"), 1e300, "2027-01-01 00:00:00"], ids=repr)
def test_an_eta_without_a_meaning_is_refused(env: Any, eta: Any) -> None:
    with pytest.raises(ValueError, match="eta is"):
        env["shop.order"].with_delay(eta=eta)


def test_an_eta_beyond_the_calendar_is_refused(env: Any, queue: Any) -> None:
    with pytest.raises(ValueError, match="eta is no date"):
        env["shop.order"].with_delay(eta=timedelta.max).export()
    assert queue.specs == []


# --- other properties ---


def test_an_unknown_property_is_refused_naming_the_nearest(env: Any) -> None:
    with pytest.raises(ValueError, match="a job has no property 'prioritty': did you mean 'priority'"):
        env["shop.order"].with_delay(prioritty=3)
    with pytest.raises(ValueError, match="there are priority, eta, max_retries"):
        env["shop.order"].with_delay(zzz=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("priority", "high"), ("priority", 1.5), ("priority", True), ("priority", 2**40),
        ("max_retries", -1), ("max_retries", 2.5), ("max_retries", "3"),
        ("description", 5), ("description", "a\0b"), ("description", "\udce9"),
        ("channel", ""), ("channel", "root..a"), ("channel", "a b"), ("channel", 3),
        ("identity_key", 3), ("identity_until", "tomorrow"), ("identity_until", 0), ("identity_until", -1),
        ("serial_key", 3), ("timeout", -1), ("timeout", "long"), ("timeout", True), ("timeout", float("inf")),
    ],
)  # fmt: skip
def test_a_value_that_a_property_cannot_have_is_refused(env: Any, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} is ") as caught:
        env["shop.order"].with_delay(**{name: value})
    assert repr(value) in str(caught.value)


def test_a_channel_is_stored_with_its_full_name(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay(channel="mail").export()
    assert queue.specs[0].channel == "root.mail"


def test_only_a_stated_description_is_stored(env: Any, queue: Any) -> None:
    orders = env["shop.order"]
    jobs = [
        orders.with_delay().export(),
        orders.with_delay().plain(),
        orders.with_delay(description="").plain(),
    ]
    assert [one.description for one in jobs] == ["Export the order.", "shop.order.plain", "shop.order.plain"]
    assert [one.description for one in queue.specs] == [None, None, None]


def test_a_timeout_of_zero_is_none_even_where_the_method_has_one(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay(timeout=0).pay(1.0)
    assert queue.specs[0].timeout_s is None


# --- what can be delayed ---


@pytest.mark.parametrize("name", ["_private", "of_class", "of_nobody", "computed", "_join_jobs"])
def test_what_is_no_public_method_of_records_is_refused(env: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"shop\.order\.{name} is "):
        getattr(env["shop.order"].with_delay(), name)


def test_a_field_is_refused(env: Any) -> None:
    with pytest.raises(AttributeError, match=r"shop\.order\.total is a field: a job calls methods"):
        env["shop.order"].with_delay().total


def test_a_name_that_nothing_has_is_refused_naming_the_nearest(env: Any) -> None:
    with pytest.raises(AttributeError, match=r"shop\.order has no method 'exprt'; did you mean 'export'"):
        env["shop.order"].with_delay().exprt


def test_delayed_records_can_be_looked_at_without_being_delayed(env: Any, queue: Any) -> None:
    later = env["shop.order"].browse(1).with_delay()
    assert repr(later) == "<delayed shop.order(1)>"
    assert not hasattr(later, "__iter__")
    assert queue.specs == []


def test_a_method_of_the_framework_can_be_delayed(env: Any, queue: Any) -> None:
    env["shop.order"].browse(1).with_delay().write({"name": "x"})
    assert queue.specs[0].method == "write"


def test_an_argument_that_cannot_be_kept_is_refused_with_its_place_and_nothing_is_stored(
    env: Any, queue: Any
) -> None:
    with pytest.raises(JobEncodingError, match=r"args\[0\]\.lines\[1\] is a value of type object"):
        env["shop.order"].with_delay().export({"lines": [1, object()]})
    with pytest.raises(JobEncodingError, match=r"kwargs\.to is a value of type"):
        env["shop.order"].with_delay().export(to=lambda: None)
    assert queue.specs == []


def test_without_a_queue_the_error_says_what_to_do(world: Any) -> None:
    with world.environment(queue=False) as env:
        with pytest.raises(
            ConfigurationError, match=r"no job queue to put shop\.order\.export into"
        ) as caught:
            env["shop.order"].with_delay().export()
    assert "ISTHMUS_JOBS_NO_DELAY=1" in (caught.value.hint or "")


# --- context ---


def test_only_what_matters_of_the_context_goes_with_the_job(world: Any) -> None:
    context = {
        "tz": "Europe/Brussels",
        "lang": "fr_FR",
        "allowed_company_ids": [2, 1],
        "force_company": 2,
        "active_test": False,
        "company_id": None,
        "origin": "shop.backend,1",
    }
    with world.environment(**context, own_key=1, password="t0k3n") as env:
        env["shop.order"].with_delay().export()
        env["shop.parcel"].with_delay().export()
        group(env["shop.order"].delayable().export(), env["shop.parcel"].delayable().export()).delay()
    kept = [json.loads(spec.payload)["context"] for spec in world.queue.specs]
    assert kept == [context, {**context, "own_key": 1}] * 2


def test_the_odoo_of_the_environment_is_that_of_the_job(world: Any) -> None:
    with world.environment(odoo_name="second") as env:
        found = env["shop.order"].with_delay().export()
    assert world.queue.specs[0].odoo == found.odoo == "second"


# --- identity ---


def test_a_twin_that_waits_already_is_returned(env: Any, queue: Any) -> None:
    queue.twins["one"] = "00000000-0000-7000-8000-000000000001"
    found = env["shop.order"].with_delay(identity_key="one").export()
    assert (found.uuid, found.is_new) == ("00000000-0000-7000-8000-000000000001", False)


def test_an_identity_is_made_of_the_job_once(env: Any, queue: Any) -> None:
    asked: list[Job] = []

    def key(one: Job) -> str:
        asked.append(one)
        return f"{one.model_name}.{one.method_name}{one.args}{one.records.ids}"

    found = (
        env["shop.order"].browse(2).with_delay(identity_key=key, serial_key=lambda one: "serial").export(7)
    )
    assert queue.specs[0].identity == found.identity_key == "shop.order.export(7,)[2]"
    assert queue.specs[0].serial_key == found.serial_key == "serial"
    assert asked == [found]


def test_a_key_that_is_made_may_be_none_and_must_be_text(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay(identity_key=lambda one: None).export()
    assert queue.specs[0].identity is None
    with pytest.raises(ValueError, match="identity_key is text, not 3"):
        env["shop.order"].with_delay(identity_key=lambda one: 3).export()


def test_exact_identities_are_equal_for_the_same_call_and_only_then(world: Any) -> None:
    def key(records: Any, *args: Any, **kwargs: Any) -> str:
        return records.with_delay(identity_key=identity_exact).export(*args, **kwargs).identity_key

    with world.environment() as env, world.environment(odoo_name="other") as other:
        orders = env["shop.order"]
        same = key(orders.browse([1, 2]), [1], a={"x": 1, "y": 2}, b=datetime(2026, 1, 1))
        assert same == key(orders.browse([2, 1]), [1], b=datetime(2026, 1, 1), a={"y": 2, "x": 1})
        keys = {
            same,
            key(orders.browse([1]), [1]),
            key(orders.browse([1]), (1,)),
            key(orders.browse([1]), ["1"]),
            key(orders.browse([1]), [True]),
            key(orders.browse([1, 2]), [1]),
            key(env["shop.parcel"].browse([1]), [1]),
            key(other["shop.order"].browse([1]), [1]),
            key(orders.browse([1]), kwargs=[1]),
        }
    assert len(keys) == 9
    assert len(same) == 64


# --- the job ---


def test_jobs_compare_and_hash_by_uuid(env: Any) -> None:
    first, second = env["shop.order"].with_delay().export(), env["shop.order"].with_delay().export()
    twin = env["shop.order"].with_delay().plain()
    twin.uuid = first.uuid
    assert first == twin != second
    assert {first, twin, second} == {first, second}
    assert first != first.uuid


def test_a_job_shows_what_it_calls_and_no_arguments(env: Any) -> None:
    found = env["shop.order"].browse(1).with_delay().export("t0k3n")
    assert repr(found) == f"<Job {found.uuid}: shop.order(1).export>"


def test_a_job_of_a_closed_environment_is_refused_since_nobody_would_commit_it(world: Any) -> None:
    with world.environment() as env:
        later = env["shop.order"].with_delay()
        node = env["shop.order"].delayable().plain()
    with pytest.raises(ValueError, match="belong to one that is closed"):
        later.plain()
    with pytest.raises(ValueError, match="belong to one that is closed"):
        node.delay()
    node._is_silent = True
    assert world.queue.specs == []


def test_records_of_another_odoo_are_refused_as_arguments(world: Any) -> None:
    odoo = object()  # nothing is asked of it
    with (
        world.environment(odoo=odoo, odoo_name="main") as env,
        world.environment(odoo=odoo, odoo_name="other") as other,
    ):
        partner = env["res.partner"].browse(1)
        env["shop.order"].with_delay().plain(partner)
        with pytest.raises(JobEncodingError, match="it belongs to the Odoo 'main', the job to 'other'"):
            other["shop.order"].with_delay().plain([partner])
        other["shop.order"].with_delay().plain(env["shop.order"].browse(1))  # a local record is that of all
