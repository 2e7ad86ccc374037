"""The sound of telephone speech as 16 bits a frame, by which a recording is found again. Pure.

After Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (2002): a bit tells whether the difference in
energy of two neighbouring bands grew since the frame before.
"""

import numpy as np

from ivr.voice.audio import SAMPLE_RATE_HZ

TELEPHONE_HOP = SAMPLE_RATE_HZ // 50
"""Samples between the fingerprints of what is heard: 20 ms."""

REFERENCE_HOP = SAMPLE_RATE_HZ // 200
"""Samples between those of what is known: 5 ms, as what is heard may begin anywhere."""

_WINDOW = 256
SPAN = TELEPHONE_HOP + _WINDOW
"""Samples that one fingerprint tells of."""

_BITS = 16
_QUIETEST_DBFS = -65.0


def _band_filters() -> np.ndarray:
    edges = np.geomspace(250, 3600, _BITS + 2)
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE_HZ)
    return ((bins[:, None] >= edges[:-1]) & (bins[:, None] < edges[1:])).astype(np.float32)


_BANDS = _band_filters()
_HANN = np.hanning(_WINDOW).astype(np.float32)
_WEIGHTS = (1 << np.arange(_BITS)).astype(np.uint16)


def fingerprint(samples: np.ndarray, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Fingerprints (uint16) at each hop of int16 samples at 8 kHz, and which of them are of something audible.

    Each compares the 32 ms that end 20 ms later with the 32 ms that begin at its hop.
    """
    if len(samples) < SPAN:
        return np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=bool)
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::hop].astype(np.float32) / 32768
    energy = np.square(np.abs(np.fft.rfft(windows * _HANN, axis=1))).astype(np.float32) @ _BANDS
    slopes = np.diff(np.log(energy + 1e-9), axis=1)
    before = TELEPHONE_HOP // hop
    bits = slopes[before:] > slopes[:-before]
    audible = np.square(windows).mean(axis=1) > 10 ** (_QUIETEST_DBFS / 10)
    return (bits * _WEIGHTS).sum(axis=1).astype(np.uint16), audible[before:] & audible[:-before]
