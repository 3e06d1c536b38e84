"""Replay recorded Odoo exchanges against the sandbox and say how the answers differ."""

from __future__ import annotations

import json
import re
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from isthmus.sandbox.odoo import OdooSandbox

DATA = Path(__file__).parents[3] / "data" / "odoo-probes"
KEYS = {"<API_KEY>": "a" * 40, "<API_KEY_2>": "b" * 40}

#: The microseconds that the stored ``write_date`` had, as the requests of the cases 123 to 126 tell.
MICROSECONDS = {18: 379285, 19: 230699}

#: Records that a case makes along with others: case, table, the first id for each version.
ALONG = {
    "create-list": {"project_task_type": {18: 12, 19: 8}},
    "create-tasks": {"mail_message": {18: 443, 19: 94}},
    "load-ok": {"ir_model_data": {18: 34723, 19: 36770}},
}

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_HEX = re.compile(r"(__export__\.\w+_)[0-9a-f]{8}")


class RecordedClock:
    """Tell the time at which the current case was recorded."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 19, 0, 0)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Case:
    """One recorded exchange."""

    number: int
    label: str
    content: dict[str, Any]

    @property
    def request(self) -> dict[str, Any]:
        return self.content["request"]

    @property
    def response(self) -> dict[str, Any]:
        return self.content["response"]

    @property
    def is_xml(self) -> bool:
        return self.content["protocol"].startswith("xmlrpc")

    @property
    def is_stub(self) -> bool:
        """Whether only status and type were kept of the answer: a long page, or one cut when recorded."""
        body = self.response["body"]
        return "_truncated" in body if isinstance(body, dict) else str(body).endswith("\n...")

    @property
    def call(self) -> tuple[str, str]:
        """The model and method that the case is about, as far as it is about one."""
        if self.request["path"].startswith("/json/2/"):
            model, _, method = self.request["path"].removeprefix("/json/2/").partition("/")
            return model, method
        body = self.request["body"]
        if self.is_xml:
            args = list(xmlrpc.client.loads(_with_keys(body))[0]) if body.startswith("<?xml") else []
        else:
            args = (body.get("params") or {}).get("args", []) if isinstance(body, dict) else []
        return (args[3], args[4]) if len(args) > 4 else ("", "")


def cases(series: int) -> Iterator[Case]:
    """Yield the recorded cases of a version in order."""
    for path in sorted((DATA / str(series)).glob("*.json")):
        number, _, label = path.stem.partition("-")
        yield Case(int(number), label, json.loads(path.read_text()))


class Replay:
    """One sandbox that the cases of a version are sent to, one after the other."""

    def __init__(self, series: int) -> None:
        self.series = series
        self.clock = RecordedClock()
        self.sandbox = OdooSandbox(series, database=f"o{series}", api_key=KEYS["<API_KEY>"], clock=self.clock)

    def run(self, case: Case) -> tuple[int, dict[str, str], Any]:
        """Send a case; return status, headers (lower-case names) and body."""
        date = parsedate_to_datetime(case.response["headers"]["Date"]).replace(tzinfo=None)
        self.clock.at = date + timedelta(microseconds=MICROSECONDS[self.series])
        self._align_ids(case)
        self._align_nested_ids(case)
        self._arrange(case)
        headers = {name: _with_keys(value) for name, value in case.request["headers"].items()}
        body = case.request["body"]
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection = HTTPConnection("127.0.0.1", int(self.sandbox.url.rpartition(":")[2]), timeout=30)
        try:
            connection.request(
                case.request["method"], case.request["path"], _with_keys(body or "").encode(), headers
            )
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def _arrange(self, case: Case) -> None:
        """Do what was done by hand between two recordings: a key for the limited user, which then expires."""
        with self.sandbox.environment() as env:
            keys: Any = env["res.users.apikeys"]
            if case.label == "expired-key":
                keys.search([("index", "=", "b" * 8)]).write({"expiration_date": self.clock.now()})
                self.clock.at += timedelta(seconds=1)
            elif "<API_KEY_2>" in str(case.request["headers"]) and not keys.user_of(KEYS["<API_KEY_2>"]):
                limited = env["res.users"].search([("login", "like", "probe-user")])
                keys.keep(KEYS["<API_KEY_2>"], limited.id, "limited", "rpc")

    def _align_nested_ids(self, case: Case) -> None:
        """Records that are made along with another one: their ids show in a later answer only."""
        for table, ids in ALONG.get(case.label, {}).items():
            set_next_id(self.sandbox, table, ids[self.series])

    def _align_ids(self, case: Case) -> None:
        """Let the records that the case makes get the ids that they had when it was recorded."""
        model, method = case.call
        made = _made(case, model, method)
        if made:
            model = "mail.message" if method == "message_post" else model
            set_next_id(self.sandbox, model.replace(".", "_"), made)


def set_next_id(sandbox: OdooSandbox, table: str, id_: int) -> None:
    """Make ``id_`` the next id of a table, unless that many were given already."""
    with sandbox.store.begin() as transaction:
        transaction.lock()
        run = transaction.connection.exec_driver_sql
        last = run("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).scalar()
        if last is None:
            run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, id_ - 1))
        elif last < id_ - 1:
            run("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (id_ - 1, table))


def _made(case: Case, model: str, method: str) -> int:
    """Return the first id that a case made, or 0."""
    result = decoded(case, case.response["body"])
    if isinstance(result, dict) and "jsonrpc" in result:
        result = result.get("result")
    match method, result:
        case (("create" | "copy" | "message_post"), [int(first), *_]):
            return first
        case (("create" | "copy" | "message_post" | "name_create"), int(first)):
            return first
        case "name_create", [int(first), _]:
            return first
        case "load", {"ids": [int(first), *_]}:
            return first
    return 0


def _with_keys(text: str) -> str:
    for placeholder, key in KEYS.items():
        text = text.replace(placeholder, key)
    return text


def decoded(case: Case, body: Any) -> Any:
    """Return a body as values: XML parsed, faults as a dict."""
    if isinstance(body, bytes):
        text = body.decode()
        if not case.is_xml:
            try:
                return json.loads(text)
            except ValueError:
                return text
        body = text
    if case.is_xml and isinstance(body, str) and body.startswith("<?xml"):
        try:
            return xmlrpc.client.loads(body)[0][0]
        except xmlrpc.client.Fault as fault:
            return {"faultCode": fault.faultCode, "faultString": fault.faultString}
    return body


def comparable(value: Any) -> Any:
    """Return a value without what differs from run to run: times, ports, random names, inner tracebacks."""
    if isinstance(value, dict):
        return {key: _end(one) if key == "debug" else comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    if isinstance(value, str):
        if value.startswith("Traceback (most recent call last):"):
            return _end(value)
        value = _MOMENT.sub("<moment>", value)
        value = re.sub(r"port \d+", "port <port>", value)
        value = re.sub(r"(out of range for type integer\n).*", r"\1<statement>", value, flags=re.DOTALL)
        return _HEX.sub(r"\1<hex>", value)
    return value


def _end(text: str) -> str:
    """Return the end of a traceback, from the line that names the exception on."""
    lines = text.rstrip("\n").split("\n")
    last = max(number for number, line in enumerate(lines) if re.match(r"[A-Za-z_][\w.]*: ", line))
    return comparable("\n".join(lines[last:]).replace("Traceback", ""))
