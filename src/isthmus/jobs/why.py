"""Why a job is not running, or what became of it, in one sentence."""

from __future__ import annotations

from isthmus.jobs.admission import Ready, Situation, overtakes, refusal, throttled_until
from isthmus.jobs.claiming import look
from isthmus.jobs.inspection import JobInfo, list_jobs
from isthmus.jobs.moment import SECOND, to_datetime
from isthmus.jobs.sql import Sql
from isthmus.jobs.state import State
from isthmus.jobs.whereabouts import Whereabouts, find
from isthmus.jobs.workers import working

#: How many jobs a sentence names.
NAMED = 3


def why(sql: Sql, uuid: str, now: int) -> str | None:
    """Return the sentence for a job; None when there is no such job."""
    found = find(sql, [uuid])
    infos = list_jobs(sql, uuids=[uuid])
    if not found or not infos:
        return None
    job, info = found[0], infos[0]
    match job.table:
        case "wait":
            return _waits(sql, job)
        case "scheduled":
            return _is_later(info, now)
        case "parked":
            return _is_behind(sql, job)
        case "ready":
            return _could_start(sql, job, now)
        case "lease":
            return _runs(sql, info)
        case _:
            return _is_over(info)


def _waits(sql: Sql, job: Whereabouts) -> str:
    parents = sql.rows(
        "SELECT p.uuid FROM job_edge e JOIN job p ON p.id = e.parent_id WHERE e.child_id = ? AND e.open "
        "ORDER BY p.id", job.id,
    )  # fmt: skip
    infos = list_jobs(sql, uuids=[row[0] for row in parents[:NAMED]])
    named = ", ".join(f"{one.uuid} ({one.call}, {one.state})" for one in infos)
    more = f" and {len(parents) - NAMED} more" if len(parents) > NAMED else ""
    stuck = any(one.state in (State.FAILED, State.CANCELLED) for one in infos)
    hint = "; it goes on when that is retried and done, or set done" if stuck else ""
    return f"It waits for {named}{more}{hint}."


def _is_later(info: JobInfo, now: int) -> str:
    assert info.eta is not None
    wait_s = max(0.0, (info.eta - to_datetime(now)).total_seconds())
    when = f"at {info.eta:%Y-%m-%d %H:%M:%S} UTC, in {spoken(wait_s)}"
    if info.reason:
        return f"Attempt {info.attempt} did not succeed ({info.reason}), and it is tried again {when}."
    return f"It is due {when}."


def spoken(seconds: float) -> str:
    """Return a length of time as people say it: "12 s", "5 min", "3 h", "2 days"."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _is_behind(sql: Sql, job: Whereabouts) -> str:
    for state, table in (("running", "lease"), ("next", "ready")):
        ahead = sql.row(
            f"SELECT j.uuid FROM job_{table} t JOIN job j ON j.id = t.job_id WHERE t.serial_key = ?",
            job.serial_key,
        )
        if ahead:
            return f"{ahead[0]} has the same serial key {job.serial_key!r} and is {state}."
    first = sql.rows(
        "SELECT j.uuid FROM job_parked t JOIN job j ON j.id = t.job_id WHERE t.serial_key = ? "
        "ORDER BY t.priority, t.job_id LIMIT 1", job.serial_key,
    )[0][0]  # fmt: skip
    if first == job.uuid:
        return _nobody(sql, job.channel) or "A worker is about to claim it."
    return f"{first} has the same serial key {job.serial_key!r} and goes first."


def _could_start(sql: Sql, job: Whereabouts, now: int) -> str:
    situation = look(sql, now)
    said = _held_by(job, situation)
    if said:
        return said
    takers = [worker for worker in working(sql) if worker.takes(job.channel)]
    ahead = sum(
        number
        for channel, number in sql.rows(
            "SELECT channel, count(*) FROM job_ready WHERE priority < ? OR (priority = ? AND job_id < ?) "
            "GROUP BY channel",
            job.priority, job.priority, job.id,
        )
        if not _refused(situation, channel) and (not takers or any(one.takes(channel) for one in takers))
    )  # fmt: skip
    line = f"{ahead} {'jobs are' if ahead > 1 else 'job is'} ahead of it" if ahead else ""
    nobody = _nobody(sql, job.channel)
    if nobody:
        return f"{nobody[:-1]}; {line}." if line else nobody
    return f"{line}, and all threads of the workers are busy." if line else "A worker is about to claim it."


def _refused(situation: Situation, channel: str) -> str | None:
    """Return why no job of a channel can start now, whichever it is."""
    used = situation.used()
    for step in situation.steps(channel):
        if reason := refusal(step, situation, used[step.name]):
            return f"{step.name} {reason}"
    return None


def _held_by(job: Whereabouts, situation: Situation) -> str | None:
    if reason := _refused(situation, job.channel):
        ends = [throttled_until(step, situation.now) for step in situation.steps(job.channel)]
        if "starts one job" in reason:
            wait_s = (max(at for at in ends if at is not None) - situation.now) / SECOND
            return f"{reason}; the next one in {spoken(wait_s)}."
        return f"{reason}."
    for step in situation.steps(job.channel):
        if overtakes(Ready(job.priority, job.id, job.channel), step, situation):
            return f"{step.name} runs its jobs in order, and one that goes first is due later."
    return None


def _nobody(sql: Sql, channel: str) -> str | None:
    """Return that no worker takes jobs of a channel, and of which the others do; None where one does."""
    workers = working(sql)
    if not workers:
        return "No worker is running."
    if any(worker.takes(channel) for worker in workers):
        return None
    taken = sorted({one for worker in workers for one in (worker.channels or "").split(",")})
    return f"No worker takes jobs of {channel}: those that run take {', '.join(taken)} only."


def _runs(sql: Sql, info: JobInfo) -> str:
    workers = {str(one.id): one for one in working(sql)}
    found = workers.get(str(info.worker))
    place = f"on {found.host}, process {found.pid}" if found else "gone"
    if found and found.is_dispatcher:
        return f"It was sent to Celery by dispatcher {found.id} ({place}), and nobody has begun it yet."
    worker = f"worker {info.worker} ({place})"
    done = ""
    if info.progress:
        total = info.progress.get("total")
        done = f"; {info.progress['done']:g}" + (f" of {total:g}" if total else "") + " done"
    if info.state == State.ENQUEUED:
        return f"It is claimed by {worker} and about to begin."
    return f"It has been running since {info.began:%Y-%m-%d %H:%M:%S} UTC in {worker}{done}."


def _is_over(info: JobInfo) -> str:
    ended = f"{info.ended:%Y-%m-%d %H:%M:%S} UTC"
    if info.state == State.FAILED:
        return f"It failed at {ended}, in attempt {info.attempt}: {info.reason}"
    who = f": {info.reason}" if info.reason else "."
    return f"It is {info.state} since {ended}{who}"
