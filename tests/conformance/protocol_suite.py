"""What every protocol does, whatever its wire: the same call has the same result and the same errors."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from isthmus.errors import (
    ConfigurationError,
    ConstraintError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
)
from isthmus.odoo import OdooConnection, RemoteMissingRecordError, UnknownModelError
from tests.some_odoo import Settings

PARTNER, TAG, USER = "res.partner", "project.tags", "res.users"
GONE = 99999999


@dataclass
class ProtocolCase:
    """A connection that speaks one protocol to one Odoo; ``mark`` is in the name of all that a test makes."""

    settings: Settings
    protocol: str
    mark: str = field(default_factory=lambda: f"isthmus {uuid.uuid4().hex[:10]}")

    def __post_init__(self) -> None:
        self.connection = self.connect()

    def connect(self, **changed: str) -> OdooConnection:
        """Return a connection with some of its settings changed."""
        names = ("url", "database", "login", "secret")
        wanted = {**dict(zip(names, self.settings, strict=True)), **changed}
        return OdooConnection(**wanted, protocol=self.protocol)

    def partner(self, **values: Any) -> int:
        rows = [{"name": self.mark, "ref": self.mark, **values}]
        (made,) = self.connection.execute(PARTNER, "create", kwargs={"vals_list": rows})
        return int(made)

    def read(self, id_: int, *names: str) -> Any:
        (row,) = self.connection.execute(PARTNER, "read", [id_], kwargs={"fields": list(names)})
        return row[names[0]] if len(names) == 1 else row

    def clean(self) -> None:
        for model, name in ((PARTNER, "ref"), (TAG, "name")):
            asked = {"domain": [[name, "like", self.mark]], "context": {"active_test": False}}
            found = self.connection.execute(model, "search", kwargs=asked)
            if found:
                self.connection.execute(model, "unlink", found)


class ProtocolSuite:
    """Subclasses give the fixture ``case``."""

    def test_the_version_is_read_and_the_protocol_has_its_name(self, case: ProtocolCase) -> None:
        assert 14 <= case.connection.version().major <= 30
        assert case.connection.protocol == case.protocol

    def test_the_login_is_a_user(self, case: ProtocolCase) -> None:
        uid = case.connection.authenticate()
        (row,) = case.connection.execute(USER, "read", [uid], kwargs={"fields": ["login"]})
        assert row["login"] == case.settings[2]

    def test_records_are_made_read_changed_and_deleted(self, case: ProtocolCase) -> None:
        made = case.partner(name=f"{case.mark} é 欧 😀 <b>&amp;</b>")
        assert case.read(made, "name") == f"{case.mark} é 欧 😀 <b>&amp;</b>"
        assert case.connection.execute(PARTNER, "write", [made], kwargs={"vals": {"name": "n"}}) is True
        assert case.read(made, "name") == "n"
        assert case.connection.execute(PARTNER, "unlink", [made]) is True
        assert case.connection.execute(PARTNER, "read", [made], kwargs={"fields": ["name"]}) == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("comment", "<p>a</p>"),
            ("street", "  blanks  "),
            ("street", "two\nlines"),
            ("street", "a\r\nb\rc"),
            ("street", "tab\there"),
            ("color", 2**31 - 1),
            ("color", 0),
            ("is_company", True),
            ("street", False),
            ("active", False),
        ],
    )
    def test_values_come_back_as_they_were_sent(self, case: ProtocolCase, name: str, value: Any) -> None:
        found = case.read(case.partner(**{name: value}), name)
        assert found == value
        assert type(found) is type(value)

    def test_relations_are_commands_on_the_way_in_and_ids_on_the_way_out(self, case: ProtocolCase) -> None:
        parent = case.partner()
        child = case.partner(parent_id=parent)
        row = case.read(child, "parent_id", "child_ids", "category_id")
        assert row["parent_id"][0] == parent
        assert row["child_ids"] == row["category_id"] == []

    def test_arguments_may_stand_by_position_or_by_name(self, case: ProtocolCase) -> None:
        made = case.partner()
        domain = [["ref", "=", case.mark]]
        execute = case.connection.execute
        assert execute(PARTNER, "search", None, [domain]) == [made]
        assert execute(PARTNER, "search", kwargs={"domain": domain, "limit": None, "order": "id"}) == [made]
        rows = execute(PARTNER, "search_read", None, [domain, ["name"]], {"limit": 1})
        assert rows == execute(
            PARTNER, "search_read", kwargs={"domain": domain, "fields": ["name"], "limit": 1}
        )
        assert execute(PARTNER, "read", None, [[made], ["name"]]) == rows

    def test_a_position_that_only_odoo_knows_is_found(self, case: ProtocolCase) -> None:
        uid = case.connection.authenticate()
        ids = [uid] if case.connection.version().major >= 18 else None
        assert case.connection.execute(USER, "has_group", ids, ["base.group_user"]) is True

    def test_the_context_goes_along(self, case: ProtocolCase) -> None:
        case.partner(active=False)
        asked = {"domain": [["ref", "=", case.mark]]}
        assert case.connection.execute(PARTNER, "search_count", kwargs=asked) == 0
        context = {"active_test": False, "nothing": None, "deep": {"a": [1, "b"]}}
        assert case.connection.execute(PARTNER, "search_count", kwargs=asked, context=context) == 1

    def test_a_method_that_returns_nothing_gives_none_and_is_done(self, case: ProtocolCase) -> None:
        made = case.partner()
        case.connection.execute(PARTNER, "action_archive", [made])
        assert case.read(made, "active") is False

    def test_a_load_answers_with_ids_or_with_messages(self, case: ProtocolCase) -> None:
        columns = ["id", "name", "ref"]
        key = f"__isthmus_test__.{case.mark.replace(' ', '_')}"

        def load(name: str) -> Any:
            asked = {"fields": columns, "data": [[key, name, case.mark]]}
            return case.connection.execute(PARTNER, "load", kwargs=asked, idempotent=True)

        first = load("a")
        assert first["ids"]
        assert load("b")["ids"] == first["ids"]
        bad = {"fields": ["id", "parent_id/.id"], "data": [[f"{key}_bad", "99999999"]]}
        refused = case.connection.execute(PARTNER, "load", kwargs=bad, idempotent=True)
        assert refused["ids"] is False
        assert refused["messages"]

    # --- refusals ---

    def test_what_does_not_exist_is_told_apart(self, case: ProtocolCase) -> None:
        execute = case.connection.execute
        with pytest.raises(UnknownModelError, match=r"no model 'x\.thing'"):
            execute("x.thing", "search", kwargs={"domain": []})
        with pytest.raises(NotFoundError, match="no method 'nothing_like_it'"):
            execute(PARTNER, "nothing_like_it", [1])
        with pytest.raises(RemoteMissingRecordError):
            execute(PARTNER, "write", [GONE], kwargs={"vals": {"name": "x"}})
        with pytest.raises(RemoteMissingRecordError):
            execute(PARTNER, "unlink", [GONE])

    def test_wrong_fields_values_and_arguments_are_rejected(self, case: ProtocolCase) -> None:
        execute = case.connection.execute
        for kwargs in ({"domain": [["nofield", "=", 1]]}, {"domain": [["name", "~~", 1]]}):
            with pytest.raises(RejectedError, match=r"nofield|~~"):
                execute(PARTNER, "search", kwargs=kwargs)
        with pytest.raises(RejectedError, match="nofield"):
            execute(PARTNER, "create", kwargs={"vals_list": [{"name": "x", "nofield": 1}]})
        with pytest.raises(RejectedError):
            execute(PARTNER, "search", kwargs={"domain": [], "nothing": 1})
        if case.connection.version().major >= 18:
            with pytest.raises(RejectedError, match="xx_YY"):
                execute(PARTNER, "search", kwargs={"domain": []}, context={"lang": "xx_YY"})
        else:
            asked = {"domain": [], "limit": 1}
            assert execute(PARTNER, "search", kwargs=asked, context={"lang": "xx_YY"})

    def test_a_constraint_is_a_constraint_and_nothing_is_made(self, case: ProtocolCase) -> None:
        rows = [{"name": f"{case.mark} twice"}] * 2
        with pytest.raises(ConstraintError):
            case.connection.execute(TAG, "create", kwargs={"vals_list": rows})
        asked = {"domain": [["name", "like", case.mark]]}
        assert case.connection.execute(TAG, "search_count", kwargs=asked) == 0

    def test_what_is_not_for_clients_is_forbidden(self, case: ProtocolCase) -> None:
        with pytest.raises(ForbiddenError, match="Private methods"):
            case.connection.execute(PARTNER, "_search", kwargs={"domain": []})

    def test_wrong_credentials_and_a_wrong_database_are_told_apart(self, case: ProtocolCase) -> None:
        with pytest.raises(UnauthorizedError):
            case.connect(secret="0" * 40).authenticate()
        with pytest.raises(UnauthorizedError):
            case.connect(secret="0" * 40).execute(PARTNER, "search", kwargs={"domain": []})
        with pytest.raises(ConfigurationError, match="no database 'isthmus_no_such_db'"):
            case.connect(database="isthmus_no_such_db").authenticate()

    def test_the_time_of_the_server_is_known(self, case: ProtocolCase) -> None:
        told = case.connection.server_now()
        assert told is not None
        assert abs((told - case.connection.clock.now()).total_seconds()) < 3600
