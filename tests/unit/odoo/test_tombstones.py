from __future__ import annotations

from isthmus.odoo.tombstones import LocalMemory


def test_what_was_remembered_is_known_by_model_until_it_is_forgotten() -> None:
    memory = LocalMemory()
    memory.remember("a", {"m.x": 1, "m.y": 2})
    assert memory.known("a", ["m.y", "m.z", "m.x"]) == {"m.y": 2, "m.x": 1}
    assert memory.known("b", ["m.x"]) == {}
    memory.forget("a", [1])
    memory.forget("b", [2])
    assert memory.known("a", ["m.x", "m.y"]) == {"m.y": 2}


def test_the_oldest_are_forgotten_first() -> None:
    memory = LocalMemory(most=2)
    memory.remember("a", {"m.x": 1, "m.y": 2})
    memory.remember("a", {"m.x": 1})
    memory.remember("a", {"m.z": 3})
    assert memory.known("a", ["m.x", "m.y", "m.z"]) == {"m.x": 1, "m.z": 3}


def test_after_an_hour_nothing_is_known_any_more() -> None:
    now = [0.0]
    memory = LocalMemory(lambda: now[0])
    memory.remember("a", {"m.x": 1})
    now[0] = 3600.0
    assert memory.known("a", ["m.x"]) == {"m.x": 1}
    now[0] = 3601.0
    assert memory.known("a", ["m.x"]) == {}
