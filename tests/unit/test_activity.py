"""Who is heard: the caller, softly or loudly, and not whoever talks behind."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from ivr.offline.telephone.utterances import frames_of, line_noise, load_utterance
from ivr.voice.activity import Activity, OnsetDetector, VoiceActivity
from ivr.voice.audio import FRAME_MS, dbfs, decode_ulaw, encode_ulaw, ulaw_dbfs

AUDIO = Path(__file__).parent.parent / "audio"
LINE_DBFS = -41.0


def samples(recording: str, gain_db: float = 0.0) -> np.ndarray:
    spoken = load_utterance(AUDIO / f"{recording}_kokbella.wav")
    return decode_ulaw(b"".join(frame.audio for frame in spoken.frames)) * 10 ** (gain_db / 20)


class Line:
    """Hears audio over the line's noise; counts beginnings of speech."""

    def __init__(self) -> None:
        self._activity, self._onset = VoiceActivity(), OnsetDetector()
        self._noise = line_noise(LINE_DBFS)
        self.hears(np.zeros(8000))

    def hears(self, sound: np.ndarray) -> list[float]:
        """After how many ms speech began, each time that it did."""
        frames = (frame.audio for frame in frames_of(encode_ulaw(np.clip(sound, -32767, 32767).astype(np.int16))))
        heard = (self._activity.hear(self._over_noise(frame)) for frame in frames)
        return list(self._begins(heard))

    def _over_noise(self, frame: bytes) -> bytes:
        return encode_ulaw(decode_ulaw(frame) + decode_ulaw(next(self._noise).audio) // 2)

    def _begins(self, heard: Iterable[Activity]) -> Iterable[float]:
        for number, activity in enumerate(heard):
            if self._onset.hear(activity):
                self._onset.reset()
                yield (number + 1) * FRAME_MS


def test_somebody_who_goes_on_talking_behind_does_not_come_to_count_as_the_caller() -> None:
    line = Line()
    assert line.hears(samples("01"))
    behind = np.concatenate([samples(one, -13.0) for one in ("31", "03", "40", "24", "18")])
    assert len(behind) > 12 * 8000 and line.hears(behind) == []
    first = load_utterance(AUDIO / "14_kokbella.wav").first_loud * FRAME_MS
    assert line.hears(samples("14"))[0] - first <= 120


@pytest.mark.parametrize("gain_db", [-6.0, 0.0, 2.0])
def test_a_caller_is_heard_at_once_though_not_always_equally_loud(gain_db: float) -> None:
    line = Line()
    line.hears(samples("01"))
    first = load_utterance(AUDIO / "126_kokbella.wav").first_loud * FRAME_MS
    assert line.hears(samples("126", gain_db))[0] - first <= 140


def test_the_level_by_table_is_the_level() -> None:
    audio = encode_ulaw(np.random.default_rng(1).normal(0, 900, 160).astype(np.int16))
    assert ulaw_dbfs(audio) == pytest.approx(dbfs(decode_ulaw(audio)))
    assert ulaw_dbfs(b"\xff" * 160) == ulaw_dbfs(b"") == -96.0
