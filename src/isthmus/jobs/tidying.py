"""Tidying: thin out what is over, and keep busy tables small."""

from __future__ import annotations

import random
from collections.abc import Mapping

from isthmus.jobs.retention import forget_old, thin_out
from isthmus.jobs.sqlstore import SqlJobStore

#: How often old jobs are looked for, in seconds; and how soon the next step follows while there are some.
THIN_S = 600.0
STEP_S = 0.2

#: How often a worker looks whether to clean up, in seconds, and after how many claims it does on PostgreSQL:
#: the server's own daemon comes once a minute, when a busy worker has left a million dead rows.
CLEAN_S = 2.0
CLAIMS = 10_000
BUSY_TABLES = ("job_ready", "job_lease", "job_scheduled", "job_parked", "job_freed")


class Tidying:
    """The regular tidying of one worker. ``kept_s``: how long jobs of a final state are kept, in seconds."""

    def __init__(self, store: SqlJobStore, kept_s: Mapping[str, float]) -> None:
        self._store = store
        self._kept_s = kept_s
        self._after = 0
        self._claimed = 0

    def tidy(self) -> float:
        """Remove one step of old jobs; return after how many seconds to go on."""
        with self._store.writing() as sql:
            now = self._store.now()
            forget_old(sql, now)
            _, following = thin_out(sql, self._kept_s, now, self._after)
        self._after = following or 0
        return STEP_S if following else THIN_S * random.uniform(0.8, 1.0)

    def clean(self) -> float:
        """Clean up behind what was done since the last time; return after how many seconds to look again.

        On SQLite the log is moved into the file, so that no commit of anybody has to.
        """
        claimed, self._claimed = self._store.claimed - self._claimed, self._store.claimed
        if self._store.is_postgresql and claimed < CLAIMS:
            self._claimed -= claimed
            return CLEAN_S
        transaction = self._store.database.transaction()
        try:
            if self._store.is_postgresql:
                transaction.autocommit()
                for table in BUSY_TABLES:
                    transaction.execute(f"VACUUM {table}")
            else:
                transaction.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            transaction.close()
        return CLEAN_S
