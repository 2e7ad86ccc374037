"""What is sent when, and how much of it was heard."""

from base64 import b64decode

import orjson

from ivr.voice.audio import FRAME_BYTES
from ivr.voice.playback import LEAD_MS, Clause, Playback


def events(messages: list[str]) -> list[str]:
    return [orjson.loads(message)["event"] for message in messages]


def frames_of(messages: list[str]) -> int:
    """How many frames of 20 ms are in these messages."""
    payloads = [orjson.loads(message)["media"]["payload"] for message in messages if '"media"' in message]
    return sum(len(b64decode(payload)) for payload in payloads) // FRAME_BYTES


def clause(number: int, frames: int, *, complete: bool = True) -> Clause:
    return Clause(number, "one two three four five six seven eight nine ten", bytearray(b"\x00" * FRAME_BYTES * frames), complete)


def test_no_more_than_the_lead_is_sent_ahead_of_what_is_heard() -> None:
    playback = Playback("MZ")
    playback.add(clause(1, 100))
    first = playback.take_due(0)
    assert LEAD_MS // 20 <= frames_of(first) <= LEAD_MS // 20 + 2
    assert playback.take_due(0) == []
    assert frames_of(first) + frames_of(playback.take_due(100)) in range(20, 23)


def test_the_first_message_is_short_and_the_rest_are_longer() -> None:
    playback = Playback("MZ")
    playback.add(clause(1, 10))
    assert [frames_of([message]) for message in playback.take_due(0)] == [1, 5, 4, 0]


def test_a_clause_ends_with_a_mark_and_the_next_follows() -> None:
    playback = Playback("MZ")
    playback.add(clause(1, 2))
    playback.add(clause(2, 1))
    assert events(playback.take_due(0)) == ["media", "media", "mark", "media", "mark"]


def test_order_is_kept_while_the_first_clause_still_waits_for_its_audio() -> None:
    playback = Playback("MZ")
    first, second = clause(1, 0, complete=False), clause(2, 3)
    playback.add(first)
    playback.add(second)
    assert playback.take_due(0) == []
    first.audio += b"\x00" * FRAME_BYTES
    first.complete = True
    assert events(playback.take_due(0)) == ["media", "mark", "media", "media", "mark"]


def test_closing_the_gate_clears_and_opening_it_goes_on_from_what_was_heard() -> None:
    playback = Playback("MZ")
    said = clause(1, 50)
    playback.add(said)
    playback.take_due(0)
    playback.close_gate(105)
    assert events(playback.take_due(105)) == ["clear"]
    assert said.heard == 5 * FRAME_BYTES == said.sent
    playback.open_gate()
    assert events(playback.take_due(200))[:2] == ["media", "media"]
    assert said.sent > said.heard == 5 * FRAME_BYTES


def test_a_mark_that_comes_back_because_of_a_clear_counts_for_nothing() -> None:
    playback = Playback("MZ")
    said = clause(1, 10)
    playback.add(said)
    mark = orjson.loads(playback.take_due(0)[-1])["mark"]["name"]
    playback.close_gate(100)
    playback.mark_returned(mark, 101)
    assert said.heard == 5 * FRAME_BYTES and not said.finished


def test_a_mark_tells_that_all_of_it_was_heard() -> None:
    playback = Playback("MZ")
    said = clause(1, 10)
    playback.add(said)
    mark = orjson.loads(playback.take_due(0)[-1])["mark"]["name"]
    playback.mark_returned(mark, 150)
    assert said.finished and said.heard_text() == said.text


def test_heard_words_are_cut_by_the_share_that_was_played() -> None:
    playback = Playback("MZ")
    said = clause(1, 50)
    playback.add(said)
    for now_ms in range(0, 520, 20):
        playback.take_due(now_ms)
    playback.clear(500)
    assert said.heard_text() == "one two three four five —"


def test_nothing_is_cleared_when_nothing_sounds() -> None:
    playback = Playback("MZ")
    playback.close_gate(0)
    assert playback.take_due(0) == []


def test_a_short_last_frame_is_filled_up_with_silence() -> None:
    playback = Playback("MZ")
    playback.add(Clause(1, "one", bytearray(b"\x00" * 10), complete=True))
    media = orjson.loads(playback.take_due(0)[0])
    assert len(media["media"]["payload"]) == 216
