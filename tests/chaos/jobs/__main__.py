"""``python -m tests.chaos.jobs``: the long chaos, by what CHAOS_… in the environment says."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.jobs.harness import Chaos, Plan
from tests.chaos.jobs.memory import memory
from tests.own_postgres import OwnPostgres


def main() -> int:
    """Run what CHAOS_RUN names: sqlite, postgres, memory; return how many of them went wrong."""
    runs = os.environ.get("CHAOS_RUN", "sqlite,postgres").split(",")
    return sum(not run(one) for one in runs)


def run(kind: str) -> bool:
    """Run one kind of chaos; say how it went, and return whether it went well."""
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    began = time.monotonic()
    print(f"{kind}: CHAOS_SEED={seed}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="isthmus-chaos-")))
        if kind == "memory":
            wrong = memory(folder, number("CHAOS_JOBS", 1_000_000))
        else:
            server = stack.enter_context(OwnPostgres()) if kind == "postgres" else None
            chaos = stack.enter_context(Chaos(folder, plan(seed), server))
            wrong = chaos.run()
            print(f"{len(chaos.planned)} jobs; {dict(sorted(chaos.happened.items()))}")
    for one in wrong:
        print(f"WRONG: {one}")
    print(f"{kind}: {'FAILED' if wrong else 'all well'} after {time.monotonic() - began:.0f} s", flush=True)
    return not wrong


def plan(seed: int) -> Plan:
    """Return how much chaos there is to be."""
    return Plan(
        seed,
        jobs=number("CHAOS_JOBS", 5000),
        workers=number("CHAOS_WORKERS", 4),
        ttl_s=2.0,
        longest_s=number("CHAOS_LONGEST_S", 1800),
        kills=number("CHAOS_KILLS", 10**6),
        restarts=number("CHAOS_RESTARTS", 5),
        share=number("CHAOS_SHARE", 60),
        is_long=True,
        is_loud=bool(os.environ.get("CHAOS_LOUD")),
    )


def number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


if __name__ == "__main__":
    sys.exit(main())
