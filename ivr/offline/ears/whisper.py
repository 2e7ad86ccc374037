"""Ears that understand anyone: Whisper on CTranslate2, tiny.en for English alone and base for every other language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import ctranslate2
import numpy as np
import tokenizers

from ivr.offline.ears.heard import LANGUAGES, Heard
from ivr.offline.ears.mel import FRAMES_PER_S, log_mel
from ivr.offline.ears.speech_span import FRAME_SAMPLES, active_frames, around_speech, frame_levels
from ivr.offline.models import ModelUnusable, whisper_folder
from ivr.voice.audio import FRAME_MS, SAMPLE_RATE_HZ

AT_ONCE = 2
"""Utterances that each model works on at the same time, one thread each; further callers wait."""

BEFORE_MS = 400
AFTER_MS = 500
"""Whisper is steadiest when an utterance is framed in the same way each time."""

CONTEXT_S = 9
"""Audio context where the utterance needs no more; Whisper's own is 30. Below 9 short utterances come out twice."""

LONGEST_CONTEXT_S = 30
LONGEST_PIECE_S = LONGEST_CONTEXT_S - 1
MAX_KEYWORDS = 20

MAX_WORDS_PER_S = 5.0
"""Nobody speaks faster for long; more words than this are Whisper's repetitions."""

_WORDS_OF_NO_ONE = frozenset(
    "you|thank you|thanks|thanks for watching|thank you for watching|thank you very much|bye|bye bye|oh|okay|yeah|i dont know"
    "|adios|gracias|vamos|venga|suscribete|que pasa|no no|ah|y".split("|")
)
"""What Whisper writes when it hears noise; believed only if it is sure of it."""

_UNSURE_NO_SPEECH_PROB = 0.35
_UNSURE_LOG_PROB = -1.2
_MAX_NO_SPEECH_PROB = 0.7
_MIN_LOG_PROB = -1.8


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a model wrote, and how sure it was: probability of no speech, mean log probability of its tokens."""

    text: str
    no_speech_prob: float
    log_prob: float

    @property
    def believable(self) -> bool:
        """Whether somebody spoke."""
        bare = re.sub(r"[^a-z ]", "", self.text.lower().translate(_UNACCENTED)).strip()
        if not bare and not re.search(r"\w", self.text):
            return False
        if self.no_speech_prob > _MAX_NO_SPEECH_PROB or self.log_prob < _MIN_LOG_PROB:
            return False
        doubts = (self.no_speech_prob > _UNSURE_NO_SPEECH_PROB, self.log_prob < _UNSURE_LOG_PROB)
        return not (any(doubts) if bare in _WORDS_OF_NO_ONE else all(doubts))


_UNACCENTED = str.maketrans("áéíóúüñ", "aeiouun")


class WhisperModel:
    """One model with its tokenizer. Safe to use from several threads; `AT_ONCE` utterances are worked on at a time."""

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), compute_type="int8", inter_threads=AT_ONCE, intra_threads=1)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))

    def encode(self, samples: np.ndarray) -> ctranslate2.StorageView:
        """Read at most 30 s of int16 samples at 8 kHz."""
        seconds = min(LONGEST_CONTEXT_S, max(CONTEXT_S, len(samples) // SAMPLE_RATE_HZ + 2))
        return self._model.encode(ctranslate2.StorageView.from_array(log_mel(samples, seconds * FRAMES_PER_S)))

    def knows(self, language: str) -> bool:
        """Whether it is a language of Whisper's."""
        return self._tokenizer.token_to_id(f"<|{language}|>") is not None

    def choose_language(self, encoded: ctranslate2.StorageView, languages: Sequence[str]) -> str:
        """The likeliest of the languages."""
        likely = {token[2:-2]: probability for token, probability in self._model.detect_language(encoded)[0]}
        return max(languages, key=lambda language: likely.get(language, 0.0))

    def write(self, encoded: ctranslate2.StorageView, language: str, keywords: Sequence[str], max_tokens: int) -> Transcript:
        """The words."""
        prompt = self._prompt(language, keywords)
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=5,
            no_repeat_ngram_size=4,
            max_length=len(prompt) + max_tokens,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        text = self._tokenizer.decode(result.sequences_ids[0], skip_special_tokens=True).strip()
        return Transcript(text, result.no_speech_prob, result.scores[0])

    def _prompt(self, language: str, keywords: Sequence[str]) -> list[int]:
        names = ["<|startoftranscript|>"]
        if self._model.is_multilingual:
            names += [f"<|{language}|>", "<|transcribe|>"]
        prompt = [self._token(name) for name in [*names, "<|notimestamps|>"]]
        if keywords:
            said_before = self._tokenizer.encode(f" {', '.join(keywords[:MAX_KEYWORDS])}.", add_special_tokens=False).ids
            prompt = [self._token("<|startofprev|>"), *said_before, *prompt]
        return prompt

    def _token(self, name: str) -> int:
        token: int | None = self._tokenizer.token_to_id(name)
        if token is None:
            raise ModelUnusable(f"the model's tokenizer does not know {name}")
        return token


class WhisperEars:
    """Understands any recorded speech. Blocking, and safe to use from several threads."""

    def __init__(self, model_dir: Path | None = None) -> None:
        """Load both models, from `model_dir/tiny.en` and `model_dir/base` if given. Raises `ModelUnusable`."""
        self._english = WhisperModel(whisper_folder("tiny.en", model_dir))
        self._any_language = WhisperModel(whisper_folder("base", model_dir))

    def transcribe(
        self, samples: np.ndarray, language: str | None, languages: Sequence[str] = LANGUAGES, keywords: Sequence[str] = ()
    ) -> Heard:
        """The words in int16 samples at 8 kHz, in the language, or in one of the languages if it is None; none named: English or Spanish.

        `keywords` are names that may be said; Whisper then spells them so.
        """
        languages = languages or LANGUAGES
        if language is None and len(languages) == 1:
            language = languages[0]
        model = self._english if language == "en" else self._any_language
        choices = [code for code in ([language] if language else languages) if model is self._english or model.knows(code)]
        texts, no_speech_prob = [], 1.0
        for piece in pieces(around_speech(samples, BEFORE_MS, AFTER_MS)):
            transcript, spoken = _transcribe_piece(model, piece, choices or ["en"], keywords)
            choices = [spoken]
            no_speech_prob = min(no_speech_prob, transcript.no_speech_prob)
            if transcript.believable:
                texts.append(transcript.text)
        return Heard(" ".join(texts), choices[0] if choices else "en", no_speech_prob)


def _transcribe_piece(
    model: WhisperModel, samples: np.ndarray, languages: Sequence[str], keywords: Sequence[str]
) -> tuple[Transcript, str]:
    encoded = model.encode(samples)
    language = languages[0] if len(languages) == 1 else model.choose_language(encoded, languages)
    spoken_s = int(active_frames(samples).sum()) * FRAME_MS / 1000
    written = model.write(encoded, language, keywords, max_tokens=16 + int(12 * len(samples) / SAMPLE_RATE_HZ))
    text = clock_times(without_echo(written.text, spoken_s))
    return Transcript(text, written.no_speech_prob, written.log_prob), language


def pieces(samples: np.ndarray) -> list[np.ndarray]:
    """The audio in pieces of at most 29 s, cut where it is quietest."""
    cut: list[np.ndarray] = []
    longest = LONGEST_PIECE_S * SAMPLE_RATE_HZ
    while len(samples) > longest:
        levels = np.convolve(frame_levels(samples[longest * 2 // 3 : longest]), np.ones(10) / 10, mode="valid")
        end = longest * 2 // 3 + (int(levels.argmin()) + 5) * FRAME_SAMPLES
        cut.append(samples[:end])
        samples = samples[end:]
    return [*cut, samples] if len(samples) else cut


def without_echo(text: str, spoken_s: float) -> str:
    """The text without a sentence that only repeats the one before it, where nobody could have said both in the time."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    if len(sentences) < 2 or len(text.split()) <= MAX_WORDS_PER_S * spoken_s:
        return text
    kept = [sentences[0], *(later for earlier, later in pairwise(sentences) if not _repeats(earlier, later))]
    return " ".join(kept)


def _repeats(earlier: str, later: str) -> bool:
    first, second = earlier.lower().strip(".!?"), later.lower().strip(".!?")
    return SequenceMatcher(None, first[: len(second) + 2], second).ratio() > 0.75


def clock_times(text: str) -> str:
    """The text with times of day as `3:30`, where Whisper writes 3.30 or 3-30."""
    return re.sub(r"(?<![\d.:-])(1[0-2]|[1-9])[.-]([0-5]\d)(?![\d:-]|\.\d)", r"\1:\2", text)
