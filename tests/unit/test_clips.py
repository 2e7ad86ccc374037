"""Clips are found again by what shapes their sound, first in this process, then in the shared store."""

import itertools

from ivr.voice.clips import Clips, NoClips, clip_key
from tests.unit.scripted_voice import KeptClips


def test_the_address_tells_voice_model_language_and_text_apart() -> None:
    spellings = itertools.product(("alloy", "ash"), ("gpt-realtime", "tts"), ("en", "es"), ("No.", "No!"))
    keys = {clip_key(*spelling) for spelling in spellings}
    assert len(keys) == 16
    assert clip_key("a", "bc", "en", "x") != clip_key("ab", "c", "en", "x")
    assert clip_key("alloy", "tts", "en", "No.") in keys


def test_a_clip_is_shared_and_asked_for_once() -> None:
    shelf = KeptClips()
    Clips(shelf).put("key", b"audio")
    other_process = Clips(shelf)
    assert [other_process.get("key") for _ in range(3)] == [b"audio"] * 3
    assert shelf.looked_up == ["key"]


def test_without_a_store_nothing_is_found_again_by_other_processes() -> None:
    assert Clips(NoClips()).get("key") is None


def test_an_unknown_clip_is_none() -> None:
    assert Clips(KeptClips()).get("key") is None


def test_the_least_recently_used_clips_leave_first_and_are_fetched_again() -> None:
    shelf = KeptClips()
    clips = Clips(shelf, most_bytes=20)
    for key in "ab":
        clips.put(key, bytes(10))
    clips.get("a")
    clips.put("c", bytes(10))
    assert (clips.get("a"), shelf.looked_up) == (bytes(10), [])
    assert (clips.get("b"), shelf.looked_up) == (bytes(10), ["b"])


def test_a_clip_that_is_replaced_counts_once() -> None:
    shelf = KeptClips()
    clips = Clips(shelf, most_bytes=20)
    clips.put("a", bytes(10))
    for _ in range(3):
        clips.put("b", bytes(10))
    assert (clips.get("a"), shelf.looked_up) == (bytes(10), [])


def test_a_clip_larger_than_the_limit_is_still_played() -> None:
    clips = Clips(KeptClips(), most_bytes=5)
    clips.put("long", bytes(10))
    assert clips.get("long") == bytes(10)
