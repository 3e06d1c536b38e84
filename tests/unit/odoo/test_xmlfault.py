"""What the numbers, tracebacks and text codes of XML-RPC faults stand for."""

from __future__ import annotations

import pytest

from isthmus.odoo.xmlfault import is_marshalling, read_fault, read_traceback, warning_kind

HEAD = "Traceback (most recent call last):\n"
LINKS = (
    "\n\nDuring handling of the above exception, another exception occurred:\n\n",
    "\n\nThe above exception was the direct cause of the following exception:\n\n",
)
FRAME = '  File "x.py", line 1, in do\n    raise something()\n    ^^^^^^^\n'


@pytest.mark.parametrize(
    ("code", "text", "name", "message"),
    [
        (3, "Access Denied", "odoo.exceptions.AccessDenied", "Access Denied"),
        (4, "You may not", "odoo.exceptions.AccessError", "You may not"),
        (2, "No.\n", "odoo.exceptions.UserError", "No."),
        (2, "The operation cannot be completed: x", "odoo.exceptions.ValidationError", None),
        ("AccessDenied", "Access Denied", "odoo.exceptions.AccessDenied", "Access Denied"),
        ("warning -- AccessError\n\nYou may not", "", "odoo.exceptions.AccessError", "You may not"),
        ("warning -- MissingError\n\nGone", "", "odoo.exceptions.MissingError", "Gone"),
        ("warning -- UserError\n\nNo.", "", "odoo.exceptions.UserError", "No."),
        ("warning -- Warning\n\nGo there", "", "odoo.exceptions.UserError", "Go there"),
        ("boom", HEAD + FRAME + "KeyError: 'boom'\n", "builtins.KeyError", "'boom'"),
        ("boom", "", "", "boom"),
        (1, "", "", "1"),
    ],
)
def test_a_fault_has_the_name_of_its_exception(
    code: int | str, text: str, name: str, message: str | None
) -> None:
    fault = read_fault(code, text)
    assert (fault.name, fault.message) == (name, fault.message if message is None else message)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (HEAD + FRAME + "ValueError: Invalid field 'x'\n", "builtins.ValueError", "Invalid field 'x'"),
        (HEAD + FRAME + "psycopg2.errors.DeadlockDetected: deadlock detected\nDETAIL:  Process 1 waits\n",
         "psycopg2.errors.DeadlockDetected", "deadlock detected\nDETAIL:  Process 1 waits"),
        (HEAD + FRAME + "addon.models.Oops\n", "addon.models.Oops", ""),
        (HEAD + FRAME + "KeyError: 1" + LINKS[0] + HEAD + FRAME + "odoo.exceptions.LockError: busy\n",
         "odoo.exceptions.LockError", "busy"),
        (HEAD + FRAME + "KeyError: 1" + LINKS[1] + HEAD + FRAME + "TypeError: a\nb: c\n",
         "builtins.TypeError", "a\nb: c"),
        (HEAD + FRAME + f"ValueError: it said {HEAD}", "builtins.ValueError", f"it said {HEAD}".strip()),
        ("no traceback at all\nx: y", "", "no traceback at all\nx: y"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_traceback_ends_in_a_name(text: str, name: str, message: str) -> None:
    fault = read_traceback(text)
    assert (fault.name, fault.message) == (name, message)


@pytest.mark.parametrize(
    "text",
    [
        "Record does not exist or has been deleted.\n(Record: res.partner(99999999,), User: 2)",
        "Der Datensatz existiert nicht.\n(Datensatz: project.task(1, 2), Benutzer: 12)",
        "L'enregistrement n'existe pas.\n(Enregistrement : x_my.thing(7,), utilisateur : 2)",
        "记录不存在。\n（记录：res.partner(9,)，用户：2）",
    ],
)
def test_a_missing_record_is_told_in_every_language(text: str) -> None:
    assert warning_kind(text) == "MissingError"


@pytest.mark.parametrize("text", ["Call us (0123)", "f(x)", "order 7 (of 9) is late", "a.b(1,) is wrong"])
def test_other_messages_are_no_missing_records(text: str) -> None:
    assert warning_kind(text) == "UserError"


@pytest.mark.parametrize(
    ("text", "lacks_result"),
    [
        (HEAD + FRAME + "TypeError: cannot marshal None unless allow_none is enabled\n", True),
        (HEAD + FRAME + "OverflowError: int exceeds XML-RPC limits\n", True),
        (HEAD + FRAME + "    result = dispatch_rpc(service, method, params)\n"
         "TypeError: cannot marshal None unless allow_none is enabled\n", False),
        (HEAD + FRAME + "TypeError: unsupported operand\n", False),
    ],
)  # fmt: skip
def test_only_a_result_that_cannot_be_written_means_that_the_work_was_done(
    text: str, lacks_result: bool
) -> None:
    assert is_marshalling(read_fault(1, text)) is lacks_result
