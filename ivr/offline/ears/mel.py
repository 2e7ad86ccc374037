"""The log-mel spectrogram that Whisper reads, and the few other things it wants of its audio. Pure."""

import numpy as np
import soxr

from ivr.voice.audio import SAMPLE_RATE_HZ

WHISPER_RATE_HZ = 16000
MEL_BANDS = 80
FRAMES_PER_S = 100

_WINDOW = 400
_HOP = WHISPER_RATE_HZ // FRAMES_PER_S


def _mel_from_hz(hz: np.ndarray) -> np.ndarray:
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1.0) / 1000) / np.log(6.4))


def _hz_from_mel(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


def _mel_filters() -> np.ndarray:
    """Triangles of equal area on Slaney's mel scale, as librosa makes them: (bands, bins)."""
    edges = _hz_from_mel(np.linspace(0, _mel_from_hz(np.array(WHISPER_RATE_HZ / 2)), MEL_BANDS + 2))[:, None]
    bins = np.linspace(0, WHISPER_RATE_HZ / 2, _WINDOW // 2 + 1)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return (np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])).astype(np.float32)


_FILTERS = _mel_filters()
_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


def log_mel(samples: np.ndarray, frames: int) -> np.ndarray:
    """Telephone audio (int16, 8 kHz) as Whisper's features, silence added up to the given frames: (1, 80, frames).

    As in OpenAI's `whisper.audio.log_mel_spectrogram`.
    """
    wanted = frames * _HOP
    audio = soxr.resample(samples.astype(np.float32) / 32768, SAMPLE_RATE_HZ, WHISPER_RATE_HZ)[:wanted]
    audio = np.pad(np.pad(audio, (0, wanted - len(audio))), _WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(audio, _WINDOW)[::_HOP][:frames]
    power = np.square(np.abs(np.fft.rfft(windows * _HANN, axis=1))).astype(np.float32)
    mel = np.log10(np.maximum(_FILTERS @ power.T, 1e-10))
    return np.ascontiguousarray(((np.maximum(mel, mel.max() - 8) + 4) / 4)[None], dtype=np.float32)
