"""Faults of XML-RPC as exceptions of Odoo.

The fault says 1 to 4 where the other protocols name the exception: 3 is a refused login, 4 a missing right, 1
anything unexpected, with its traceback, which ends in a name. 2 is a message for the user, be it a rule, a
constraint or a missing record; a missing record can be told in any language by the way in which it is named,
a constraint in English only. The first version of the protocol names some exceptions in text codes.
Source: recorded answers of Odoo 18 and 19; the controllers of Odoo 14 to 19.
"""

from __future__ import annotations

import builtins
import re

from isthmus.odoo.errors import Fault

_NAMES = {
    3: "odoo.exceptions.AccessDenied",
    4: "odoo.exceptions.AccessError",
    "AccessDenied": "odoo.exceptions.AccessDenied",
}

#: The end of a message about missing records: ``(Record: res.partner(7,), User: 2)`` in the user's language.
_RECORD = re.compile(r"(?<![a-z0-9_.])[a-z]\w*(?:\.\w+)+\(\d+(?:, \d+)*,?\)\D+\d+\D?\s*\Z")

#: How Odoo begins what its database refused; other languages say it in their own words. Odoo 14 and 15 give
#: the bare name of the constraint to who has no language.
_CONSTRAINT = re.compile(r"The operation cannot be completed:|[a-z]\w*_\w+\Z")

_WARNING = re.compile(r"warning -- (\w+)\n\n(.*)\Z", re.DOTALL)

#: What Python puts between the tracebacks of exceptions that led to one another.
_LINK = re.compile(
    r"\n\n(?:During handling of the above exception, another exception occurred|"
    r"The above exception was the direct cause of the following exception):\n\n"
)
_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?\Z", re.DOTALL)

_NONE = "cannot marshal None unless allow_none is enabled"
_LARGE = "int exceeds XML-RPC limits"


def read_fault(code: int | str, text: str) -> Fault:
    """Return the exception that a fault stands for."""
    text = str(text)
    if code in _NAMES:
        return Fault(_NAMES[code], text.strip())
    if code == 2:
        return Fault(f"odoo.exceptions.{warning_kind(text)}", text.strip())
    if isinstance(code, str) and (found := _WARNING.match(code)):
        kind = found[1] if found[1] not in ("UserError", "Warning") else warning_kind(found[2])
        return Fault(f"odoo.exceptions.{kind}", found[2].strip())
    return read_traceback(text or str(code))


def warning_kind(text: str) -> str:
    """Return which exception a message for the user most likely comes from."""
    if _RECORD.search(text):
        return "MissingError"
    return "ValidationError" if _CONSTRAINT.match(text) else "UserError"


def read_traceback(text: str) -> Fault:
    """Return the exception in which a traceback ends; one without a name when the text is no traceback."""
    lines = _LINK.split(text)[-1].strip("\n").split("\n")
    frames = lines[1:] if lines[0].startswith("Traceback ") else []
    own = next((number for number, line in enumerate(frames) if line and not line[0].isspace()), None)
    found = None if own is None else _RAISED.match("\n".join(frames[own:]))
    if found is None:
        return Fault("", text.strip()[:500], text)
    name = found[1]
    is_builtin = "." not in name and hasattr(builtins, name)
    return Fault(f"builtins.{name}" if is_builtin else name, (found[2] or "").strip(), text)


def is_marshalling(fault: Fault) -> bool:
    """Tell whether the work was done and committed, and only its result could not be written.

    The traceback then has no frame of the dispatcher, in which the work is done.
    """
    known = (fault.name, fault.message) in (("builtins.TypeError", _NONE), ("builtins.OverflowError", _LARGE))
    return known and "dispatch_rpc" not in fault.debug


def says_nothing(fault: Fault) -> bool:
    """Tell whether the result that could not be written is None, or has one in it."""
    return fault.message == _NONE
