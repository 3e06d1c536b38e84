"""What happens to jobs, in lines for a person who watches a worker."""

from __future__ import annotations

from typing import Any


def line(name: str, fields: dict[str, Any]) -> str | None:
    """Return an event of jobs as a line, None for one that nobody needs to see."""
    match name:
        case "job.end" if fields["state"] in ("failed", "lost"):
            reason = f": {fields['error']}" if fields["error"] else ""
            return f"{_job(fields)}: {fields['state']}{reason}"
        case "job.end" if fields["state"] == "retry":
            return f"{_job(fields)}: attempt {fields['attempt']}: {fields['error']}"
        case "job.store":
            again = f", trying again in {fields['wait_s']:.1f} s" if fields["wait_s"] else ""
            return f"the job store failed{again}: {fields['error']}"
        case "job.broker":
            return f"{fields['error']}; trying again in {fields['wait_s']:.1f} s"
        case "job.process":
            end = f"signal {-fields['code']}" if fields["code"] < 0 else f"code {fields['code']}"
            return f"process {fields['pid']} ended with {end} after {fields['lived_s']:.1f} s; another starts"
        case "job.worker":
            return f"worker {fields['worker']} {fields['state']}"
        case "job.stuck":
            return f"{_job(fields)} does not end; its thread is given up"
        case "job.hook":
            return (
                f"job {fields['uuid']} is done, but what was to follow its commit failed: {fields['error']}"
            )
        case _:
            return None


def _job(fields: dict[str, Any]) -> str:
    return f"{fields['model']}.{fields['method']} {fields['uuid']}"
