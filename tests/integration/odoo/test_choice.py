"""Which protocol is spoken when nobody sets one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from isthmus.errors import ConfigurationError, UnreachableError
from isthmus.http import NO_RETRY, HttpClient
from isthmus.odoo import OdooConnection
from isthmus.odoo.choice import best
from isthmus.odoo.reach import Reach, odoo_http
from isthmus.odoo.version import Version
from isthmus.sandbox.faults import Answer as Fault
from isthmus.sandbox.faults import on
from isthmus.sandbox.odoo import OdooSandbox
from tests.integration.http.test_client import self_signed
from tests.loopback import loopback
from tests.odoo_like import OdooLike
from tests.still_clock import StillClock

KEY = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("version", "secret", "wanted"),
    [
        ("19.0", KEY, "json2"),
        ("saas~19.1", KEY, "json2"),
        ("22.0", KEY, "json2"),
        ("19.0", "admin", "jsonrpc"),
        ("19.0", KEY.upper(), "jsonrpc"),
        ("saas~18.4", KEY, "jsonrpc"),
        (None, KEY, "jsonrpc"),
    ],
)
def test_json2_is_best_where_it_is_there_and_the_secret_is_a_key(
    version: str | None, secret: str, wanted: str
) -> None:
    assert best(Version.parse(version) if version else None, secret) == wanted


@pytest.mark.parametrize("series", [14, 15, 16, 17, 18, 19])
def test_every_version_is_spoken_to_in_its_best_protocol(series: int) -> None:
    with OdooSandbox(series) as odoo:
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key)
        assert connection.version().major == series
        assert connection.protocol == ("json2" if series >= 19 else "jsonrpc")
        assert connection.authenticate() == 2
        assert connection.execute("res.users", "search_count", kwargs={"domain": [["id", "=", 2]]}) == 1
        assert odoo.log.count(path="/json/version") == 1


def test_a_password_is_never_sent_to_json2() -> None:
    with OdooSandbox(19, password="secret-word") as odoo:
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, "secret-word")
        assert connection.protocol == "jsonrpc"
        assert connection.authenticate() == 2


@pytest.mark.parametrize("name", ["jsonrpc", "xmlrpc", "json2"])
def test_a_protocol_that_is_set_is_spoken_without_asking(name: str) -> None:
    with OdooSandbox(19) as odoo:
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key, protocol=name)
        assert connection.execute("res.users", "search_count", kwargs={"domain": [["id", "=", 2]]}) == 1
        assert odoo.log.count(path="/json/version") == 0


def test_json2_where_there_is_none_says_so() -> None:
    with OdooSandbox(18) as odoo:
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key, protocol="json2")
        with pytest.raises(Exception, match="base URL of an Odoo"):
            connection.execute("res.users", "search", kwargs={"domain": []})


def test_a_protocol_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match="no protocol 'soap'") as caught:
        OdooConnection("http://127.0.0.1:9", "db", "login", "secret", protocol="soap")
    assert "json2" in str(caught.value.hint)


def test_an_odoo_that_is_down_is_asked_again_with_the_next_call() -> None:
    with OdooSandbox(19) as odoo:
        http = HttpClient(odoo.url, retry=NO_RETRY, clock=StillClock())
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key, http=http)
        odoo.faults.add(Fault.bad_gateway(), when=on(path="/json/version"))
        with pytest.raises(UnreachableError):
            connection.authenticate()
        assert connection.authenticate() == 2
        assert connection.protocol == "json2"


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 500])
def test_a_server_that_tells_no_version_where_19_does_is_an_older_one(status: int) -> None:
    page = Fault(status, "<h1>login</h1>", "text/html", {"Location": "/web/login"})
    with OdooSandbox(17) as odoo:
        odoo.faults.add(page, when=on(path="/json/version"))
        odoo.faults.add(Fault(200, "<h1>login</h1>", "text/html"), when=on(path="/web/login"))
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key)
        assert connection.authenticate() == 2
        assert connection.protocol == "jsonrpc"


def test_many_threads_ask_once() -> None:
    with OdooSandbox(19) as odoo:
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key)
        threads = [threading.Thread(target=connection.authenticate) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert odoo.log.count(path="/json/version") == 1
        assert odoo.log.count(call="context_get") == 1


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("protocol", ["jsonrpc", "xmlrpc", "json2"])
def test_an_odoo_is_reached_over_tls_with_the_authority_that_is_set(tmp_path: Path, protocol: str) -> None:
    certificate = self_signed(tmp_path)
    with loopback(OdooLike(protocol, [7]), certificate=certificate) as server:

        def search(verify: bool | str) -> object:
            http = odoo_http(server.url, "db", "secret", Reach(verify=verify), clock=StillClock())
            connection = OdooConnection(server.url, "db", "l", "secret", http=http, protocol=protocol)
            return connection.execute("m", "search", kwargs={"domain": []})

        with pytest.raises(UnreachableError, match="certificate"):
            search(True)
        assert search(str(certificate[0])) == [7]
        assert search(False) == [7]
        (tmp_path / "none.pem").write_text("no certificate")
        for file in ("none.pem", "away.pem"):
            with pytest.raises(ConfigurationError, match="cannot be used as the certificate"):
                search(str(tmp_path / file))


@pytest.mark.parametrize("protocol", ["jsonrpc", "xmlrpc", "json2"])
def test_an_odoo_is_reached_through_the_proxy_that_is_set(protocol: str) -> None:
    with loopback(OdooLike(protocol, [7])) as proxy:
        url = "http://odoo.invalid"
        http = odoo_http(url, "db", "secret", Reach(proxy=proxy.url), clock=StillClock())
        connection = OdooConnection(url, "db", "l", "secret", http=http, protocol=protocol)
        assert connection.execute("m", "search", kwargs={"domain": []}) == [7]
    assert all(received.path.startswith("http://odoo.invalid/") for received in proxy.received)


def test_connections_are_kept_and_used_again() -> None:
    with loopback(OdooLike("jsonrpc", [7])) as server:
        connection = OdooConnection(server.url, "db", "l", "secret", protocol="jsonrpc")
        for _ in range(5):
            connection.execute("m", "search", kwargs={"domain": []})
        assert server.connections == 1
