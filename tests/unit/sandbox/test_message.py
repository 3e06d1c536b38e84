import io

import pytest

from isthmus.sandbox.message import BadRequestError, Request, Response, read_request


def read(data):
    return read_request(io.BytesIO(data), io.BytesIO())


def test_a_request_is_read_with_decoded_path_query_and_body():
    request = read(
        b"POST /a%20b?x=1&x=2&y= HTTP/1.1\r\nContent-Type: text/x; q=1\r\nContent-Length: 2\r\n\r\nhi"
    )
    assert (request.method, request.path, request.query, request.body) == (
        "POST",
        "/a b",
        {"x": "2", "y": ""},
        b"hi",
    )
    assert request.content_type == "text/x"


def test_the_end_of_the_connection_is_no_request():
    assert read(b"") is None


@pytest.mark.parametrize(
    "data", [b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nbad\r\n\r\n", b"GET / SPDY/3\r\n\r\n"]
)
def test_other_bytes_are_a_bad_request(data):
    with pytest.raises(BadRequestError):
        read(data)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\nA: b\r\n", b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"]
)
def test_a_connection_that_ends_half_way_is_a_connection_error(data):
    with pytest.raises(ConnectionError):
        read(data)


def test_a_waiting_client_is_told_to_go_on():
    told = io.BytesIO()
    read_request(io.BytesIO(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"), told)
    assert told.getvalue() == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_http_1_0_closes_the_connection():
    assert read(b"GET / HTTP/1.0\r\n\r\n").headers["connection"] == "close"


def test_an_answer_tells_its_length_even_without_its_body():
    response = Response.text(200, "é")
    assert response.encode().endswith(b"Content-Length: 2\r\n\r\n\xc3\xa9")
    assert response.encode(head_only=True).endswith(b"Content-Length: 2\r\n\r\n")
    assert b"Connection: close" in response.encode(keep_alive=False)
    assert b"Content-Length" not in Response(204).encode()
    assert Response(449).encode().startswith(b"HTTP/1.1 449 Unknown")


def test_a_request_can_be_made_from_a_target():
    assert Request.of("get", "/1/x?a=b%2Cc").query == {"a": "b,c"}
