"""What is found wrong with an Odoo, decided on values; the checks over HTTP are in tests/acceptance."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from isthmus.cli.odoo_check import (
    REFERRED,
    SYNCHRONISED,
    needed_models,
    protocol_finding,
    skew_finding,
    version_finding,
)
from isthmus.odoo import Version
from isthmus.records import Registry
from tests.unit.cli.conftest import SHOP

NOON = datetime(2026, 11, 22, 12)


def test_the_models_that_bindings_delegate_to_need_more_rights_than_those_referred_to() -> None:
    registry = Registry.build(["isthmus.connector", SHOP])
    assert needed_models(registry) == {"product.product": SYNCHRONISED, "uom.uom": REFERRED}


@pytest.mark.parametrize(("major", "ok"), [(13, False), (14, True), (19, True)])
def test_old_versions_are_refused(major: int, ok: bool) -> None:
    assert version_finding(Version.parse(f"{major}.0")).ok is ok


@pytest.mark.parametrize(
    ("protocol", "version", "ok", "advised"),
    [
        ("json2", "19.0", True, False),
        ("json2", "18.0", False, True),
        ("jsonrpc", "18.0", True, False),
        ("jsonrpc", "19.0", True, True),
        ("xmlrpc", "17.0", True, True),
        ("xmlrpc", "19.0", True, True),
        ("jsonrpc", "22.0", False, True),
    ],
)
def test_a_protocol_is_judged_by_the_version(protocol: str, version: str, ok: bool, advised: bool) -> None:
    found = protocol_finding(protocol, Version.parse(version))
    assert (found.ok, bool(found.advice)) == (ok, advised)


@pytest.mark.parametrize(
    ("seconds", "ok", "said"),
    [
        (0, True, "the same as this machine's"),
        (-1, True, "the same as this machine's"),
        (60, True, "60 s ahead of this machine"),
        (-61, False, "61 s behind this machine"),
        (7200, False, "7200 s ahead of this machine"),
    ],
)
def test_clocks_may_differ_by_a_minute(seconds: int, ok: bool, said: str) -> None:
    found = skew_finding(NOON + timedelta(seconds=seconds), NOON)
    assert (found.ok, found.result) == (ok, said)
