"""A server that speaks one of Odoo's protocols and answers what a test says."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.loopback import Answer, Received, json_answer

PROTOCOLS = ("json2", "jsonrpc", "xmlrpc")

#: What each protocol says in its Content-Type.
TYPES = {"json2": "application/json", "jsonrpc": "application/json", "xmlrpc": "text/xml"}


@dataclass(frozen=True)
class Fault:
    """An exception that the server raises."""

    name: str
    message: str = "text in any language"
    debug: str = ""
    status: int = 500


Step = Any


def method_of(received: Received) -> str:
    """Return which method a request calls: of a model, or of a service (``authenticate``)."""
    if "/json/2/" in received.path:
        method = received.path.rpartition("/")[2]
        return "authenticate" if method == "context_get" else method
    if "/xmlrpc/" in received.path:
        args, method = xmlrpc.client.loads(received.body)
        return str(args[4]) if method == "execute_kw" else str(method)
    if not received.body:
        return received.path
    params = received.json()["params"]
    return str(params["args"][4]) if params["method"] == "execute_kw" else str(params["method"])


class OdooLike:
    """Answer in a protocol: logins with a user, other calls with the steps in turn, the last again and again.

    A step is a result, a :class:`Fault`, a whole ``Answer``, or a function of the request that gives one.
    """

    def __init__(self, protocol: str, *steps: Step, login: Callable[[], Any] = lambda: 2) -> None:
        self.protocol = protocol
        self._steps = list(steps)
        self._login = login

    def __call__(self, received: Received) -> Answer:
        if method_of(received) == "authenticate":
            uid = self._login()
            if self.protocol == "json2":
                unauthorized = Fault("werkzeug.exceptions.Unauthorized", status=401)
                return self.answer(received, {"uid": uid} if uid else unauthorized)
            return self.answer(received, uid)
        if received.path.endswith("/json/version") or "/doc-bearer/" in received.path:
            return Answer(404)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        return self.answer(received, step(received) if callable(step) else step)

    def answer(self, received: Received, step: Step) -> Answer:
        """Return the answer for a step, in the words of the protocol."""
        if isinstance(step, Answer):
            return step
        if self.protocol == "xmlrpc":
            given = xml_fault(step) if isinstance(step, Fault) else (step,)
            text = xmlrpc.client.dumps(given, methodresponse=True, allow_none=True)
            return Answer(200, text.encode(), {"Content-Type": "text/xml"})
        data = error_data(step) if isinstance(step, Fault) else step
        if self.protocol == "json2":
            return json_answer(data, step.status if isinstance(step, Fault) else 200)
        key = {"error": {"code": 200, "data": data}} if isinstance(step, Fault) else {"result": step}
        return json_answer({"jsonrpc": "2.0", "id": received.json()["id"], **key})

    def cut(self, value: Any, *, framed: bool) -> Callable[[Received], Answer]:
        """Return a step that answers half: in a complete frame, or on a connection that closes."""

        def step(received: Received) -> Answer:
            whole = self.answer(received, value)
            if framed:
                return Answer(whole.status, whole.body[: len(whole.body) // 2], whole.headers)
            return Answer(whole.status, whole.body, whole.headers, cut=len(whole.body) // 2)

        return step


def error_data(fault: Fault) -> dict[str, Any]:
    return {
        "name": fault.name,
        "message": fault.message,
        "arguments": [],
        "context": {},
        "debug": fault.debug,
    }


def xml_fault(fault: Fault) -> xmlrpc.client.Fault:
    """Return the fault of the second version of the protocol."""
    known = {"AccessDenied": 3, "AccessError": 4, "UserError": 2, "ValidationError": 2, "MissingError": 2}
    code = known.get(fault.name.rpartition(".")[2], 1) if fault.name.startswith("odoo.exceptions.") else 1
    if code > 1:
        return xmlrpc.client.Fault(code, fault.message)
    raised = fault.name.removeprefix("builtins.")
    text = f"Traceback (most recent call last):\n  {json.dumps(fault.debug)}\n{raised}: {fault.message}\n"
    return xmlrpc.client.Fault(1, text)
