"""Files on cards: uploaded by forms, downloaded with the header only."""

from urllib.parse import quote

import pytest
import urllib3

from isthmus.sandbox.boards import board_path
from tests.integration.sandbox.trello.conftest import HEADER

IN_QUERY = "?key=sandbox-key&token=sandbox-token"


@pytest.fixture
def upload(trello, small, pool):
    def send(file, content, mime="text/plain", **fields):
        form = {**fields, "file": (file, content, mime)}
        body, kind = urllib3.encode_multipart_formdata(form)
        path = f"{trello.url}/1/cards/{small.card}/attachments"
        return pool.request("POST", path, headers={**HEADER, "Content-Type": kind}, body=body)

    return send


def path_of(card, made, name="x"):
    return f"/cards/{card}/attachments/{made['id']}/download/{name}"


def test_a_file_comes_back_as_it_was_uploaded(trello, small, upload):
    content = bytes(range(256)) + b"\r\n--boundary\r\n\r\n"
    made = upload('Pläne "neu"/a.pdf', content, "application/pdf").json()
    assert (made["name"], made["bytes"], made["isUpload"]) == ('Pläne "neu"/a.pdf', len(content), True)
    assert made["mimeType"] == "application/pdf"
    address = f"/cards/{small.card}/attachments/{made['id']}/download/{quote(made['fileName'])}"
    assert made["url"] == f"https://trello.com/1{address}"
    answer = trello.send("GET", address)
    assert (answer.status, answer.data) == (200, content)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert trello.get(f"/cards/{small.card}")["badges"]["attachments"] == 1
    assert trello.get(f"/cards/{small.card}/actions?filter=all")[0]["type"] == "addAttachmentToCard"


def test_the_fields_of_the_form_name_the_file_and_make_it_the_cover(trello, small, upload):
    made = upload("x.bin", b"", name="Front", mimeType="image/png", setCover="true").json()
    assert (made["name"], made["mimeType"], made["bytes"]) == ("Front", "image/png", 0)
    assert trello.get(f"/cards/{small.card}")["idAttachmentCover"] == made["id"]
    assert trello.send("GET", path_of(small.card, made)).data == b""


def test_a_download_wants_the_header(trello, small, upload):
    made = upload("x.txt", b"hello").json()
    assert trello.send("GET", path_of(small.card, made) + IN_QUERY, headers={}).status == 401
    wrong = {"Authorization": 'OAuth oauth_consumer_key="sandbox-key", oauth_token="no"'}
    assert trello.refused("GET", path_of(small.card, made), headers=wrong) == (401, "invalid token")
    assert trello.send("GET", f"/cards/{small.card}{IN_QUERY}", headers={}).status == 200


def test_what_is_no_file_or_gone_is_not_downloaded(trello, small, upload):
    link = trello.post(f"/cards/{small.card}/attachments", url="https://example.com/x")
    assert trello.refused("GET", path_of(small.card, link))[0] == 404
    made = upload("x.txt", b"hello").json()
    trello.delete(f"/cards/{small.card}/attachments/{made['id']}")
    assert trello.refused("GET", path_of(small.card, made))[0] == 404


def test_a_file_that_is_too_large_is_refused(trello, small, upload, sandbox):
    sandbox._settings.largest_file = 4
    assert upload("x.txt", b"12345").status == 413
    assert upload("x.txt", b"1234").status == 200


def test_a_broken_form_is_refused(trello, small, pool):
    path = f"{trello.url}/1/cards/{small.card}/attachments"
    for kind, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=b", b"--b\r\nhalf")):
        assert pool.request("POST", path, headers={**HEADER, "Content-Type": kind}, body=body).status == 400


def test_the_copy_of_a_card_has_files_of_its_own(trello, small, upload):
    made = upload("x.txt", b"hello").json()
    copy = trello.post("/cards", idList=small.done, idCardSource=small.card)["id"]
    trello.delete(f"/cards/{small.card}")
    copied = trello.get(f"/cards/{copy}/attachments")[0]
    assert copied["id"] != made["id"]
    assert trello.send("GET", path_of(copy, copied)).data == b"hello"


def test_noise_stands_in_for_the_files_of_an_export(trello, sandbox):
    board = sandbox.load(board_path("03"))
    cards = trello.get(f"/boards/{board}/cards/all?fields=id&attachments=true")
    files = [(card["id"], one) for card in cards for one in card["attachments"] if one["isUpload"]]
    assert len(files) == 4
    for card, one in files:
        content = trello.send("GET", path_of(card, one)).data
        assert len(content) == one["bytes"] == 64 * 1024
        assert content == trello.send("GET", path_of(card, one)).data
