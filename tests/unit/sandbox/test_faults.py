from isthmus.sandbox.faults import Answer, Delay, DropConnection, Faults, on
from isthmus.sandbox.message import Request

GET, POST = Request.of("GET", "/1/boards/x"), Request.of("POST", "/1/cards", body=b'{"name": "x"}')


def test_a_fault_is_played_as_often_as_it_was_added_for():
    faults = Faults()
    faults.add(Delay(0), times=2)
    assert [faults.take(GET) for _ in range(3)] == [Delay(0), Delay(0), None]


def test_a_fault_without_a_number_is_played_until_cleared():
    faults = Faults()
    faults.add(Delay(0), times=None)
    assert [faults.take(GET) for _ in range(3)] == [Delay(0)] * 3
    assert faults.pending == 0
    faults.clear()
    assert faults.take(GET) is None


def test_the_first_fault_that_fits_is_taken():
    faults = Faults()
    faults.add(DropConnection(), when=on(method="POST"))
    faults.add(Delay(0), times=None)
    assert faults.take(GET) == Delay(0)
    assert faults.take(POST) == DropConnection()
    assert faults.take(POST) == Delay(0)


def test_conditions_look_at_method_path_and_text():
    assert on()(GET)
    assert on(method="GET", path="/1/boards")(GET)
    assert not on(path="/1/cards")(GET)
    assert on(containing="name")(POST)
    assert not on(containing="name")(GET)


def test_ready_made_answers_look_like_those_of_a_proxy():
    assert Answer.bad_gateway(503).response().headers["Content-Type"].startswith("text/html")
    assert Answer.too_many(2).response().headers["Retry-After"] == "2"
    assert "Retry-After" not in Answer.too_many().response().headers
