"""The three protocols on simulated Odoos, and on a real one that is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isthmus.odoo import OdooConnection
from tests.conformance.protocol_suite import ProtocolCase, ProtocolSuite
from tests.some_odoo import REAL, Settings, some_odoo

SPOKEN = [
    *[
        (f"sandbox {series}", protocol)
        for series in (14, 16, 18, 19)
        for protocol in ("jsonrpc", "xmlrpc", "json2")
        if protocol != "json2" or series >= 19
    ],
    *[pytest.param(("real", protocol), marks=REAL) for protocol in ("jsonrpc", "xmlrpc", "json2")],
]


@pytest.fixture(scope="module", params=SPOKEN, ids=lambda pair: " ".join(pair))
def spoken(request: pytest.FixtureRequest) -> Iterator[tuple[Settings, str]]:
    which, protocol = request.param
    with some_odoo(which) as settings:
        version = OdooConnection(*settings, protocol="jsonrpc").version()
        if protocol == "json2" and not version.has("JSON-2"):
            pytest.skip(f"Odoo {version} has no JSON-2")
        yield settings, protocol


@pytest.fixture
def case(spoken: tuple[Settings, str]) -> Iterator[ProtocolCase]:
    case = ProtocolCase(*spoken)
    yield case
    case.clean()


class TestProtocol(ProtocolSuite):
    """Every test of the suite."""
