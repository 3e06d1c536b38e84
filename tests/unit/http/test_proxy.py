import pytest

from isthmus.http.proxy import proxy_for


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "inner.example")


@pytest.mark.parametrize(("url", "setting", "expected"), [
    ("https://api.trello.com/1", "environment", "http://proxy:3128"),
    ("https://inner.example", "environment", None),
    ("https://localhost:8069", "environment", None),
    ("https://127.0.0.1:8069", "environment", None),
    ("https://api.trello.com/1", None, None),
    ("https://api.trello.com/1", "http://other:1", "http://other:1"),
])  # fmt: skip
def test_the_proxy_is_the_one_set_or_that_of_the_environment(url, setting, expected):
    assert proxy_for(url, setting) == expected
