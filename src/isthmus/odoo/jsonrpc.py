"""JSON-RPC at ``/jsonrpc``: spoken by every Odoo from 14 to 21."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from isthmus.errors import AmbiguousError, IsthmusError, MalformedAnswerError
from isthmus.http import Response
from isthmus.odoo.errors import Fault
from isthmus.odoo.login import Login
from isthmus.odoo.protocol import Call
from isthmus.odoo.services import ServiceRpc
from isthmus.odoo.wire import Wire, refused

PATH = "/jsonrpc"


class JsonRpc(ServiceRpc):
    """Call an Odoo by JSON-RPC. Safe to share between threads."""

    name = "jsonrpc"

    def __init__(self, wire: Wire, login: Login, *, debug: bool = False) -> None:
        super().__init__(wire, login, debug=debug)
        self._numbers = itertools.count(1)

    def _call(self, service: str, method: str, args: list[Any], call: Call | str, *, repeatable: bool) -> Any:
        """Return the result of one call; a method that returns None has no result in the answer."""
        number = next(self._numbers)
        request = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": number,
            "params": {"service": service, "method": method, "args": args},
        }
        answer = envelope(self._wire.post_json(PATH, request, repeatable=repeatable), number)
        if "error" in answer:
            raise self._fault(answer["error"], call)
        return answer.get("result")

    def _fault(self, error: Any, call: Call | str) -> IsthmusError:
        data = error.get("data") if isinstance(error, dict) else None
        said = str(error.get("message", "")) if isinstance(error, dict) else str(error)
        return self._refusal(Fault.read(data if isinstance(data, dict) else {}, said), call)


def envelope(response: Response, number: int) -> Mapping[str, Any]:
    """Return the answer to the call of that number."""
    if not response.ok:
        raise refused(response)
    answer = response.json()
    if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0":
        raise MalformedAnswerError(
            f"{response.url} answered JSON that is not JSON-RPC: {response.excerpt()!r}",
            hint="Check that the URL is that of an Odoo.",
        )
    if answer.get("id") not in (number, None):
        raise AmbiguousError(
            f"{response.url} answered call {answer.get('id')!r} instead of {number}",
            hint="Something between here and Odoo mixes answers up.",
        )
    return answer
