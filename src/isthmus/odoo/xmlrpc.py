"""XML-RPC at ``/xmlrpc/2/<service>``: the oldest way to speak to an Odoo, and the poorest.

A method that returns nothing is answered with a fault although its work is committed; whole numbers end at 31
bits; control characters cannot be sent and are dropped from answers; faults have numbers instead of names.
Source: recorded answers of Odoo 18 and 19.
"""

from __future__ import annotations

import re
import xmlrpc.client
from typing import Any
from xml.parsers.expat import ExpatError

from isthmus.errors import AmbiguousError, MalformedAnswerError, RejectedError
from isthmus.http import Response
from isthmus.odoo.protocol import READS, Call
from isthmus.odoo.services import ServiceRpc
from isthmus.odoo.wire import refused
from isthmus.odoo.xmlfault import is_marshalling, read_fault, says_nothing

PATH = "/xmlrpc/2/"

#: What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

#: XML parsers make newlines of carriage returns, unless they are written like this.
_RETURN = "&#13;"

_OTHERWISE = "JSON-RPC and JSON-2 can: set protocol."


class XmlRpc(ServiceRpc):
    """Call an Odoo by XML-RPC. Safe to share between threads."""

    name = "xmlrpc"

    def _call(self, service: str, method: str, args: list[Any], call: Call | str, *, repeatable: bool) -> Any:
        response = self._wire.post(
            PATH + service,
            encode(args, method, call),
            {"Content-Type": "text/xml", "Accept": "text/xml"},
            repeatable=repeatable,
        )
        if not response.ok:
            raise refused(response)
        answer = decode(response)
        return self._read(answer, call, repeatable) if isinstance(answer, xmlrpc.client.Fault) else answer

    def _read(self, fault: xmlrpc.client.Fault, call: Call | str, repeatable: bool) -> Any:
        """Return None when the fault is the lack of a result and no refusal; else raise the refusal."""
        read = read_fault(fault.faultCode, fault.faultString)
        if not is_marshalling(read):
            raise self._refusal(read, call)
        if says_nothing(read) and not (isinstance(call, Call) and call.method in READS):
            return None
        told = f"{call} was done, but XML-RPC cannot carry its result: {read.message}"
        if repeatable:
            raise MalformedAnswerError(told, hint=_OTHERWISE)
        raise AmbiguousError(told, hint=f"Look at what it did. {_OTHERWISE}")


def encode(args: list[Any], method: str, call: Call | str) -> bytes:
    """Return the request for a call. Raises RejectedError for a value that XML-RPC cannot carry."""
    try:
        # Odoo takes <nil/>, though it never sends it.
        text = xmlrpc.client.dumps(tuple(args), method, encoding="utf-8", allow_none=True)
    except OverflowError as error:
        raise RejectedError(
            f"XML-RPC cannot carry the numbers of {call}: they need more than 31 bits", hint=_OTHERWISE
        ) from error
    except TypeError as error:
        raise RejectedError(f"XML-RPC cannot carry the values of {call}: {error}", hint=_OTHERWISE) from error
    if found := _UNWRITABLE.search(text):
        raise RejectedError(
            f"XML-RPC cannot carry the character {found[0]!a} in the values of {call}",
            hint=f"Remove it. {_OTHERWISE}",
        )
    return text.replace("\r", _RETURN).encode()


def decode(response: Response) -> Any:
    """Return the value of an answer, or the fault that it is.

    Raises MalformedAnswerError for what is not XML-RPC; a broken body that claims to be XML, in answer to a
    call that changes something, is an AmbiguousError: the work was probably done.
    """
    try:
        values, _ = xmlrpc.client.loads(
            response.body.replace(b"\r", _RETURN.encode()), use_builtin_types=True
        )
    except xmlrpc.client.Fault as fault:
        return fault
    except (ExpatError, xmlrpc.client.Error, ValueError, TypeError, LookupError, AttributeError) as error:
        told = f"{response.url} was answered {response.status} with something that is not XML-RPC"
        if "xml" in response.headers.get("Content-Type", "").lower() and not response.repeatable:
            raise AmbiguousError(
                f"{told}: {response.excerpt()!r}",
                hint="The answer was cut off, the work may be done: look before trying again.",
                status=response.status,
            ) from error
        raise MalformedAnswerError(
            f"{told}: {response.excerpt()!r}",
            hint="Check that the URL is that of an Odoo.",
            status=response.status,
        ) from error
    return values[0] if values else None
