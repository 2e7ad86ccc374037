"""Synthesized speech ends soon after its last word."""

import pytest

from ivr.voice.audio import TrailingSilence
from tests.unit.scripted_voice import HUSH, TONE


def cut(audio: bytes, piece_bytes: int = 160) -> bytes:
    silence = TrailingSilence()
    return b"".join(silence.cut(audio[start : start + piece_bytes]) for start in range(0, len(audio), piece_bytes))


@pytest.mark.parametrize("piece_bytes", [80, 160, 400, 800, 1000, 100_000])
def test_a_long_silence_after_speech_is_cut_down_however_it_is_cut_into_pieces(piece_bytes: int) -> None:
    left = cut(TONE + HUSH * 10, piece_bytes)
    assert left.startswith(TONE)
    assert 200 * 8 <= len(left) - len(TONE) <= 250 * 8


def test_a_short_silence_after_speech_stays() -> None:
    assert cut(TONE + HUSH * 2) == TONE + HUSH * 2


def test_a_pause_within_speech_stays_and_passes_as_soon_as_it_is_over() -> None:
    silence = TrailingSilence()
    assert silence.cut(TONE + HUSH * 10) == TONE + HUSH * 2 + HUSH[:400]
    assert silence.cut(HUSH) == b""
    assert silence.cut(TONE) == HUSH[:400] + HUSH * 8 + TONE


def test_speech_is_never_held() -> None:
    silence = TrailingSilence()
    assert [silence.cut(TONE) for _ in range(5)] == [TONE] * 5
