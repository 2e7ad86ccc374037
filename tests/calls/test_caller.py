"""The caller against a scripted peer: what Twilio would send, how it plays out, and what it notices."""

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.offline.telephone.caller import Caller, place_calls
from ivr.offline.telephone.patient import Patient, Unheard
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.webhooks import Target
from ivr.voice import media_stream
from tests.calls.fake_lilly import Conversation, FakeLilly, application, encoded, raw, serving, tone
from tests.calls.placing import SLACK_MS, answer_once, greet_and_listen, place, say_one_thing, spoken, wait_for_the_end


@pytest.fixture(scope="module")
def conversation() -> tuple[FakeLilly, Call]:
    """One short call: a greeting, one utterance, one reply."""
    lilly = FakeLilly(answer_once)
    return lilly, place(lilly, say_one_thing)


def test_a_call_is_signed_from_the_webhook_to_the_last_callback(conversation: tuple[FakeLilly, Call]) -> None:
    lilly, call = conversation

    assert call.violations == []
    assert lilly.refused == []
    assert [path for path, _ in lilly.forms] == ["/voice/incoming", "/voice/after-stream", "/voice/status"]
    assert {form["CallSid"] for _, form in lilly.forms} == {call.sid}
    assert [form["CallStatus"] for _, form in lilly.forms] == ["ringing", "in-progress", "completed"]
    assert lilly.form("/voice/after-stream")["StreamSid"] == lilly.conversations[0].stream_sid
    assert call.ended_by == "lilly"


def test_the_stream_begins_as_twilios_does(conversation: tuple[FakeLilly, Call]) -> None:
    lilly, call = conversation

    connected, start, *rest = lilly.conversations[0].messages
    assert connected == media_stream.Connected("Call", "1.0.0")
    assert isinstance(start, media_stream.Start)
    assert (start.call_sid, start.tracks, start.custom_parameters) == (call.sid, ("inbound",), {"token": "t0ken"})
    media = [message for message in rest if isinstance(message, media_stream.Media)]
    assert [message.chunk for message in media] == list(range(1, len(media) + 1))
    assert [message.timestamp_ms for message in media] == [number * 20 for number in range(len(media))]
    assert {len(message.audio) for message in media} == {160}


def test_the_patient_waits_for_her_turn_and_the_gap_is_measured(conversation: tuple[FakeLilly, Call]) -> None:
    _, call = conversation

    greeting, turn = call.turns
    assert greeting.sound_ms is not None
    assert turn.began_ms >= greeting.sound_ms + 300 + 200
    assert turn.gap_ms == pytest.approx(200, abs=SLACK_MS)
    assert len(turn.reply) >= 500 * 8


def test_what_was_said_is_recorded_on_both_sides_in_time(conversation: tuple[FakeLilly, Call], tmp_path: Path) -> None:
    _, call = conversation
    call.save(tmp_path / "call.wav")

    with wave.open(str(tmp_path / "call.wav")) as recording:
        assert (recording.getnchannels(), recording.getsampwidth(), recording.getframerate()) == (2, 2, 8000)
        both = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").reshape(-1, 2)
    loud = [np.flatnonzero(np.abs(both[:, side].astype(int)) > 4000) / 8 for side in (0, 1)]
    turn = call.turns[1]
    assert loud[0][0] == pytest.approx(turn.began_ms, abs=SLACK_MS)
    assert loud[1][-1] == pytest.approx((turn.sound_ms or 0) + 500, abs=2)


def test_a_mark_comes_back_when_the_audio_before_it_has_been_played() -> None:
    async def marked(conversation: Conversation) -> None:
        await conversation.send(tone(400))
        await conversation.mark("played")
        await conversation.until_a(media_stream.Mark)

    call = place(FakeLilly(marked), wait_for_the_end)

    sent, returned = call.of_kind("mark")[0], call.of_kind("mark_returned")[0]
    assert returned.at_ms - sent.at_ms == pytest.approx(400, abs=SLACK_MS)


def test_a_clear_empties_the_queue_and_returns_every_mark_at_once() -> None:
    async def cleared(conversation: Conversation) -> None:
        await conversation.send(tone(2000))
        await conversation.mark("one")
        await conversation.send(tone(2000))
        await conversation.mark("two")
        await conversation.until(lambda message: isinstance(message, media_stream.Media) and message.timestamp_ms > 200)
        await conversation.clear()
        assert (await conversation.until_a(media_stream.Mark)).name == "one"
        assert (await conversation.until_a(media_stream.Mark)).name == "two"

    call = place(FakeLilly(cleared), wait_for_the_end)

    clear = call.of_kind("clear")[0]
    assert [event.detail for event in call.of_kind("mark_returned")] == ["one (cleared)", "two (cleared)"]
    assert call.furthest_ahead_ms == pytest.approx(4000, abs=SLACK_MS)
    assert len(call.turns[0].reply) < 600 * 8
    assert clear.at_ms < 1000


async def _clearing_at_the_first_loud_frame(conversation: Conversation) -> None:
    await conversation.send(tone(5000))
    await conversation.until_the_caller_spoke(0)
    await conversation.clear()
    await conversation.until_the_caller_spoke(5)
    await conversation.send(tone(200))
    await conversation.until_a(media_stream.Stop)


def test_an_interruption_is_measured_from_the_first_loud_frame_to_the_clear() -> None:
    async def interrupts(patient: Patient) -> None:
        began_ms = await patient.lilly_begins()
        await patient.until_ms(began_ms + 300)
        await patient.say(spoken())
        await patient.lilly_finishes()

    call = place(FakeLilly(_clearing_at_the_first_loud_frame), interrupts)

    turn = call.turns[1]
    assert turn.over
    assert turn.barge_in_ms == pytest.approx(0, abs=SLACK_MS)
    assert turn.gap_ms == pytest.approx(100, abs=SLACK_MS)


def test_keys_arrive_as_dtmf_and_begin_a_turn() -> None:
    async def types(patient: Patient) -> None:
        await patient.lilly_finishes()
        await patient.press("10#")
        await patient.wait_ms(100)

    lilly = FakeLilly(greet_and_listen)
    call = place(lilly, types)

    keys = [message.digit for message in lilly.conversations[0].messages if isinstance(message, media_stream.Dtmf)]
    assert keys == ["1", "0", "#"]
    assert call.turns[-1].said == "keys 10#"
    assert call.ended_by == "caller"


def test_hanging_up_sends_stop_and_no_action_is_requested() -> None:
    async def hangs_up(patient: Patient) -> None:
        await patient.lilly_begins()

    lilly = FakeLilly(greet_and_listen)
    call = place(lilly, hangs_up)

    assert isinstance(lilly.conversations[0].messages[-1], media_stream.Stop)
    assert [path for path, _ in lilly.forms] == ["/voice/incoming", "/voice/status"]
    assert call.ended_by == "caller"
    assert call.of_kind("stream_over")[0].detail == "closed by the line"


def test_a_socket_left_open_after_stop_is_noticed() -> None:
    async def deaf_to_stop(conversation: Conversation) -> None:
        await conversation.until_a(media_stream.Stop)
        await conversation.socket.receive()

    async def hangs_up(patient: Patient) -> None:
        while not any(event.kind == "stream" for event in patient.line.events):
            await patient.wait_ms(20)

    call = place(FakeLilly(deaf_to_stop), hangs_up)

    assert "left the socket open" in call.of_kind("stream_over")[0].detail


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ("no json", "not JSON"),
        (raw(event="pause", streamSid="{sid}"), "unknown event 'pause'"),
        (raw(event="clear", streamSid="MZ0"), "another stream"),
        (raw(event="media", streamSid="{sid}", media={"payload": "***"}), "not base64"),
        (raw(event="media", streamSid="{sid}", media={"payload": encoded(b"RIFF1234")}), "file header"),
        (raw(event="media", streamSid="{sid}", media={"audio": "AAAA"}), "a payload, and nothing else"),
        (raw(event="mark", streamSid="{sid}", mark={"name": ""}), "a name, and nothing else"),
        (raw(event="mark", streamSid="{sid}", mark={"name": "x"}, extra=1), "the fields"),
    ],
)
def test_anything_malformed_ends_the_stream_as_a_violation(message: str, complaint: str) -> None:
    async def misbehaves(conversation: Conversation) -> None:
        await conversation.socket.send_str(message.replace("{sid}", conversation.stream_sid))
        await conversation.until_a(media_stream.Stop)

    call = place(FakeLilly(misbehaves), wait_for_the_end)

    assert len(call.violations) == 1
    assert complaint in call.violations[0]


def test_what_the_script_raises_comes_out_after_the_call() -> None:
    lilly = FakeLilly(greet_and_listen)

    async def impatient(patient: Patient) -> None:
        await patient.lilly_finishes()
        patient.patience_s = 0.1
        await patient.lilly_hangs_up()

    with pytest.raises(Unheard, match="did not hang up"):
        place(lilly, impatient)
    assert lilly.form("/voice/status")["CallStatus"] == "completed"


def test_many_calls_are_placed_at_once() -> None:
    lilly = FakeLilly(answer_once)
    with serving(application(lilly)) as address:
        target = Target(address, lilly.public_url, lilly.auth_token)
        calls = place_calls(target, [(Caller(turn_wait_ms=200, patience_s=8), say_one_thing)] * 10)

    assert len({call.sid for call in calls}) == 10
    assert [call.violations for call in calls] == [[]] * 10
    assert [len(call.gaps_ms) for call in calls] == [1] * 10
