"""Calling the method of a stored job."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from isthmus.delay import CODEC, call
from isthmus.delay.call import LONGEST_RESULT
from isthmus.errors import JobDecodingError, JobTargetError

PLAIN = '{"ids":[],"args":[],"kwargs":{},"context":{}}'


def stored(queue: Any) -> Any:
    return queue.specs[-1]


def run(env: Any, spec: Any) -> Any:
    result = call(env, spec.model, spec.method, spec.payload, spec.uuid)
    return result if result is None else CODEC.decode(result, env)


def test_a_stored_call_is_made_with_its_records_arguments_and_uuid(env: Any, queue: Any) -> None:
    env["shop.order"].browse([2, 1]).with_delay().export((1, Decimal("2.50")), to={"a"})
    spec = stored(queue)
    assert run(env, spec) == ([(1, Decimal("2.50"))], {"to": {"a"}}, spec.uuid)


def test_the_method_runs_on_the_records(env: Any, queue: Any) -> None:
    order = env["shop.order"].create({"name": "SO1"})
    order.with_delay().write({"name": "SO2"})
    assert run(env, stored(queue)) is True
    assert order.name == "SO2"


def test_records_in_arguments_belong_to_the_jobs_environment(world: Any) -> None:
    with world.environment(lang="fr_FR", secret="x") as env:
        env["shop.order"].with_delay().plain({"orders": [env["shop.order"].browse([3, 1])]})
    payload = json.loads(stored(world.queue).payload)
    assert payload["args"] == [{"orders": [{"$": "records", "model": "shop.order", "ids": [3, 1]}]}]
    with world.environment(tz="UTC") as env:
        found = run(env, stored(world.queue))["orders"][0]
        assert found == env["shop.order"].browse([3, 1])
        assert found.ids == [3, 1]
        assert found.env.transaction is env.transaction


def test_the_context_is_that_of_the_worker_and_of_the_job(world: Any) -> None:
    with world.environment(lang="fr_FR", secret="x") as env:
        env["shop.order"].with_delay().context_now()
    with world.environment(worker=1, lang="de_DE") as env:
        assert run(env, stored(world.queue)) == {
            "worker": 1,
            "lang": "fr_FR",
            "job_uuid": stored(world.queue).uuid,
        }


def test_a_dictionary_that_looks_like_records_stays_a_dictionary(env: Any, queue: Any) -> None:
    forged = {"$": "records", "model": "shop.order", "ids": [1], "su": True}
    env["shop.order"].with_delay().plain(forged)
    assert run(env, stored(queue)) == forged


@pytest.mark.parametrize("value", [0, False, "", [], {}, (), 0.0], ids=repr)
def test_a_false_result_is_kept(env: Any, queue: Any, value: Any) -> None:
    env["shop.order"].with_delay().plain(value)
    found = run(env, stored(queue))
    assert (found, type(found)) == (value, type(value))


def test_no_result_is_none(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay().plain(None)
    assert run(env, stored(queue)) is None


def test_a_result_that_cannot_be_kept_is_replaced_by_what_it_was(
    env: Any, queue: Any, make_world: Any
) -> None:
    from isthmus import models
    from isthmus.inheritance import capture

    with capture() as classes:

        class Odd(models.Model):
            _inherit = "shop.order"

            def odd(self) -> Any:
                return [object()]

            def long(self) -> Any:
                return "x" * LONGEST_RESULT

    with make_world(classes).environment() as other:
        assert call(other, "shop.order", "odd", PLAIN, "u").startswith(  # type: ignore[union-attr]
            '"<not kept: the result[0] is a value of type object'
        )
        assert call(other, "shop.order", "long", PLAIN, "u") == '"<not kept: a result of 65538 characters>"'


@pytest.mark.parametrize(
    ("model", "method", "reason"),
    [
        ("shop.nothing", "export", "unknown model 'shop.nothing'"),
        ("shop.order", "gone", "has no method 'gone'"),
        ("shop.order", "_private", "is private"),
        ("shop.order", "__init__", "is private"),
        ("shop.order", "__class__", "is private"),
        ("shop.order", "name", "is a field"),
        ("shop.order", "of_class", "is no method of records"),
        ("shop.order", "of_nobody", "is no method of records"),
        ("shop.order", "computed", "is no method of records"),
        ("shop.order", "_join_jobs", "is private"),
        ("shop.order", "", "has no method ''"),
    ],
)
def test_what_cannot_be_called_is_one_kind_of_error(env: Any, model: str, method: str, reason: str) -> None:
    with pytest.raises(JobTargetError) as caught:
        call(env, model, method, PLAIN, "u")
    assert caught.value.message.startswith(f"the job cannot call {model}.{method}: ")
    assert reason in caught.value.message


def test_the_join_between_groups_does_nothing(env: Any) -> None:
    assert call(env, "base", "_join_jobs", PLAIN, "u") is None


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "nonsense",
        "{}",
        '{"ids":[],"args":[{"$":"nobody"}],"kwargs":{},"context":{}}',
        '{"ids":[],"args":[{"$":"records","model":"shop.order","ids":["1"]}],"kwargs":{},"context":{}}',
        '{"ids":[],"args":[{"$":"records","model":["a"],"ids":[1]}],"kwargs":{},"context":{}}',
        '{"ids":[],"args":[{"$":"records"}],"kwargs":{},"context":{}}',
    ],
)
def test_a_payload_that_cannot_be_read_is_one_kind_of_error(env: Any, payload: str) -> None:
    with pytest.raises(JobDecodingError):
        call(env, "shop.order", "export", payload, "u")


def test_records_are_not_read_without_an_environment() -> None:
    with pytest.raises(JobDecodingError, match="need an environment"):
        CODEC.decode('{"$":"records","model":"shop.order","ids":[1]}')


def test_what_the_method_raises_goes_on(env: Any) -> None:
    with pytest.raises(KeyError, match="fail"):
        call(env, "shop.order", "fail", PLAIN, "u")


def test_changing_an_argument_while_running_does_not_change_what_a_retry_sees(env: Any, queue: Any) -> None:
    given = [1]
    env["shop.order"].with_delay().plain(given)
    given.append(2)
    run(env, stored(queue)).append(3)
    assert run(env, stored(queue)) == [1]
