from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from isthmus.odoo.load import Table
from isthmus.odoo.plan import SameValues, comparable, differing, merge, plan
from isthmus.odoo.schema import fields_of

FIELDS = fields_of(
    "project.task",
    {
        "name": {"type": "char"},
        "sequence": {"type": "integer"},
        "active": {"type": "boolean"},
        "date_deadline": {"type": "datetime"},
        "data": {"type": "binary"},
        "datas": {"type": "binary"},
        "checksum": {"type": "char"},
        "description": {"type": "html"},
        "tag_ids": {"type": "many2many", "relation": "project.tags"},
        "child_ids": {"type": "one2many", "relation": "project.task"},
    },
)


def test_equal_values_share_one_write():
    changes = {1: {"active": False}, 2: {"active": False}, 3: {"active": False}}
    assert plan(FIELDS, changes, changes) == [SameValues((1, 2, 3), {"active": False})]


def test_different_values_of_the_same_fields_share_one_load_by_database_id():
    changes = {1: {"name": "a", "sequence": 1}, 2: {"sequence": 2, "name": "b"}}
    (step,) = plan(FIELDS, changes, changes)
    assert step == Table((".id", "name", "sequence"), (1, 2), (("1", "a", "1"), ("2", "b", "2")))


def test_a_lonely_record_is_written_alone():
    changes = {1: {"name": "a"}, 2: {"sequence": 2}}
    assert plan(FIELDS, changes, changes) == [
        SameValues((1,), {"name": "a"}),
        SameValues((2,), {"sequence": 2}),
    ]


def test_records_whose_changes_nobody_shares_join_with_the_values_that_they_have_already():
    wanted = {1: {"name": "a", "sequence": 1}, 2: {"name": "b", "sequence": 2}}
    changes = {1: {"name": "a"}, 2: {"sequence": 2}}
    (step,) = plan(FIELDS, changes, wanted)
    assert step == Table((".id", "name", "sequence"), (1, 2), (("1", "a", "1"), ("2", "b", "2")))


def test_what_load_cannot_carry_is_written_alone():
    changes = {1: {"tag_ids": [(4, 7)]}, 2: {"tag_ids": [(4, 8)]}, 3: {"child_ids": [(3, 1)]}}
    assert [step.ids for step in plan(FIELDS, changes, changes)] == [(1,), (2,), (3,)]


def test_records_without_changes_are_left_out():
    assert plan(FIELDS, {1: {}, 2: {}}, {1: {}, 2: {}}) == []


def test_of_a_record_given_twice_the_later_value_counts():
    assert merge([(1, {"name": "a", "sequence": 1}), (2, {}), (1, {"name": "b"})]) == {
        1: {"name": "b", "sequence": 1},
        2: {},
    }


def test_only_what_differs_is_written():
    current = {
        "id": 1,
        "name": "a",
        "sequence": 5,
        "active": True,
        "date_deadline": datetime(2026, 1, 1, 10, 0, 0),
        "tag_ids": [2, 1],
        "child_ids": [],
    }
    same = {
        "name": "a",
        "sequence": 5,
        "active": True,
        "date_deadline": datetime(2026, 1, 1, 10, 0, 0, 999),
        "tag_ids": [(6, 0, [1, 2])],
        "child_ids": [(5,)],
    }
    assert differing(FIELDS, current, same) == {}
    other = {"name": False, "sequence": 0, "active": False, "date_deadline": False, "tag_ids": [(6, 0, [1])]}
    assert differing(FIELDS, current, other) == other


def test_what_was_not_read_or_depends_on_the_present_links_is_always_written():
    values = {"data": b"x", "tag_ids": [(4, 1)]}
    assert differing(FIELDS, {"id": 1, "tag_ids": [1]}, values) == values


def test_empty_text_and_zero_are_different_values():
    assert differing(FIELDS, {"sequence": 0}, {"sequence": False}) == {"sequence": False}


values = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from(["a", "b", False]), "sequence": st.integers(0, 2)}
)


@given(st.dictionaries(st.integers(1, 30), values))
def test_the_plan_writes_each_change_exactly_once(changes):
    written = {}
    for step in plan(FIELDS, changes, changes):
        if isinstance(step, SameValues):
            rows = [(id_, dict(step.values)) for id_ in step.ids]
        else:
            rows = [(key, {name: changes[key][name] for name in step.columns[1:]}) for key in step.keys]
        for id_, row in rows:
            assert id_ not in written
            written[id_] = row
    assert written == {id_: row for id_, row in changes.items() if row}


def test_html_that_odoo_cleaned_does_not_differ():
    now = {"description": "<p>a &amp; b</p>"}
    assert differing(FIELDS, now, {"description": "a &amp; b"}) == {}
    assert differing(FIELDS, {"description": False}, {"description": "<p><br></p>"}) == {}
    assert differing(FIELDS, now, {"description": "<p>a</p>"}) == {"description": "<p>a</p>"}


def test_content_is_compared_by_its_checksum_where_odoo_keeps_one():
    assert sorted(comparable(FIELDS, ["datas", "name"])) == ["checksum", "name"]
    assert comparable(FIELDS, ["data"]) == []
    now = {"checksum": "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"}  # SHA-1 of "a"
    assert differing(FIELDS, now, {"datas": b"a"}) == {}
    assert differing(FIELDS, now, {"datas": b"b"}) == {"datas": b"b"}
    assert differing(FIELDS, {"checksum": False}, {"datas": b"a"}) == {"datas": b"a"}
    assert differing(FIELDS, now, {"datas": False}) == {"datas": False}
