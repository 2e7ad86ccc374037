"""Where in some telephone audio the speech is. Pure."""

import numpy as np

from ivr.voice.audio import FRAME_MS, SAMPLE_RATE_HZ

FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000

_QUIETEST_DBFS = -50.0
_ABOVE_NOISE_DB = 8.0
_BELOW_LOUDEST_DB = 20.0


def frame_levels(samples: np.ndarray) -> np.ndarray:
    """RMS in dBFS of each whole 20 ms of int16 samples; silence is -96."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    mean_square = np.square(frames, dtype=np.float32).mean(axis=1) / 32768.0**2
    return 10 * np.log10(np.maximum(mean_square, 10**-9.6))


def active_frames(samples: np.ndarray) -> np.ndarray:
    """Which 20 ms frames stand out from silence and from steady noise."""
    levels = frame_levels(samples)
    if not len(levels):
        return np.zeros(0, dtype=bool)
    noise = float(np.percentile(levels, 10))
    return levels > max(_QUIETEST_DBFS, noise + _ABOVE_NOISE_DB, float(levels.max()) - _BELOW_LOUDEST_DB)


def around_speech(samples: np.ndarray, before_ms: int, after_ms: int) -> np.ndarray:
    """The speech with exactly so much before it (zeros where there is less) and at most so much after; empty if nobody speaks."""
    active = np.flatnonzero(active_frames(samples))
    if not len(active):
        return samples[:0]
    start = int(active[0]) * FRAME_SAMPLES - before_ms * SAMPLE_RATE_HZ // 1000
    end = (int(active[-1]) + 1) * FRAME_SAMPLES + after_ms * SAMPLE_RATE_HZ // 1000
    return np.pad(samples[max(0, start) : end], (max(0, -start), 0))
