"""The client against real sockets: what each fault of a server or network becomes."""

import socket
import threading
from datetime import datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from urllib3.exceptions import InsecureRequestWarning

from isthmus.errors import (
    AmbiguousError,
    ConfigurationError,
    MalformedAnswerError,
    RateLimitedError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http import (
    NO_RETRY,
    BearerAuth,
    Bucket,
    HttpClient,
    KeyTokenAuth,
    Limit,
    Quota,
    RateLimiter,
    RetryPolicy,
    Timeout,
)
from isthmus.telemetry import subscribe
from tests.loopback import Answer, json_answer, loopback
from tests.still_clock import StillClock


def self_signed(folder):
    """Make a certificate for this machine; return its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), start, datetime(2096, 1, 1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


OK = json_answer({"ok": True})
IMPATIENT = Timeout(connect_s=2, read_s=0.2, total_s=5)


def client_for(server, **options):
    return HttpClient(server.url, **{"clock": StillClock(), **options})


@pytest.fixture
def events():
    seen = []
    stop = subscribe(lambda name, fields: seen.append((name, fields)))
    yield seen
    stop()


def test_parameters_headers_and_json_arrive_as_given():
    with loopback(OK) as server:
        client = client_for(server, auth=KeyTokenAuth("KEY", "TOKEN"))
        answer = client.post(
            "/cards", params={"b": True, "n": None, "l": [1, 2]}, json={"name": "ü"}, headers={"X-A": "1"}
        )
    (request,) = server.received
    assert answer.json() == {"ok": True}
    assert request.path == "/cards?b=true&l=1&l=2"
    assert request.json() == {"name": "ü"}
    assert request.headers["Authorization"] == 'OAuth oauth_consumer_key="KEY", oauth_token="TOKEN"'
    assert (request.headers["X-A"], request.headers["Content-Type"]) == ("1", "application/json")


def test_connections_are_kept_alive_between_requests():
    with loopback(OK) as server:
        client = client_for(server)
        for _ in range(5):
            client.get("/")
        assert server.connections == 1


def test_threads_share_the_pool_and_never_exceed_its_size():
    with loopback(OK) as server:
        client = client_for(server, connections=3)
        threads = [threading.Thread(target=lambda: [client.get("/") for _ in range(10)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.received) == 80
        assert server.connections <= 3


def test_any_status_is_returned_and_only_success_passes_require_success():
    with loopback(json_answer({"message": "who?"}, 401)) as server:
        answer = client_for(server).get("/x", params={"token": "T"})
    assert (answer.status, answer.json()) == (401, {"message": "who?"})
    with pytest.raises(UnauthorizedError, match="who") as caught:
        answer.require_success()
    assert "token" not in str(caught.value)
    assert len(server.received) == 1


def test_a_refused_connection_is_tried_again_even_for_a_write_because_nothing_was_done():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        clock = StillClock()
        client = HttpClient(
            f"http://127.0.0.1:{reserved.getsockname()[1]}", clock=clock, retry=RetryPolicy(attempts=3)
        )
        with pytest.raises(UnreachableError, match="could not be sent") as caught:
            client.post("/", json={})
    assert len(clock.slept) == 2
    assert "Check host and port" in caught.value.hint
    assert "object at" not in str(caught.value)


def test_an_unknown_host_name_is_unreachable():
    client = HttpClient("http://no-such-host.invalid", retry=NO_RETRY, proxy=None)
    with pytest.raises(UnreachableError, match=r"no-such-host\.invalid"):
        client.get("/")


def test_no_answer_in_time_to_a_write_is_ambiguous_and_it_is_not_sent_twice():
    with loopback(Answer(silent=True)) as server:
        with pytest.raises(AmbiguousError, match="look before trying again"):
            client_for(server, timeout=IMPATIENT).post("/", json={})
        assert len(server.received) == 1


def test_no_answer_in_time_to_a_read_is_tried_again():
    with loopback(Answer(silent=True), OK) as server:
        assert client_for(server, timeout=IMPATIENT).get("/").ok
        assert len(server.received) == 2


def test_a_write_that_may_be_repeated_is_tried_again():
    with loopback(Answer(hang_up=True), Answer(502), OK) as server:
        assert client_for(server).put("/", json={}, idempotent=True).ok
        assert len(server.received) == 3


@pytest.mark.parametrize("fault", [Answer(hang_up=True), Answer(200, b'{"a": 1}', cut=3)])
def test_a_connection_that_breaks_after_the_request_is_ambiguous_for_a_write(fault):
    with loopback(fault) as server, pytest.raises(AmbiguousError):
        client_for(server).post("/", json={})
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "fault", [Answer(hang_up=True), Answer(200, b'{"a": 1}', cut=3), Answer(502), Answer(503), Answer(504)]
)
def test_a_passing_fault_of_a_read_is_mended_by_trying_again(fault, events):
    with loopback(fault, OK) as server:
        assert client_for(server).get("/").json() == {"ok": True}
    (retry,) = [fields for name, fields in events if name == "http.retry"]
    assert retry["attempt"] == 1
    assert retry["wait_s"] > 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_a_refusal_is_never_tried_again(status):
    with loopback(Answer(status), OK) as server:
        assert client_for(server).get("/").status == status
        assert len(server.received) == 1


def test_retry_after_is_waited_for_and_a_write_refused_by_429_is_sent_again():
    clock = StillClock()
    with loopback(Answer(429, headers={"Retry-After": "7"}), OK) as server:
        assert client_for(server, clock=clock).post("/", json={}).ok
    assert 7 <= clock.slept[0] < 8


def test_a_not_now_that_will_stay_so_is_not_tried_again():
    with loopback(Answer(429, b"ask for less")) as server:
        client = client_for(server, is_final=lambda response: b"less" in response.body)
        assert client.get("/").status == 429
        assert len(server.received) == 1


def test_a_wait_longer_than_our_patience_is_handed_to_the_caller():
    with loopback(Answer(429, b"slow down", {"Retry-After": "900"})) as server:
        answer = client_for(server).get("/")
    with pytest.raises(RateLimitedError) as caught:
        answer.require_success()
    assert caught.value.wait_s == 900
    assert len(server.received) == 1


def test_a_429_that_does_not_say_how_long_gives_the_usual_wait():
    with loopback(Answer(429)) as server:
        answer = client_for(server, retry=NO_RETRY).get("/")
    assert answer.error().wait_s == 10


def test_a_429_pauses_the_shared_limiter_for_every_thread():
    clock = StillClock()
    limiter = RateLimiter([Bucket("key", Limit(1000, 10))], clock=clock)
    with loopback(Answer(429, headers={"Retry-After": "7"})) as server:
        client_for(server, clock=clock, limiter=limiter, retry=RetryPolicy(attempts=2)).get("/")
    clock.slept.clear()
    limiter.pause(7, "GET", "/")
    assert limiter.acquire("GET", "/") >= 6.999  # kept in whole milliseconds


def test_the_limiter_learns_from_the_answers():
    headers = {"x-rate-remaining": "6", "x-rate-max": "100"}

    def read(found):
        return [Quota("key", 10, float(found["X-Rate-Max"]), float(found["X-Rate-Remaining"]))]

    clock = StillClock()
    limiter = RateLimiter([Bucket("key", Limit(100, 10))], read=read, clock=clock)
    with loopback(json_answer({}, headers=headers)) as server:
        client = client_for(server, limiter=limiter, clock=clock)
        client.get("/")
        client.get("/")
        assert clock.slept == []
        client.get("/")
    assert clock.slept != []


def test_an_html_page_where_json_was_promised_shows_its_start_with_secrets_masked():
    with loopback(Answer(200, b"<html><title>tok123 Odoo</title>", {"Content-Type": "text/html"})) as server:
        answer = client_for(server, auth=BearerAuth("tok123")).post("/", json={})
        with pytest.raises(MalformedAnswerError, match=r"<title>\*\*\* Odoo"):
            answer.json()


def test_truncated_json_in_answer_to_a_write_is_ambiguous_and_to_a_read_malformed():
    broken = Answer(200, b'{"result": [1, 2', {"Content-Type": "application/json"})
    with loopback(broken) as server:
        client = client_for(server)
        with pytest.raises(AmbiguousError):
            client.post("/", json={}).json()
        with pytest.raises(MalformedAnswerError):
            client.get("/").json()


def test_a_body_that_drips_for_ever_is_given_up():
    clock = StillClock()
    slow = Answer(200, b"x" * 50, drip=lambda: clock.advance(2))
    with loopback(slow) as server:
        client = client_for(server, clock=clock, timeout=Timeout(2, 5, total_s=30), retry=NO_RETRY)
        with pytest.raises(UnreachableError, match="did not end in time"):
            client.get("/")


def test_a_redirected_read_is_followed_without_credentials_to_another_host():
    with (
        loopback(OK) as other,
        loopback(
            Answer(302, headers={"Location": other.url.replace("127.0.0.1", "localhost") + "/file"})
        ) as server,
    ):
        assert client_for(server, auth=BearerAuth("tok")).get("/download").ok
    assert server.received[0].headers["Authorization"] == "Bearer tok"
    assert other.received[0].headers["Authorization"] is None


def test_a_redirected_write_is_an_error_that_names_the_target():
    with loopback(Answer(301, headers={"Location": "https://new.example/x?token=T"})) as server:
        answer = client_for(server).post("/", json={})
    with pytest.raises(MalformedAnswerError, match=r"redirected to https://new\.example/x\)"):
        answer.require_success()


def test_redirects_without_end_are_malformed():
    with loopback(Answer(302, headers={"Location": "/again"})) as server, pytest.raises(MalformedAnswerError):
        client_for(server).get("/")


def test_credentials_do_not_go_to_the_host_of_a_foreign_next_link():
    with loopback(OK) as other, loopback(OK) as server:
        client_for(server, auth=BearerAuth("tok")).get(other.url + "/page2")
    assert other.received[0].headers["Authorization"] is None


def test_events_tell_method_url_without_query_and_status(events):
    with loopback(OK) as server:
        client_for(server).get("/1/boards", params={"key": "K"})
        url = server.url
    (fields,) = [fields for name, fields in events if name == "http.request"]
    assert (fields["method"], fields["url"], fields["status"]) == ("GET", f"{url}/1/boards", 200)
    assert fields["duration_s"] >= 0


@pytest.mark.parametrize("url", ["", "odoo.example", "ftp://x", "http://"])
def test_a_base_url_that_is_none_is_refused_with_a_hint(url):
    with pytest.raises(ConfigurationError, match="Write it like https"):
        HttpClient(url)


def test_requests_go_through_the_proxy_with_its_credentials():
    with loopback(OK) as proxy:
        url = proxy.url.replace("http://", "http://me:pw@")
        assert HttpClient("http://service.test", proxy=url).get("/x").ok
    (request,) = proxy.received
    assert request.path == "http://service.test/x"
    assert request.headers["Proxy-Authorization"] == "Basic bWU6cHc="


def test_a_proxy_that_is_away_is_told_as_such():
    client = HttpClient("http://service.test", proxy="http://me:pw@127.0.0.1:1", retry=NO_RETRY)
    with pytest.raises(UnreachableError) as caught:
        client.post("/", json={})
    assert "proxy" in caught.value.hint
    assert "pw" not in str(caught.value)


def test_a_certificate_is_verified_unless_told_otherwise(tmp_path):
    certificate = self_signed(tmp_path)
    with loopback(OK, certificate=certificate) as server:
        with pytest.raises(UnreachableError, match="certificate") as caught:
            client_for(server).post("/", json={})
        assert "authority" in caught.value.hint
        with pytest.warns(InsecureRequestWarning):
            assert client_for(server, verify=False).get("/").ok
        assert client_for(server, verify=str(certificate[0])).get("/").ok


def test_tls_to_a_plain_server_is_unreachable_not_ambiguous_for_reads():
    with loopback(OK) as server:
        client = HttpClient(
            server.url.replace("http:", "https:"), clock=StillClock(), retry=NO_RETRY, verify=False
        )
        with pytest.raises(UnreachableError):
            client.get("/")
