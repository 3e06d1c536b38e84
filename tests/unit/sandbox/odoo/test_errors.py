"""How refusals look on the wire."""

from __future__ import annotations

import pytest

from isthmus.sandbox.odoo.errors import (
    AccessDenied,
    AccessError,
    HttpError,
    MissingError,
    Refusal,
    UserError,
    ValidationError,
    error_data,
    python_error,
    value_error,
)
from isthmus.sandbox.odoo.xmlrpc import fault, old_fault


@pytest.mark.parametrize(
    ("refusal", "name", "code", "status"),
    [
        (AccessDenied(), "odoo.exceptions.AccessDenied", 3, 403),
        (AccessError("no"), "odoo.exceptions.AccessError", 4, 403),
        (UserError("no"), "odoo.exceptions.UserError", 2, 422),
        (ValidationError("no"), "odoo.exceptions.ValidationError", 2, 422),
        (MissingError("x", [1], 2), "odoo.exceptions.MissingError", 2, 404),
        (value_error("no"), "builtins.ValueError", 1, 500),
        (HttpError("NotFound", 404, "no"), "werkzeug.exceptions.NotFound", 1, 404),
    ],
)
def test_every_refusal_has_a_name_a_code_and_a_status(
    refusal: Refusal, name: str, code: int, status: int
) -> None:
    assert (error_data(refusal, 18)["name"], fault(refusal).faultCode, refusal.status) == (name, code, status)


def test_missing_records_are_named_with_the_caller() -> None:
    said = "Record does not exist or has been deleted.\n(Record: res.partner(7,), User: 2)"
    assert MissingError("res.partner", [7], 2).message == said


def test_unexpected_errors_bring_a_traceback_whose_last_line_names_them() -> None:
    try:
        raise value_error("Invalid field 'x'")
    except Refusal as refusal:
        text = fault(refusal).faultString
    assert text.startswith("Traceback (most recent call last):\n")
    assert text.rstrip().splitlines()[-1] == "ValueError: Invalid field 'x'"


def test_19_does_not_trace_a_denied_login() -> None:
    assert error_data(AccessDenied(), 19)["debug"] == "odoo.exceptions.AccessDenied: Access Denied\n"
    assert error_data(AccessDenied(), 18)["debug"].startswith("Traceback")


def test_python_errors_keep_their_name() -> None:
    assert python_error(KeyError("x")).name == "builtins.KeyError"
    assert python_error(TypeError("y")).message == "y"


def test_the_first_xml_version_has_codes_in_words() -> None:
    assert old_fault(AccessDenied()).faultCode == "AccessDenied"
    assert str(old_fault(UserError("no")).faultCode) == "warning -- UserError\n\nno"
