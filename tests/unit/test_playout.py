"""Twilio's play-out queue on virtual time; times are milliseconds here."""

import numpy as np

from ivr.offline.telephone.playout import SAMPLES_PER_MS, Playout
from ivr.voice.audio import encode_ulaw

LOUD = encode_ulaw(np.full(8, 8000, dtype=np.int16))
QUIET = b"\xff" * 8


def ms(count: float) -> int:
    return int(count * SAMPLES_PER_MS)


def test_audio_plays_one_after_the_other_whenever_it_was_sent() -> None:
    playout = Playout()
    playout.play(LOUD * 100, ms(10))
    playout.play(QUIET * 50, ms(20))

    assert playout.ends_at == ms(160)
    playout.advance(ms(500))
    assert bytes(playout.track) == QUIET * 10 + LOUD * 100 + QUIET * 50


def test_audio_that_comes_after_the_queue_ran_out_plays_when_it_comes() -> None:
    playout = Playout()
    playout.play(LOUD * 20, ms(0))
    playout.play(LOUD * 20, ms(300))
    playout.advance(ms(300))

    assert bytes(playout.track) == LOUD * 20 + QUIET * 280 + LOUD * 20


def test_a_mark_is_reached_when_the_audio_before_it_has_been_played() -> None:
    playout = Playout()
    playout.play(LOUD * 100, ms(0))
    playout.mark("first", ms(1))
    playout.play(LOUD * 100, ms(2))
    playout.mark("second", ms(3))

    assert playout.advance(ms(99)) == []
    assert playout.advance(ms(100)) == ["first"]
    assert playout.advance(ms(199)) == []
    assert playout.advance(ms(200)) == ["second"]


def test_a_mark_on_an_empty_queue_is_reached_at_once() -> None:
    playout = Playout()
    playout.mark("now", ms(50))

    assert playout.advance(ms(50)) == ["now"]


def test_a_clear_forgets_what_waits_and_returns_its_marks() -> None:
    playout = Playout()
    playout.play(LOUD * 1000, ms(0))
    playout.mark("never played", ms(0))
    playout.advance(ms(400))

    assert playout.clear(ms(405)) == ["never played"]
    assert playout.ends_at == ms(405)
    assert len(playout.track) == ms(405)
    assert playout.advance(ms(2000)) == []
    assert len(playout.track) == ms(405)


def test_after_a_clear_new_audio_plays_at_once() -> None:
    playout = Playout()
    playout.play(LOUD * 1000, ms(0))
    playout.advance(ms(100))
    playout.clear(ms(100))
    playout.play(LOUD * 20, ms(150))

    assert playout.ends_at == ms(170)


def test_the_first_loud_frame_is_noticed_when_it_is_played_not_when_it_is_sent() -> None:
    playout = Playout()
    playout.play(QUIET * 200 + LOUD * 20, ms(100))

    playout.advance(ms(299))
    assert playout.sound_at is None
    playout.advance(ms(300))
    assert playout.sound_at == ms(300)


def test_listening_again_waits_for_the_next_loud_frame() -> None:
    playout = Playout()
    playout.play(LOUD * 40, ms(0))
    playout.advance(ms(100))
    playout.listen()
    playout.play(LOUD * 20, ms(500))
    playout.advance(ms(500))

    assert playout.sound_at == ms(500)


def test_the_track_ends_with_the_call() -> None:
    playout = Playout()
    playout.play(LOUD * 100, ms(0))
    playout.finish(ms(30))
    assert bytes(playout.track) == LOUD * 30

    playout = Playout()
    playout.finish(ms(30))
    assert bytes(playout.track) == QUIET * 30
