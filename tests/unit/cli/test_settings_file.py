"""One value of a settings file is changed, the rest stays as somebody wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.cli.settings_file import require_writable, with_secret, write_settings
from isthmus.errors import ConfigurationError

PATH = Path("/etc/isthmus/isthmus.toml")
TEXT = """\
# mine
database = "sqlite:///x.sqlite"   # keep

[odoo.main]
url = "http://a"
database = "a"
login = "l"
  secret = "old"

[odoo."the other"]
url = "http://b"
database = "b"
login = "l"
secret = 'old'
"""


def test_the_line_of_one_instance_changes_and_no_other() -> None:
    assert with_secret(TEXT, PATH, "main", "new") == TEXT.replace('  secret = "old"', '  secret = "new"')
    assert with_secret(TEXT, PATH, "the other", "new") == TEXT.replace("secret = 'old'", 'secret = "new"')


def test_line_ends_stay_what_they_are() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert with_secret(text, PATH, "main", "new") == text.replace('  secret = "old"', '  secret = "new"')


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace('  secret = "old"\n', ""),
        '[odoo]\nmain = {url = "a", database = "a", login = "l", secret = "old"}\n',
        TEXT.replace('"old"', '"""\nold"""'),
    ],
)
def test_a_secret_without_a_line_of_its_own_is_not_touched(text: str) -> None:
    with pytest.raises(ConfigurationError):
        with_secret(text, PATH, "main", "new")


def test_a_file_is_replaced_whole_with_its_permissions(tmp_path: Path) -> None:
    file, link = tmp_path / "isthmus.toml", tmp_path / "link.toml"
    file.write_text(TEXT)
    file.chmod(0o640)
    link.symlink_to(file)
    write_settings(link, "new")
    assert (file.read_text(), link.is_symlink()) == ("new", True)
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in tmp_path.iterdir()) == ["isthmus.toml", "link.toml"]


def test_whether_it_could_be_replaced_is_told_before_anything_is_done(tmp_path: Path) -> None:
    file = tmp_path / "isthmus.toml"
    file.write_text(TEXT)
    require_writable(file, "main")
    assert file.read_text() == TEXT
    with pytest.raises(ConfigurationError, match="no line"):
        require_writable(file, "elsewhere")
