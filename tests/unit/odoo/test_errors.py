"""Every recorded refusal of Odoo 18 and 19 against the error that it must become."""

import pytest

from isthmus.errors import (
    ConflictError,
    ConstraintError,
    MissingRecordError,
    ModelError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.odoo.errors import (
    Fault,
    RemoteConstraintError,
    RemoteMissingRecordError,
    UnknownModelError,
    translate,
)
from isthmus.odoo.protocol import Call
from tests.unit.odoo.recorded import EXPECTED, VERSIONS, call_of, faults

RECORDED = [pytest.param(one, id=f"{v}-{key}") for v in VERSIONS for key, one in faults(v).items()]
CALL = Call("project.task", "write", (1,))


def fault_of(exchange):
    return Fault.read(exchange["response"]["body"]["error"]["data"])


def call_named(exchange):
    if exchange["request"]["body"]["params"]["service"] != "object":
        return "authenticate"
    model, method, _, _ = call_of(exchange)
    return Call(model, method)


@pytest.mark.parametrize("exchange", RECORDED)
def test_a_recorded_refusal_becomes_its_error_with_odoos_message(exchange):
    error = translate(fault_of(exchange), call_named(exchange))
    assert type(error) is EXPECTED[exchange["name"]]
    said = exchange["response"]["body"]["error"]["data"]["message"].strip()
    assert error.details["said"] == said
    assert said.splitlines()[0] in error.message or error.hint


@pytest.mark.parametrize("exchange", RECORDED)
def test_the_traceback_is_kept_only_when_debugging(exchange):
    fault = fault_of(exchange)
    assert "Traceback" not in repr(translate(fault, CALL).details) + str(translate(fault, CALL))
    assert translate(fault, CALL, debug=True).details["debug"] == fault.debug


def test_every_recorded_exception_has_a_line_of_its_own_in_the_table():
    from isthmus.odoo.errors import FAULTS

    names = {fault_of(one.values[0]).name for one in RECORDED}
    assert not [name for name in names if not any(name.startswith(prefix) for prefix in FAULTS)]


@pytest.mark.parametrize(("name", "expected"), [
    ("psycopg2.errors.SerializationFailure", ConflictError),
    ("psycopg2.errors.DeadlockDetected", ConflictError),
    ("psycopg2.errors.LockNotAvailable", ConflictError), ("odoo.exceptions.LockError", ConflictError),
    ("psycopg2.OperationalError", UnreachableError), ("psycopg2.errors.AdminShutdown", UnreachableError),
    ("psycopg2.pool.PoolError", UnreachableError), ("psycopg2.errors.UniqueViolation", RemoteConstraintError),
    ("odoo.http.SessionExpiredException", UnauthorizedError),
    ("odoo.exceptions.RedirectWarning", RejectedError),
    ("psycopg2.errors.DataError", RejectedError), ("addon.SomeError", RemoteError),
    ("werkzeug.exceptions.RequestEntityTooLarge", RejectedError),
    ("werkzeug.exceptions.TooManyRequests", RateLimitedError),
])  # fmt: skip
def test_the_name_alone_decides_and_the_longest_prefix_wins(name, expected):
    assert type(translate(Fault(name, "text in any language"), CALL)) is expected


@pytest.mark.parametrize(("name", "retryable"), [
    ("psycopg2.errors.SerializationFailure", True), ("psycopg2.OperationalError", True),
    ("odoo.exceptions.LockError", True),
    ("odoo.exceptions.AccessDenied", False), ("builtins.ValueError", False),
    ("odoo.exceptions.UserError", False),
])  # fmt: skip
def test_only_passing_failures_may_be_tried_again(name, retryable):
    assert translate(Fault(name, ""), CALL).retryable is retryable


def test_an_unknown_model_is_recognised_in_another_language_by_the_traceback():
    fault = Fault(
        "odoo.exceptions.UserError",
        "Das Objekt x.thing existiert nicht",
        'raise UserError(env._("Object %s doesn\'t exist", obj))',
    )
    assert type(translate(fault, Call("x.thing", "search"))) is UnknownModelError


def test_a_business_rule_that_speaks_of_another_object_is_no_unknown_model():
    fault = Fault("odoo.exceptions.UserError", "Object other.thing doesn't exist", "")
    assert type(translate(fault, CALL)) is RejectedError


def test_an_attribute_error_inside_a_method_is_not_an_unknown_method():
    fault = Fault("builtins.AttributeError", "'bool' object has no attribute 'lower'")
    assert type(translate(fault, Call("project.task", "load"))) is RejectedError


def test_remote_errors_are_also_the_record_errors_that_local_stores_raise():
    assert issubclass(RemoteMissingRecordError, (NotFoundError, MissingRecordError))
    assert issubclass(RemoteConstraintError, ConstraintError)
    assert issubclass(UnknownModelError, ModelError)


def test_a_programming_error_on_the_server_is_told_with_its_type():
    error = translate(Fault("builtins.KeyError", "None"), CALL)
    assert error.message == "Odoo refused project.task.write: KeyError: None"


def test_an_answer_without_message_falls_back_on_its_arguments():
    assert Fault.read({"name": "x", "arguments": [None, "second"]}).message == "second"
    assert translate(Fault("", ""), CALL).message.endswith("no reason given")
