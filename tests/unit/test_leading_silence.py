"""Synthesized speech begins when somebody speaks."""

import numpy as np
import pytest

from ivr.voice.audio import SILENCE, LeadingSilence, duration_ms, encode_ulaw

HUSH = bytes([SILENCE])
TONE = encode_ulaw((8000 * np.sin(np.arange(1600) * 0.3)).astype(np.int16))


def cut(audio: bytes, piece_bytes: int) -> bytes:
    silence = LeadingSilence()
    return b"".join(silence.cut(audio[start : start + piece_bytes]) for start in range(0, len(audio), piece_bytes))


@pytest.mark.parametrize("piece_bytes", [1, 7, 80, 160, 1000, 100_000])
def test_silence_before_speech_is_cut_to_a_breath_however_it_is_cut_into_pieces(piece_bytes: int) -> None:
    left = cut(HUSH * 1600 + TONE + HUSH * 800, piece_bytes)
    assert left.endswith(TONE + HUSH * 800)
    assert 20 <= duration_ms(left) - duration_ms(TONE + HUSH * 800) <= 50


def test_speech_that_begins_at_once_is_left_alone() -> None:
    assert cut(TONE, 160) == TONE


def test_a_faint_hiss_counts_as_silence() -> None:
    hiss = encode_ulaw(np.random.default_rng(1).integers(-30, 30, 1600).astype(np.int16))
    assert duration_ms(cut(hiss + TONE, 160)) <= duration_ms(TONE) + 50


def test_a_voice_too_soft_to_be_told_from_silence_passes_in_the_end() -> None:
    silence = LeadingSilence()
    pieces = [silence.cut(HUSH * 800) for _ in range(12)]
    assert not any(pieces[:7])
    assert all(pieces[8:])


def test_it_tells_whether_anything_has_passed() -> None:
    silence = LeadingSilence()
    silence.cut(HUSH * 160)
    assert not silence.over
    silence.cut(TONE)
    assert silence.over
