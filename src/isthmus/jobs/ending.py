"""The end of an attempt, as it is told."""

from __future__ import annotations

from isthmus.jobs.claim import Ack
from isthmus.telemetry import emit


def tell_end(ack: Ack, is_lost: bool) -> None:
    """Tell what became of an attempt, once it is written down."""
    claim, result = ack.claim, ack.result
    emit(
        "job.end", uuid=claim.uuid, model=claim.model, method=claim.method, attempt=claim.attempt,
        state="lost" if is_lost else result.kind, error=result.failure and result.failure.message,
        duration_s=(ack.ended - ack.began) / 1_000_000 if ack.began and ack.ended else 0.0,
    )  # fmt: skip
