"""Files on cards and on tasks, in both directions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.creation import Creation
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.connector.plan import plan_backend
from isthmus.connector.round import sync_backend
from isthmus.connector.story import stories
from isthmus.demo import Stage
from isthmus.errors import ConfigurationError
from isthmus.sandbox.faults import Answer, DropConnection, Fault, TruncatedBody, on
from isthmus.trello.file_content import download_path
from isthmus.trello.form import Form
from isthmus.trello.spool import Spool
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both
from tests.integration.trello.test_cut_off import BriskClock

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def both() -> Iterator[Both]:
    with Stage(board([card(1), card(2)]), clock=BriskClock()) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def upload(both: Both, number: int, name: str, content: bytes, mime: str = "text/plain") -> Any:
    """Attach a file to a card, as a person does."""
    with Spool() as spool:
        spool.write(content)
        form = Form({"name": name}, name, mime, spool)
        return both.trello.upload(f"/cards/{card(number)['id']}/attachments", form)


def attach(both: Both, number: int, name: str, content: bytes, **values: Any) -> Any:
    """Attach a file to a task, as a person does."""
    row = {"res_model": "project.task", "res_id": both.task(number).id, "name": name, "datas": content}
    return both.env["ir.attachment"].create({**row, **values})


def on_card(both: Both, number: int) -> list[tuple[str, bytes]]:
    """The files of a card, name and content."""
    id_ = card(number)["id"]
    found: Any = both.trello.get(f"/cards/{id_}/attachments")
    files = []
    for one in sorted(found, key=lambda one: one["id"]):
        with Spool() as spool:
            both.trello.download(download_path({**one, "idCard": id_}), spool)
            files.append((one["name"], b"".join(spool)))
    return files


def on_task(both: Both, number: int) -> list[tuple[str, bytes]]:
    """The files of a task, name and content."""
    both.env.clear()
    domain = [("res_model", "=", "project.task"), ("res_id", "=", both.task(number).id)]
    found = both.env["ir.attachment"].search(domain, order="id")
    return [(one.name, one.datas or b"") for one in found]


def of_files(reports: list[Any]) -> Any:
    return next(report for report in reports if report.entity == "trello.file")


def writes(both: Both) -> tuple[int, int]:
    return both.stage.odoo_writes(), both.stage.trello_writes()


def downloads(both: Both) -> int:
    return both.stage.trello.log.count(where=lambda entry: "/download/" in entry.path)


def test_files_go_both_ways_once(both: Both) -> None:
    upload(both, 1, "plan.bin", CONTENT)
    ours = attach(both, 2, "ours.txt", b"hello")
    import_backend(both.backend)
    export_backend(both.backend)
    assert on_task(both, 1) == on_card(both, 1) == [("plan.bin", CONTENT)]
    assert on_task(both, 2) == on_card(both, 2) == [("ours.txt", b"hello")]
    pair = both.env["trello.file"].search([("odoo_id", "=", ours.id)])
    assert pair.sha1 == hashlib.sha1(b"hello").hexdigest() == ours.checksum
    before = writes(both), downloads(both)
    import_backend(both.backend)
    export_backend(both.backend)
    assert (writes(both), downloads(both)) == before, "something was carried again"
    assert all(report.ok for report in verify_backend(both.backend))


def reasons(report: Any) -> list[str]:
    return [one.reason for one in report.failures]


def test_any_name_and_any_content_arrives(both: Both) -> None:
    odd = ["a/b\\c?#%.txt", "Größe 🎉 日本.txt", 'say "hi".txt', "x" * 300]
    for name in odd[:3]:
        upload(both, 1, name, name.encode())
    upload(both, 1, "nothing.txt", b"")
    for _ in range(2):
        upload(both, 1, "twice.txt", b"the same")
    for name in odd:
        attach(both, 2, name, name.encode())
    attach(both, 2, "nothing.txt", b"")
    for _ in range(2):
        attach(both, 2, "twice.txt", b"the same")
    import_backend(both.backend)
    export_backend(both.backend)
    more = [("nothing.txt", b""), ("twice.txt", b"the same"), ("twice.txt", b"the same")]
    assert on_task(both, 1) == [*((name, name.encode()) for name in odd[:3]), *more]
    assert sorted(on_card(both, 2)) == sorted([*((name[:256], name.encode()) for name in odd), *more])
    both.settle()


def test_a_file_without_a_name_gets_one() -> None:
    file = {
        "id": "5f0000000000000000000c02",
        "name": "",
        "bytes": 5,
        "isUpload": True,
        "url": "https://x.example",
    }
    other = {**file, "id": "5f0000000000000000000c03", "fileName": "scan.png"}
    with Stage(board([card(1, attachments=[file, other])])) as stage, stage.app.environment() as env:
        names = [name for name, content in on_task(Both(stage, env), 1) if len(content) == 5]
        assert sorted(names) == ["file", "scan.png"]


def test_what_is_no_file_of_the_task_stays_in_odoo(both: Both) -> None:
    task = both.task(2)
    inline = attach(both, 2, "inline.png", b"1")
    quoted = attach(both, 2, "quoted.png", b"2")
    secret = attach(both, 2, "secret.txt", b"3")
    shared = attach(both, 2, "shared.txt", b"4")
    attach(both, 2, "cover", b"5", res_field="cover")
    task.write({"description": f'<p>See <img src="/web/image/{inline.id}-abc/inline.png"></p>'})
    messages, kinds = both.env["mail.message"], both.env["mail.message.subtype"]
    note = kinds.search([("internal", "=", True)], limit=1)
    open_ = kinds.search([("internal", "=", False)], limit=1)
    on_the_task = {"model": "project.task", "res_id": task.id, "message_type": "comment"}
    body = f'<p>Look <img src="/web/image/{quoted.id}"></p>'
    messages.create(
        {**on_the_task, "body": body, "subtype_id": open_.id, "attachment_ids": [(6, 0, shared.ids)]}
    )
    messages.create(
        {**on_the_task, "body": "psst", "subtype_id": note.id, "attachment_ids": [(6, 0, secret.ids)]}
    )
    export_backend(both.backend, ["file"])
    assert on_card(both, 2) == [("shared.txt", b"4")]
    both.backend.notes = True
    export_backend(both.backend, ["file"])
    assert {name for name, _ in on_card(both, 2)} == {"shared.txt", "secret.txt"}


def test_a_file_that_is_too_large_stays_and_is_told(both: Both) -> None:
    both.backend.largest_file_mb = 1
    limit = 1024 * 1024
    theirs = upload(both, 1, "long.bin", bytes(limit + 1))
    upload(both, 1, "just.bin", bytes(limit))
    ours = attach(both, 2, "long.bin", bytes(limit + 1))
    done = sync_backend(both.backend)
    imported, exported = of_files(done.imports), of_files(done.exports)
    told = "it has 1 MB; files of up to 1 MB are taken (largest_file_mb)"
    assert (imported.counts["created"], imported.counts["skipped"], reasons(imported)) == (1, 1, [told])
    assert (exported.counts["skipped"], reasons(exported)) == (1, [told])
    assert on_card(both, 2) == []
    assert [name for name, _ in on_task(both, 1)] == ["just.bin"]
    (story,) = stories(both.env, "trello.file", theirs["id"])
    assert [step.reason for step in story.steps] == [told]
    (story,) = stories(both.env, "ir.attachment", str(ours.id))
    assert [step.reason for step in story.steps] == [told]
    with pytest.raises(ConfigurationError, match="largest_file_mb is -1"):
        both.backend.largest_file_mb = -1
    both.backend.largest_file_mb = 0
    both.stage.trello._settings.largest_file = limit
    assert [one for one in reasons(of_files(export_backend(both.backend))) if "413: File too large" in one]
    assert of_files(import_backend(both.backend)).counts["created"] == 1
    assert not both.env["connector.intent"].search([])


def test_a_download_that_goes_wrong_brings_nothing_half(both: Both) -> None:
    is_download = on("GET", containing="/download/")
    faults = both.stage.trello.faults

    def tried(name: str, fault: Fault, times: int | None) -> Any:
        upload(both, 1, name, CONTENT)
        faults.add(fault, times=times, when=is_download)
        report = of_files(sync_backend(both.backend).imports)
        faults.clear()
        return report

    page = Answer(200, "<html>Sign in</html>", "text/html; charset=utf-8")
    assert tried("once.bin", TruncatedBody(), 1).counts["created"] == 1
    assert tried("cut.bin", TruncatedBody(), None).counts["failed"] == 1
    assert on_task(both, 1) == [("once.bin", CONTENT)]
    assert tried("page.bin", page, 1).counts["created"] == 1, "what was cut off comes, in spite of a page"
    short = tried("short.bin", Answer(200, "short"), None)
    assert "Trello gave 5 bytes for 'short.bin', which has 10240" in reasons(short)
    assert of_files(sync_backend(both.backend).imports).counts["created"] == 2, "the rest comes by itself"
    assert sorted(on_task(both, 1)) == sorted(on_card(both, 1))
    gone = tried("gone.bin", Answer(404, "The requested resource was not found."), None)
    assert reasons(gone) == ["it was deleted in Trello meanwhile"]
    assert not both.env["connector.set.aside"].search([])


def test_a_page_instead_of_a_file_is_told(both: Both) -> None:
    upload(both, 1, "x.bin", CONTENT)
    page = Answer(200, "<html>Sign in</html>", "text/html; charset=utf-8")
    both.stage.trello.faults.add(page, times=1, when=on("GET", containing="/download/"))
    assert reasons(of_files(import_backend(both.backend))) == ["a page (text/html) came instead of the file"]
    assert on_task(both, 1) == []


@pytest.mark.parametrize("first", [export_backend, import_backend])
def test_an_upload_without_an_answer_is_looked_for(both: Both, first: Any) -> None:
    upload(both, 2, "ours.txt", b"HELLO")  # somebody else's, of the same name and size
    import_backend(both.backend)
    attach(both, 2, "ours.txt", b"hello")
    attach(both, 2, "ours.txt", b"hello")
    is_upload = on("POST", "/1/cards")
    both.stage.trello.faults.add(DropConnection(after_acting=True), times=1, when=is_upload)
    assert of_files(export_backend(both.backend)).counts["failed"] == 1
    first(both.backend)
    export_backend(both.backend)
    import_backend(both.backend)
    expected = [("ours.txt", b"HELLO"), ("ours.txt", b"hello"), ("ours.txt", b"hello")]
    assert sorted(on_card(both, 2)) == sorted(on_task(both, 2)) == expected
    assert not both.env["connector.intent"].search([])


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("direction", ["import", "export"])
def test_a_process_that_is_killed_before_it_bound_a_file_carries_it_once(
    both: Both, direction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any) -> None:
        raise Killed

    if direction == "import":
        upload(both, 2, "x.txt", b"hello")
    else:
        attach(both, 2, "x.txt", b"hello")
    run = {"import": import_backend, "export": export_backend}[direction]
    both.env.commit()
    with both.backend.work_on("trello.file") as work:
        importer = type(work.component(usage="record.importer"))
    owner, name = {"import": (importer, "_bind"), "export": (Creation, "_pair")}[direction]
    monkeypatch.setattr(owner, name, die)
    with pytest.raises(Killed), both.stage.app.environment() as env:
        run(env["trello.backend"].search([]), ["file"])
    monkeypatch.undo()
    both.env.rollback()
    for _ in range(2):
        export_backend(both.backend)
        import_backend(both.backend)
    assert on_card(both, 2) == on_task(both, 2) == [("x.txt", b"hello")]


def test_files_that_are_gone_follow_the_policy(both: Both) -> None:
    theirs = upload(both, 1, "theirs.txt", b"hello")
    ours = attach(both, 2, "ours.txt", b"hello")
    sync_backend(both.backend)
    both.backend.import_deletion = both.backend.export_deletion = "delete"
    both.trello.delete(f"/cards/{card(1)['id']}/attachments/{theirs['id']}")
    ours.unlink()
    sync_backend(both.backend)
    assert on_task(both, 1) == on_card(both, 2) == []


def test_content_that_was_replaced_in_odoo_is_told(both: Both) -> None:
    ours = attach(both, 2, "ours.txt", b"hello")
    sync_backend(both.backend)
    ours.write({"datas": b"changed"})
    assert reasons(of_files(sync_backend(both.backend).exports)) == [
        "Trello cannot replace the content of a file"
    ]
    (difference,) = of_files(verify_backend(both.backend)).differences
    assert difference.field == "checksum"
    assert on_card(both, 2) == [("ours.txt", b"hello")]


def test_a_plan_carries_nothing(both: Both) -> None:
    upload(both, 1, "theirs.txt", b"hello")
    attach(both, 2, "ours.txt", b"hello")
    both.env.commit()
    before = writes(both), downloads(both)
    with both.stage.app.rehearsal() as env:
        plan = plan_backend(env["trello.backend"].search([]))
    files = [(one.direction, one.deed, one.name) for one in plan.records if one.entity == "trello.file"]
    assert files == [("import", "create", "theirs.txt"), ("export", "create", "ours.txt")]
    assert (writes(both), downloads(both)) == before


def test_a_copy_that_trello_made_of_a_link_is_no_file(both: Both) -> None:
    """Trello makes a file of a link to an image: its pair is the link."""
    made = upload(both, 1, "image.png", b"image")
    url = {
        "res_model": "project.task",
        "res_id": both.task(1).id,
        "type": "url",
        "url": "https://x.example/i.png",
    }
    link = both.env["ir.attachment"].create({**url, "name": "image.png"})
    pair = {
        "backend_id": both.backend.id,
        "external_id": made["id"],
        "odoo_id": link.id,
        "card": card(1)["id"],
    }
    both.env["trello.link"].create({**pair, "state": "synced", "synced": True})
    import_backend(both.backend)
    assert [one.id for one in both.env["ir.attachment"].search([("res_id", "=", both.task(1).id)])] == [
        link.id
    ]
