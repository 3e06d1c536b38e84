from datetime import datetime

from isthmus.sandbox.trello.ids import IdFactory, created_at, first_id_at, is_id, is_short_link

MOMENT = datetime(2026, 2, 17, 14, 49, 52)


def test_an_identifier_tells_its_second_of_creation():
    assert created_at(IdFactory().new(MOMENT)) == MOMENT


def test_identifiers_are_unique_and_unordered_within_a_second():
    factory = IdFactory(1)
    made = [factory.new(MOMENT) for _ in range(200)]
    assert len(set(made)) == 200
    assert made != sorted(made)


def test_the_same_seed_gives_the_same_identifiers():
    assert IdFactory(7).new(MOMENT) == IdFactory(7).new(MOMENT)
    assert IdFactory(7).short_link() == IdFactory(7).short_link()


def test_only_24_hexadecimal_digits_are_an_identifier():
    assert is_id("5582b73a8cb4e3ec6701ed69")
    assert not is_id("5582b73a8cb4e3ec6701ed6")
    assert not is_id("5582b73a8cb4e3ec6701ed6g")
    assert not is_id(None)
    assert is_short_link(IdFactory().short_link())
    assert not is_short_link("My board")


def test_a_date_stands_for_the_first_identifier_of_its_second():
    bound = first_id_at(MOMENT)
    assert is_id(bound)
    assert bound <= IdFactory().new(MOMENT)
    assert created_at(bound) == MOMENT
