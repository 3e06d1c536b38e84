from isthmus.sandbox.trello import resources
from isthmus.sandbox.trello.router import Router, route


def answer():
    return None


def other():
    return None


def test_names_in_a_pattern_stand_for_any_segment():
    router = Router()
    router("GET", "/cards/{card}/actions/{action}")(answer)
    assert router.find("GET", "cards/a/actions/b") == (answer, {"card": "a", "action": "b"})
    assert router.find("PUT", "cards/a/actions/b") is None
    assert router.find("GET", "cards/a/actions") is None


def test_a_fixed_segment_comes_before_a_name_and_ignores_case():
    router = Router()
    router("GET", "/cards/{card}/{field}")(answer)
    router("GET", "/cards/{card}/idMembers")(other)
    assert router.find("GET", "cards/a/IDMEMBERS") == (other, {"card": "a"})
    assert router.find("GET", "cards/a/name") == (answer, {"card": "a", "field": "name"})


def test_a_method_that_a_fixed_segment_lacks_is_looked_for_among_the_names():
    router = Router()
    router("GET", "/cards/{card}/actions")(other)
    router("PUT", "/cards/{card}/{field}")(answer)
    assert router.find("PUT", "cards/a/actions") == (answer, {"card": "a", "field": "actions"})


def test_the_singular_of_a_resource_and_a_slash_at_the_end_are_taken():
    assert route.find("GET", "card/abc") == route.find("GET", "cards/abc/")
    assert route.find("GET", "card/abc") is not None


def test_every_module_of_resources_registers_routes():
    owners = {found[0].__module__.rsplit(".", 1)[-1] for found in registered()}
    assert owners == set(resources.__all__)


def registered():
    for method, pattern in route.patterns:
        path = "/".join("x" if part.startswith("{") else part for part in pattern.strip("/").split("/"))
        found = route.find(method, path)
        assert found is not None, pattern
        yield found
