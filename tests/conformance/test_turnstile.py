"""The three turnstiles: in memory, in files, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from isthmus.connector.turnstile import PostgresTurnstile
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.http.turnstile import LocalTurnstile, Turnstile
from isthmus.records import Registry, SqlDatabase, upgrade_schema
from tests.conformance.turnstile_suite import TurnstileSuite
from tests.still_clock import StillClock


@dataclass
class Case:
    turnstile: Turnstile
    second: Turnstile


class TestLocalTurnstile(TurnstileSuite):
    @pytest.fixture
    def case(self) -> Case:
        turnstile = LocalTurnstile(StillClock())
        return Case(turnstile, turnstile)


class TestFileTurnstile(TurnstileSuite):
    @pytest.fixture
    def case(self, tmp_path: Path) -> Case:
        clock, folder = StillClock(), tmp_path / "turns"
        return Case(FileTurnstile(folder, clock), FileTurnstile(folder, clock))


@pytest.mark.postgres
class TestPostgresTurnstile(TurnstileSuite):
    @pytest.fixture
    def case(self, postgres_url: str) -> Iterator[Case]:
        registry = Registry.build(["isthmus.connector"])
        databases = [SqlDatabase(postgres_url) for _ in range(2)]
        upgrade_schema(databases[0], registry)
        yield Case(*(PostgresTurnstile(database, registry) for database in databases))
        for database in databases:
            database.close()
