"""Voice activity of the caller's line: how loud a frame is, and whether it is speech. Pure."""

from collections import deque
from dataclasses import dataclass

import webrtcvad

from ivr.voice.audio import FRAME_MS, SAMPLE_RATE_HZ, decode_ulaw, ulaw_dbfs

LOUD_DBFS = -33.0
LOUD_OVER_FLOOR_DB = 8.0
"""A frame is loud when its RMS is above the higher of -33 dBFS and the noise floor plus 8 dB."""

QUIET_CALLER_DB = 10.0
"""A caller who speaks under -33 dBFS is loud down to this much below their own level."""

SECOND_SPEAKER_DB = 12.0
"""Speech that begins so much below the caller's loudest is somebody else's, in the background."""

AUDIBLE_OVER_FLOOR_DB = 3.0
"""A frame is audible above the noise floor plus this: soft consonants and the ends of words are."""

_AUDIBLE_DBFS = -60.0
_FLOOR_WINDOW_FRAMES = 150
_FLOOR_EVERY_FRAMES = 10
_LEVEL_FALLS_DB = 0.005
_SUSTAINED_FRAMES, _SUSTAINED_WINDOW = 10, 15
_ONSET_FRAMES, _ONSET_WINDOW = 3, 5
ONSET_MS = _ONSET_FRAMES * FRAME_MS


@dataclass(frozen=True, slots=True)
class Activity:
    """What one 20 ms frame holds; speech is voiced and loud, near is speech about as loud as the caller's."""

    loud: bool
    audible: bool
    speech: bool
    near: bool
    level_dbfs: float


class VoiceActivity:
    """Follows the noise floor and the caller's level of one line, frame by frame."""

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(2)
        # Taken to begin in silence, so that a caller who speaks at once is not taken for the noise floor.
        self._levels = deque([_AUDIBLE_DBFS] * _FLOOR_WINDOW_FRAMES, maxlen=_FLOOR_WINDOW_FRAMES)
        self._voiced: deque[float | None] = deque(maxlen=_SUSTAINED_WINDOW)
        self._frames = 0
        self._floor = _AUDIBLE_DBFS
        self._caller_level: float | None = None

    def hear(self, frame: bytes) -> Activity:
        """Take one frame: mu-law, 8 kHz, 20 ms."""
        level = ulaw_dbfs(frame)
        voiced = level > _AUDIBLE_DBFS and self._vad.is_speech(decode_ulaw(frame).tobytes(), SAMPLE_RATE_HZ)
        self._follow_floor(level)
        self._follow_caller(level if voiced else None)
        loud = level > self._threshold()
        speech = voiced and loud
        near = self._caller_level is None or level > self._caller_level - SECOND_SPEAKER_DB
        return Activity(loud, level > self._floor + AUDIBLE_OVER_FLOOR_DB, speech, speech and near, level)

    def _follow_floor(self, level: float) -> None:
        self._levels.append(level)
        self._frames += 1
        if self._frames % _FLOOR_EVERY_FRAMES == 0:
            # The quietest tenth of three seconds: speech always leaves gaps, a fan does not.
            self._floor = sorted(self._levels)[len(self._levels) // 10]

    def _follow_caller(self, voiced_level: float | None) -> None:
        self._voiced.append(voiced_level)
        if voiced_level is None:
            return
        heard = [level for level in self._voiced if level is not None]
        # Noise that begins is called speech for a moment; only what lasts tells the caller's level.
        if len(heard) >= _SUSTAINED_FRAMES:
            # Neither a sentence that trails off nor somebody who goes on talking behind makes a quiet caller: it falls slowly.
            before = _AUDIBLE_DBFS if self._caller_level is None else self._caller_level
            self._caller_level = max(*heard, before - _LEVEL_FALLS_DB)

    def _threshold(self) -> float:
        quiet = LOUD_DBFS if self._caller_level is None else self._caller_level - QUIET_CALLER_DB
        return max(min(LOUD_DBFS, quiet), self._floor + LOUD_OVER_FLOOR_DB)


class OnsetDetector:
    """Tells when speech begins: three speech frames out of five, so that a click is none."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=_ONSET_WINDOW)

    def hear(self, activity: Activity, *, expected: bool = False) -> bool:
        """Whether the caller is speaking as of this frame; where speech is `expected` two frames in a row are enough."""
        self._recent.append(activity.speech if expected else activity.near)
        recent = tuple(self._recent)
        return sum(recent) >= _ONSET_FRAMES or (expected and recent[-2:] == (True, True))

    def reset(self) -> None:
        """Forget what was heard."""
        self._recent.clear()
