from __future__ import annotations

from typing import Any

import pytest

from token0 import forms
from token0.forms import Unfaithful


def added(*tells: dict[str, Any], pieces: tuple[str, ...] = ("text",)) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for more in tells:
        forms.add(told, more, pieces)
    return told


def test_pieces_are_joined_in_order() -> None:
    assert added({"text": "in"}, {"text": ""}, {"text": "voice"}) == {"text": "invoice"}


def test_what_is_repeated_stays_one() -> None:
    assert added({"role": "a", "n": 1}, {"role": "a", "n": 1}, {"role": "", "n": None}) == {"role": "a", "n": 1}


@pytest.mark.parametrize("later", ["b", 1, {"a": 1}, ["a"]], ids=repr)
def test_what_changes_cannot_be_told_as_one(later: Any) -> None:
    with pytest.raises(Unfaithful):
        added({"role": "a"}, {"role": later})


def test_null_is_kept_until_something_is_told() -> None:
    assert added({"a": None, "b": None}, {"b": "x"}) == {"a": None, "b": "x"}


def test_objects_are_joined_key_by_key() -> None:
    assert added({"f": {"name": "n", "text": "{"}}, {"f": {"text": "}"}}) == {"f": {"name": "n", "text": "{}"}}


def test_list_items_of_one_index_are_one_also_within_an_event() -> None:
    first = {"calls": [{"index": 0, "text": "a"}, {"index": 1, "text": "x"}, {"index": 0, "text": "b"}]}
    told = added(first, {"calls": [{"index": 1, "text": "y"}]})
    assert told == {"calls": [{"index": 0, "text": "ab"}, {"index": 1, "text": "xy"}]}


def test_list_items_without_an_index_follow_each_other() -> None:
    assert added({"tokens": [{"t": "a"}]}, {"tokens": [{"t": "a"}, 1]}) == {"tokens": [{"t": "a"}, {"t": "a"}, 1]}


def test_keep_takes_repetitions_and_no_change() -> None:
    told: dict[str, Any] = {"id": "1"}
    forms.keep(told, {"id": "1", "sources": ["a"]})
    forms.keep(told, {"sources": ["a"]})
    assert told == {"id": "1", "sources": ["a"]}
    with pytest.raises(Unfaithful):
        forms.keep(told, {"sources": ["a", "b"]})


@pytest.mark.parametrize("event", [b": ping\n\n", b"\n", b"event: ping\n\n", b"]\n", b""])
def test_event_without_payload_tells_nothing(event: bytes) -> None:
    assert forms.read(event) is None


@pytest.mark.parametrize(
    "event", [b'data: {"error":{"message":"no"}}\n\n', b"data: 1\n\n", b"data: {\n\n", b'{"error":"no"}\n', b'{"a":']
)
def test_errors_and_torn_events_are_no_answer(event: bytes) -> None:
    with pytest.raises(Unfaithful):
        forms.read(event)


def test_event_is_written_as_it_is_read() -> None:
    assert forms.event({"a": "ä"}, "name") == 'event: name\ndata: {"a":"ä"}\n\n'.encode()
    assert forms.read(forms.event({"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    "mistake", [KeyError("a"), TypeError(), ValueError(), Unfaithful(), RecursionError()], ids=repr
)
def test_what_a_dialect_does_not_expect_is_none(mistake: Exception) -> None:
    def form(_: bytes) -> bytes:
        raise mistake

    assert forms.attempt(form, b"") is None
    assert forms.attempt(bytes.upper, b"a") == b"A"
