"""The stand-in's speech synthesis: Piper for English, eSpeak NG for every other language. Both are GPL-3, in this process alone."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
import soxr
from piper import PiperConfig, PiperVoice, SynthesisConfig

from ivr.offline.models import piper_voice
from ivr.offline.voices.espeak import load_espeak
from ivr.offline.voices.speakable import pieces

SAMPLE_RATE_HZ = 24000

_ESPEAK_VOICES = {"es": "es-419", "en": "en-us"}
_PITCH = {"ash": 0.94, "ballad": 1.03, "cedar": 0.95, "coral": 1.05, "echo": 0.96, "marin": 1.04, "onyx": 0.93, "shimmer": 1.06}
"""One recorded voice has to do for all names; these sound a little higher or lower."""

KEPT_PIECES = 200
"""About 30 MB of speech that is not made again: many calls at once say the same sentences, and share the processor with what is tested."""


class Voices:
    """Speaks any text. Blocking, and safe to use from several threads."""

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, model_dir: Path | None = None) -> None:
        """Load the voices, Piper's from `model_dir/piper` if given. Raises `ModelUnusable`."""
        self._piper = _load_piper(piper_voice(model_dir))
        self._espeak = load_espeak()
        self._recent = lru_cache(KEPT_PIECES)(self._make)
        # The first run of a session takes longer than those after it.
        self._say("Hello.", "en")

    def speak(self, text: str, language: str, voice: str = "alloy") -> Iterator[np.ndarray]:
        """Int16 samples at 24 kHz, read-only, clause by clause or sentence by sentence as they are made.

        A language that no voice knows is read as English would be.
        """
        for piece in pieces(text, language):
            yield self._recent(piece, language, _PITCH.get(voice, 1.0))

    def _make(self, piece: str, language: str, pitch: float) -> np.ndarray:
        samples, rate_hz = self._say(piece, language)
        made = np.clip(soxr.resample(samples, rate_hz * pitch, SAMPLE_RATE_HZ) * 32767, -32768, 32767).astype(np.int16)
        made.setflags(write=False)
        return made

    def _say(self, piece: str, language: str) -> tuple[np.ndarray, int]:
        """Float samples from -1 to 1, and their rate."""
        if language == "en":
            made = [chunk.audio_float_array for chunk in self._piper.synthesize(piece, SynthesisConfig(volume=0.7))]
            return np.concatenate([np.zeros(0, np.float32), *made]), self._piper.config.sample_rate
        try:
            samples = self._espeak.speak(piece, _ESPEAK_VOICES.get(language, language))
        except ValueError:
            samples = self._espeak.speak(piece, _ESPEAK_VOICES["en"])
        return samples.astype(np.float32) / 32768, self._espeak.sample_rate_hz


def _load_piper(model: Path) -> PiperVoice:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # A spinning thread would take the processor from the calls under test.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
    settings = json.loads(model.with_name(f"{model.name}.json").read_text(encoding="utf-8"))
    return PiperVoice(session=session, config=PiperConfig.from_dict(settings))
