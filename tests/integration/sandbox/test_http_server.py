"""The sandbox's HTTP server over real loopback connections."""

import socket

import pytest
import urllib3

from isthmus.errors import ConfigurationError
from isthmus.sandbox.faults import (
    Answer,
    Belated,
    Delay,
    DropConnection,
    HalfBody,
    NoAnswer,
    Repeated,
    TruncatedBody,
    on,
)
from isthmus.sandbox.server import HttpServer, Request, Response


class Echo:
    def __init__(self):
        self.seen = []

    def __call__(self, request: Request) -> Response:
        self.seen.append(request)
        if request.path == "/broken":
            raise ValueError("a handler's bug")
        request.facts["call"] = "echo"
        return Response.text(200, f"{request.method} {request.path} {request.body.decode()}")


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def server(echo):
    with HttpServer(echo) as running:
        yield running


@pytest.fixture
def pool():
    with urllib3.PoolManager(retries=False, timeout=5) as manager:
        yield manager


def raw(server, data: bytes) -> bytes:
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_several_requests_share_one_connection(server, pool):
    for n in range(5):
        assert pool.request("POST", f"{server.url}/a/{n}", body=str(n)).data == f"POST /a/{n} {n}".encode()
    assert pool.connection_from_url(server.url).num_connections == 1


def test_the_path_is_decoded_and_the_query_parsed(server, pool, echo):
    pool.request("GET", f"{server.url}/a%20b?x=1%2C2&empty=&x=3", headers={"X-Name": "v"})
    request = echo.seen[0]
    assert request.path == "/a b"
    assert request.query == {"x": "3", "empty": ""}
    assert request.headers["x-name"] == "v"


def test_a_chunked_body_arrives_whole(server, pool):
    answer = pool.request("POST", f"{server.url}/x", body=(part for part in [b"ab", b"cd"]), chunked=True)
    assert answer.data == b"POST /x abcd"


def test_head_gets_the_length_but_no_body(server):
    answer = raw(server, b"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: 8" in head
    assert body == b""


def test_connection_close_is_honoured(server):
    answer = raw(server, b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\nGET /y HTTP/1.1\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET /x HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_bytes_that_are_no_request_get_a_400(server, echo, data):
    assert raw(server, data).startswith(b"HTTP/1.1 400 ")
    assert echo.seen == []


def test_a_failing_handler_answers_500_and_the_log_keeps_the_traceback(server, pool):
    assert pool.request("GET", f"{server.url}/broken").status == 500
    assert "a handler's bug" in server.log.entries[0].error


def test_the_log_counts_by_method_path_status_and_facts_without_credentials(server, pool):
    pool.request("GET", f"{server.url}/1/boards?key=K&token=T&fields=name")
    pool.request("POST", f"{server.url}/1/cards")
    assert server.log.count(method="GET") == 1
    assert server.log.count(path="/1/", status=200) == 2
    assert server.log.count(call="echo") == 2
    assert server.log.tally("call") == {("echo",): 2}
    assert server.log.entries[0].query == {"fields": "name"}
    server.log.clear()
    assert len(server.log) == 0


def test_a_dropped_connection_before_acting_leaves_no_trace_at_the_handler(server, pool, echo):
    server.faults.add(DropConnection())
    with pytest.raises(urllib3.exceptions.ProtocolError):
        pool.request("POST", f"{server.url}/x")
    assert echo.seen == []
    assert pool.request("POST", f"{server.url}/x").status == 200


@pytest.mark.parametrize("fault", [DropConnection(after_acting=True), NoAnswer(0.01)])
def test_after_acting_the_work_is_done_though_no_answer_comes(server, pool, echo, fault):
    server.faults.add(fault)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        pool.request("POST", f"{server.url}/x")
    assert len(echo.seen) == 1
    assert server.log.entries[0].status == 0


def test_what_is_belated_is_done_after_the_client_gave_up_and_what_is_repeated_twice(server, pool, echo):
    server.faults.add(Belated(0.01))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        pool.request("POST", f"{server.url}/late")
    server.faults.add(Repeated())
    assert pool.request("POST", f"{server.url}/twice").status == 200
    server.stop()
    assert sorted(request.path for request in echo.seen) == ["/late", "/twice", "/twice"]


def test_a_silent_server_makes_the_client_time_out(server, pool, echo):
    server.faults.add(NoAnswer())
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        pool.request("POST", f"{server.url}/x", timeout=0.05)
    assert len(echo.seen) == 1


def test_a_truncated_body_is_shorter_than_announced(server, pool):
    server.faults.add(TruncatedBody(0.5))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        pool.request("GET", f"{server.url}/x")


def test_half_a_body_comes_as_a_complete_answer(server, pool):
    server.faults.add(HalfBody(0.5))
    assert pool.request("GET", f"{server.url}/x").data == b"GET"


def test_an_answer_in_place_of_the_handler_comes_n_times_for_the_chosen_paths(server, pool, echo):
    server.faults.add(Answer.bad_gateway(), times=2, when=on(method="GET", path="/1/"))
    statuses = [pool.request("GET", server.url + path).status for path in ["/1/a", "/2/a", "/1/b", "/1/c"]]
    assert statuses == [502, 200, 502, 200]
    assert [request.path for request in echo.seen] == ["/2/a", "/1/c"]
    assert server.faults.pending == 0


def test_a_429_storm_tells_when_to_come_back(server, pool):
    server.faults.add(Answer.too_many(retry_after_s=1.5), times=3)
    answers = [pool.request("GET", f"{server.url}/x") for _ in range(4)]
    assert [answer.status for answer in answers] == [429, 429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1.5"


def test_an_error_after_acting_hides_work_that_was_done(server, pool, echo):
    server.faults.add(Answer.bad_gateway(504, after_acting=True))
    assert pool.request("POST", f"{server.url}/x").status == 504
    assert len(echo.seen) == 1


def test_a_delay_changes_nothing_but_the_time(server, pool):
    server.faults.add(Delay(0.01))
    assert pool.request("GET", f"{server.url}/x").status == 200
    assert server.log.entries[0].ms >= 10


def test_cleared_faults_are_not_played(server, pool):
    server.faults.add(DropConnection(), times=None)
    server.faults.clear()
    assert pool.request("GET", f"{server.url}/x").status == 200


def test_stopping_ends_open_connections_and_frees_the_port(echo):
    server = HttpServer(echo)
    url = server.start()
    port = server.port
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        pool.request("GET", f"{url}/x")
        server.stop()
        with pytest.raises(urllib3.exceptions.HTTPError):
            pool.request("GET", f"{url}/x")
    assert server.start(port) == url
    server.stop()


def test_a_taken_port_is_a_configuration_error(server, echo):
    with pytest.raises(ConfigurationError, match="cannot listen"):
        HttpServer(echo).start(server.port)


def test_the_url_of_a_stopped_server_is_a_configuration_error(echo):
    with pytest.raises(ConfigurationError, match="not running"):
        HttpServer(echo).url


def test_a_server_comes_to_rest_once_what_was_cut_off_has_acted(server, pool, echo):
    server.faults.add(Belated(0.3))
    with pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("POST", f"{server.url}/late")
    assert echo.seen == []
    assert server.come_to_rest()
    assert [request.path for request in echo.seen] == ["/late"]


def test_a_server_comes_to_rest_once_what_nobody_waits_for_has_acted(server, echo):
    server.faults.add(Delay(0.3))
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(b"GET /first HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\n\r\n")
    assert server.come_to_rest()
    assert [request.path for request in echo.seen] == ["/first", "/second"]


def test_a_server_that_is_still_busy_after_the_time_does_not_come_to_rest(server):
    server.faults.add(Delay(5))
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert not server.come_to_rest(0.01)


def test_what_a_stopped_server_had_not_read_is_not_done_when_it_is_started_again(server, echo):
    port = server.port
    server.faults.add(Delay(0.2))
    with socket.create_connection((server.host, port)) as connection:
        connection.sendall(b"GET /first HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\n\r\n")
        while server.faults.pending:
            pass
        server.stop()
        server.start(port)
        assert server.come_to_rest()
    assert [request.path for request in echo.seen] == ["/first"]
