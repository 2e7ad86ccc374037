"""Every committed segment gets one end, whatever the provider's items are called and however often it reconnects."""

import base64
from typing import Any

import orjson
import pytest

from ivr.clients.segments import ANSWER_LIMIT_S, FINAL_LIMIT_S, KEPT_BYTES, Segments
from ivr.voice.speech import FinalTranscript, PartialTranscript, TranscriptEvent, TranscriptFailed

SPEECH = bytes(1600)


def committed(item: str) -> dict[str, Any]:
    return {"type": "input_audio_buffer.committed", "item_id": item}


def delta(item: str, text: str) -> dict[str, Any]:
    return {"type": "conversation.item.input_audio_transcription.delta", "item_id": item, "delta": text}


def completed(item: str, text: str) -> dict[str, Any]:
    return {"type": "conversation.item.input_audio_transcription.completed", "item_id": item, "transcript": text}


def failed(item: str) -> dict[str, Any]:
    return {"type": "conversation.item.input_audio_transcription.failed", "item_id": item, "error": {"code": "audio_unintelligible"}}


def refused(event_id: str, code: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "code": code, "event_id": event_id}}


def commit(segments: Segments, now_s: float = 0.0, audio: bytes = SPEECH) -> int:
    segments.append(audio)
    return segments.commit(now_s)


def hear(segments: Segments, *messages: dict[str, Any], now_s: float = 0.0) -> list[TranscriptEvent]:
    return [event for message in messages for event in segments.hear(message, now_s)]


@pytest.fixture
def segments() -> Segments:
    return Segments()


def test_deltas_before_the_commit_are_partials_of_the_open_segment(segments: Segments) -> None:
    segments.append(SPEECH)
    assert hear(segments, delta("a", "I would"), delta("a", " like")) == [
        PartialTranscript(0, "I would"),
        PartialTranscript(0, "I would like"),
    ]
    assert segments.commit(0.0) == 0
    assert hear(segments, committed("a"), completed("a", "I'd like. ")) == [FinalTranscript(0, "I'd like.")]


def test_finals_find_their_segments_although_they_come_in_another_order(segments: Segments) -> None:
    assert [commit(segments), commit(segments)] == [0, 1]
    events = hear(segments, committed("a"), committed("b"), completed("b", "two"), completed("a", "one"))
    assert events == [FinalTranscript(1, "two"), FinalTranscript(0, "one")]


def test_an_item_that_is_renamed_at_its_commit_shifts_nothing(segments: Segments) -> None:
    segments.append(SPEECH)
    hear(segments, delta("draft", "yes"))
    segments.commit(0.0)
    hear(segments, committed("a"))
    commit(segments)
    assert hear(segments, committed("b"), completed("b", "two"), completed("a", "one")) == [
        FinalTranscript(1, "two"),
        FinalTranscript(0, "one"),
    ]


def test_an_empty_commit_ends_as_an_empty_final_and_shifts_nothing(segments: Segments) -> None:
    commit(segments)
    commit(segments)
    events = hear(segments, refused("commit-0", "input_audio_buffer_commit_empty"), committed("a"), completed("a", "hello"))
    assert events == [FinalTranscript(0, ""), FinalTranscript(1, "hello")]


def test_a_refused_commit_gives_its_item_to_the_next_segment(segments: Segments) -> None:
    segments.append(SPEECH)
    hear(segments, delta("a", "so"))
    segments.commit(0.0)
    assert hear(segments, refused("commit-0", "server_busy")) == [TranscriptFailed(0, "refused")]
    commit(segments)
    assert hear(segments, committed("a"), completed("a", "so long")) == [FinalTranscript(1, "so long")]


def test_a_failed_transcription_is_tried_once_more_over_another_connection(segments: Segments) -> None:
    commit(segments)
    assert hear(segments, committed("a"), failed("a")) == []
    assert segments.want_replay(0.1)
    assert [orjson.loads(event)["type"] for event in segments.replay(0.2)] == ["input_audio_buffer.append", "input_audio_buffer.commit"]
    assert not segments.want_replay(0.3)
    assert hear(segments, committed("b"), completed("b", "hello")) == [FinalTranscript(0, "hello")]


def test_a_transcription_that_fails_again_ends_its_segment_once(segments: Segments) -> None:
    commit(segments)
    hear(segments, committed("a"), failed("a"))
    segments.replay(0.2)
    assert hear(segments, committed("b"), failed("b"), completed("b", "late")) == [TranscriptFailed(0, "unavailable")]
    assert not segments.want_replay(0.3)


def test_words_that_were_told_stand_while_their_segment_is_transcribed_again(segments: Segments) -> None:
    segments.append(SPEECH)
    hear(segments, delta("a", "hello wor"))
    segments.commit(0.0)
    hear(segments, committed("a"), failed("a"))
    segments.replay(0.2)
    told = hear(segments, committed("b"), delta("b", "hello"), delta("b", " world"), completed("b", "hello world"))
    assert told == [PartialTranscript(0, "hello world"), FinalTranscript(0, "hello world")]


def test_a_final_that_never_comes_fails_in_time_and_a_late_one_is_ignored(segments: Segments) -> None:
    commit(segments, now_s=10.0)
    hear(segments, committed("a"), now_s=10.1)
    assert segments.overdue(10.0 + FINAL_LIMIT_S - 0.01) == []
    assert segments.overdue(10.0 + FINAL_LIMIT_S) == [TranscriptFailed(0, "timeout")]
    assert hear(segments, completed("a", "late"), now_s=13.0) == []
    commit(segments, now_s=14.0)
    assert hear(segments, committed("b"), completed("b", "next"), now_s=14.2) == [FinalTranscript(1, "next")]


def test_a_connection_that_owes_a_final_is_replaced_before_the_next_is_needed(segments: Segments) -> None:
    commit(segments, now_s=10.0)
    hear(segments, committed("a"), now_s=10.1)
    assert not segments.want_replay(10.0 + FINAL_LIMIT_S - 0.01)
    segments.overdue(10.0 + FINAL_LIMIT_S)
    assert segments.want_replay(10.0 + FINAL_LIMIT_S)
    assert segments.replay(12.7) == []
    assert not segments.want_replay(12.8)


def test_a_commit_without_any_answer_means_a_dead_connection_once(segments: Segments) -> None:
    commit(segments, now_s=10.0)
    assert not segments.want_replay(10.0 + ANSWER_LIMIT_S - 0.01)
    assert segments.want_replay(10.0 + ANSWER_LIMIT_S)
    segments.replay(11.5)
    assert not segments.want_replay(20.0)


def test_any_event_after_the_commit_shows_that_the_connection_lives(segments: Segments) -> None:
    commit(segments, now_s=10.0)
    hear(segments, committed("a"), now_s=10.3)
    assert not segments.want_replay(12.0)


def test_a_commit_that_was_given_up_unacknowledged_means_a_dead_connection(segments: Segments) -> None:
    commit(segments, now_s=10.0)
    hear(segments, {"type": "session.updated"}, now_s=10.1)
    segments.overdue(10.0 + FINAL_LIMIT_S)
    assert segments.want_replay(12.6)
    assert segments.replay(12.7) == []
    commit(segments, now_s=13.0)
    assert hear(segments, committed("b"), completed("b", "next"), now_s=13.2) == [FinalTranscript(1, "next")]


def test_a_new_connection_is_told_all_audio_without_a_final_in_order(segments: Segments) -> None:
    commit(segments, audio=b"\x01" * 1600)
    hear(segments, committed("a"), completed("a", "done"))
    commit(segments, audio=b"\x02" * 9000)
    segments.append(b"\x03" * 800)
    events = [orjson.loads(event) for event in segments.replay(1.0)]
    audio = [(set(base64.b64decode(event["audio"])), len(base64.b64decode(event["audio"]))) for event in events if "audio" in event]
    assert [event["type"].removeprefix("input_audio_buffer.") for event in events] == ["append", "append", "commit", "append"]
    assert audio == [({2}, 8000), ({2}, 1000), ({3}, 800)]
    assert events[2]["event_id"] == "commit-1"
    assert hear(segments, committed("x"), completed("x", "again"), delta("y", "and")) == [
        FinalTranscript(1, "again"),
        PartialTranscript(2, "and"),
    ]


def test_partials_begin_anew_on_a_new_connection(segments: Segments) -> None:
    segments.append(SPEECH)
    hear(segments, delta("a", "hello wor"))
    segments.replay(1.0)
    assert hear(segments, delta("b", "hello")) == [PartialTranscript(0, "hello")]


def test_half_a_minute_of_audio_is_kept_for_a_replay(segments: Segments) -> None:
    for _ in range(40):
        segments.append(bytes(8000))
    events = [orjson.loads(event) for event in segments.replay(1.0)]
    assert sum(len(base64.b64decode(event["audio"])) for event in events) == KEPT_BYTES


def test_less_than_100_ms_cannot_be_committed(segments: Segments) -> None:
    segments.append(bytes(799))
    assert not segments.can_commit
    segments.append(bytes(1))
    assert segments.can_commit


@pytest.mark.parametrize(
    "message",
    [
        {"type": "error"},
        {"type": "error", "error": "no object"},
        {"type": "error", "error": {"event_id": "commit-x"}},
        {"type": "error", "error": {"event_id": "commit-7"}},
        {"type": "input_audio_buffer.committed"},
        {"type": "input_audio_buffer.committed", "item_id": "unasked"},
        {"type": "conversation.item.input_audio_transcription.delta", "item_id": "a", "delta": None},
        {"type": "conversation.item.input_audio_transcription.completed", "item_id": 7},
        {"type": "conversation.item.input_audio_transcription.segment", "item_id": "a"},
        {"type": "something.new"},
    ],
)
def test_odd_events_are_survived(segments: Segments, message: dict[str, Any]) -> None:
    segments.append(SPEECH)
    assert [event for event in segments.hear(message, 0.0) if not isinstance(event, PartialTranscript)] == []
    segments.commit(0.0)
    assert hear(segments, committed("z"), completed("z", "fine"))[-1] == FinalTranscript(0, "fine")
