"""The record store over RPC keeps the contract: on simulated Odoos, and on a real one that is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isthmus.odoo import OdooConnection, RpcStore
from isthmus.records import Domain
from tests.conformance.record_store_suite import CATEGORY, PARTNER, TAG, TASK, RecordStoreSuite, StoreCase
from tests.some_odoo import ODOOS, some_odoo


@pytest.fixture(scope="module", params=ODOOS)
def remote_store(request: pytest.FixtureRequest) -> Iterator[RpcStore]:
    with some_odoo(request.param) as settings:
        yield RpcStore(OdooConnection(*settings))


@pytest.fixture
def case(remote_store: RpcStore) -> Iterator[StoreCase]:
    case = StoreCase(remote_store)
    yield case
    everything = {"active_test": False}
    for model, field in ((PARTNER, "ref"), (CATEGORY, "name"), (TASK, "name"), (TAG, "name")):
        marked = Domain.parse([(field, "like", case.mark)])
        remote_store.unlink(model, remote_store.search(model, marked, context=everything))


class TestRpcStore(RecordStoreSuite):
    """Every test of the suite."""
