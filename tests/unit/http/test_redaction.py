import pytest

from isthmus.http.auth import BearerAuth, KeyTokenAuth, NoAuth
from isthmus.http.client import HttpClient
from isthmus.http.redaction import excerpt, public_url, redact


def test_a_secret_is_masked_plain_and_percent_encoded():
    assert redact("a k+y/1 b k%2By%2F1", ["k+y/1"]) == "a *** b ***"


def test_a_secret_inside_a_longer_one_leaves_no_remainder():
    assert redact("token abcdef", ["abc", "abcdef"]) == "token ***"


def test_empty_secrets_mask_nothing():
    assert redact("text", ["", ""]) == "text"


def test_a_shown_url_has_no_credentials_query_or_fragment():
    assert public_url("https://me:pw@host:8443/1/cards?key=K&token=T#x") == "https://host:8443/1/cards"


def test_an_excerpt_is_one_short_line_with_the_secrets_masked():
    assert excerpt(b"<html>\n  <p>tok  " + b"x" * 500, ["tok"]).startswith("<html> <p>*** xxx")
    assert len(excerpt(b"y" * 5000)) == 201


@pytest.mark.parametrize("auth", [BearerAuth("s3cret"), KeyTokenAuth("s3cret", "s3cret")])
def test_credentials_show_a_masked_representation(auth):
    assert "s3cret" not in repr(auth)
    assert "s3cret" not in repr(HttpClient("https://u:s3cret@host/1?key=s3cret", auth=auth))
    assert "s3cret" in auth.headers()["Authorization"]
    assert "s3cret" in auth.secrets()


def test_no_credentials_send_no_header():
    assert NoAuth().headers() == {}
