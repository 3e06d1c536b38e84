"""A few lines of JSON-RPC and JSON-2: the sandbox is not tested with the client that it is made for."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

from isthmus.sandbox.odoo import OdooSandbox


class Refused(Exception):
    """An error answer."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Client:
    """Call the sandbox over HTTP as one user."""

    def __init__(self, sandbox: OdooSandbox, uid: int = 2, password: str = "admin") -> None:
        self.sandbox, self.uid, self.password = sandbox, uid, password

    def send(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Post JSON; return status and the parsed body."""
        connection = HTTPConnection("127.0.0.1", int(self.sandbox.url.rpartition(":")[2]), timeout=30)
        try:
            headers = {"Content-Type": "application/json", **(headers or {})}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def service(self, service: str, method: str, *args: Any) -> dict[str, Any]:
        """Return the whole JSON-RPC answer."""
        params = {"service": service, "method": method, "args": args}
        _, answer = self.send("/jsonrpc", {"jsonrpc": "2.0", "id": 7, "method": "call", "params": params})
        return answer

    def call(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        """Return the result of a method. Raises Refused."""
        who = (self.sandbox.database, self.uid, self.password)
        answer = self.service("object", "execute_kw", *who, model, method, args, named)
        if "error" in answer:
            data = answer["error"]["data"]
            raise Refused(data["name"], data["message"])
        return answer.get("result")

    def json2(self, model: str, method: str, key: str | None = None, **named: Any) -> tuple[int, Any]:
        """Return status and body of a JSON-2 call."""
        headers = {"Authorization": f"Bearer {key or self.sandbox.api_key}"}
        return self.send(f"/json/2/{model}/{method}", named, headers)

    def one(self, model: str, id_: int, *names: str) -> Any:
        """Return one field of a record, or a dict of several."""
        (row,) = self.call(model, "read", [id_], list(names), load=None)
        return row[names[0]] if len(names) == 1 else row
