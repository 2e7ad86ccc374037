"""Ears for benchmarks only: they find a recorded utterance by its sound and give its reference text."""

import csv
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ivr.offline.ears.fingerprint import REFERENCE_HOP, SPAN, TELEPHONE_HOP, fingerprint
from ivr.offline.ears.heard import LANGUAGES, Heard
from ivr.offline.ears.speech_span import FRAME_SAMPLES, active_frames, frame_levels
from ivr.offline.models import ModelUnusable
from ivr.voice.audio import SAMPLE_RATE_HZ

LOUD_DBFS = -33.0
"""Speech ends with its last frame above this, as in every measurement of answer times."""

STRIDE = TELEPHONE_HOP // REFERENCE_HOP
MIN_VOTES = 3
MIN_AGREEMENT = 0.68
"""Of the bits of 180 ms; 0.5 is chance."""

SMOOTHED_FRAMES = 9
MAX_HOLE_FRAMES = 25
MIN_FRAMES = 6
MAX_STRETCHES = 12
MAX_OVERLAP = 30
"""Places by which the ends of two pieces of one recording are uncertain."""

HEARD_SHARE = 0.85
"""How much of a word has to be heard for it to count."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded utterance: its words, its fingerprint, and the place where enough of each word has been spoken."""

    text: str
    language: str
    prints: np.ndarray
    spoken_at: np.ndarray

    def words_between(self, first: int, last: int) -> list[str]:
        """The words spoken from one place to another; each word is in exactly one of two adjoining stretches."""
        told = (self.spoken_at > first) & (self.spoken_at <= last)
        return [word for word, is_told in zip(self.text.split(), told, strict=True) if is_told]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of the audio (end exclusive) that are a piece of a recording; `shift` leads from one to the other's places."""

    recording: int
    shift: int
    start: int
    end: int

    @property
    def first(self) -> int:
        """Its beginning in the recording, a little early: the frame before it may have been spoilt by a cut."""
        return self.start * STRIDE + self.shift - STRIDE * 2

    @property
    def last(self) -> int:
        """Its end in the recording."""
        return (self.end - 1) * STRIDE + self.shift + SPAN // REFERENCE_HOP


class KnownEars:
    """Recognises recorded utterances and beginnings or pieces of them, one after the other; anything else is silence.

    Takes about a millisecond; safe to use from several threads.
    """

    def __init__(self, recordings: Path) -> None:
        """Learn the recordings named by the folder's `refs.tsv` (file, lang, text). Raises `ModelUnusable`.

        Where their words end may stand in its `words.tsv` (file, ends_ms); otherwise it is guessed by their letters.
        """
        self._recordings = list(_read(recordings))
        prints = np.concatenate([recording.prints for recording in self._recordings])
        self._owners = np.repeat(np.arange(len(self._recordings)), [len(recording.prints) for recording in self._recordings])
        self._places = np.concatenate([np.arange(len(recording.prints)) for recording in self._recordings])
        self._order = np.argsort(prints, kind="stable")
        self._sorted = prints[self._order]

    def transcribe(
        self, samples: np.ndarray, language: str | None, languages: Sequence[str] = LANGUAGES, keywords: Sequence[str] = ()
    ) -> Heard:
        """The words of the recordings in int16 samples at 8 kHz, as far as they have been spoken."""
        prints, audible = fingerprint(samples, TELEPHONE_HOP)
        stretches = sorted(self._stretches(prints, audible), key=lambda stretch: stretch.start)
        words = [word for earlier, stretch in pairwise([None, *stretches]) if stretch for word in self._words(earlier, stretch)]
        spoken = self._recordings[stretches[0].recording].language if words else (language or (languages or LANGUAGES)[0])
        return Heard(" ".join(words), spoken, 0.0 if words else 1.0)

    def _words(self, earlier: Stretch | None, stretch: Stretch) -> list[str]:
        first = stretch.first
        if earlier and earlier.recording == stretch.recording and first < earlier.last <= first + MAX_OVERLAP:
            first = earlier.last
        return self._recordings[stretch.recording].words_between(first, stretch.last)

    def _stretches(self, prints: np.ndarray, audible: np.ndarray) -> Iterator[Stretch]:
        frames, places = self._matches(prints, audible)
        free = audible.copy()
        for _ in range(MAX_STRETCHES):
            alignment = self._best_alignment(frames, places)
            if alignment is None:
                return
            for start, end in self._agreeing(prints, free, *alignment):
                free[start:end] = False
                yield Stretch(*alignment, start, end)
            # Frames that are accounted for, and an alignment that was tried, are not looked at again.
            owners, shifts = self._alignments(frames, places)
            left = free[frames] & ~((owners == alignment[0]) & (np.abs(shifts - alignment[1]) <= 1))
            frames, places = frames[left], places[left]

    def _matches(self, prints: np.ndarray, audible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a frame of the audio and a place in all recordings with the same fingerprint."""
        asked = np.flatnonzero(audible)
        begin = np.searchsorted(self._sorted, prints[asked], side="left")
        counts = np.searchsorted(self._sorted, prints[asked], side="right") - begin
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(asked, counts), self._order[np.repeat(begin, counts) + within]

    def _alignments(self, frames: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._owners[places], self._places[places] - frames * STRIDE

    def _best_alignment(self, frames: np.ndarray, places: np.ndarray) -> tuple[int, int] | None:
        """The recording and the shift that most pairs agree on."""
        owners, shifts = self._alignments(frames, places)
        if not len(owners):
            return None
        least, width = int(shifts.min()), int(shifts.max() - shifts.min()) + 1
        candidates, votes = np.unique(owners * width + (shifts - least), return_counts=True)
        best = int(votes.argmax())
        if votes[best] < MIN_VOTES:
            return None
        owner, shift = divmod(int(candidates[best]), width)
        return owner, shift + least

    def _agreeing(self, prints: np.ndarray, free: np.ndarray, recording: int, shift: int) -> list[tuple[int, int]]:
        """The free frames that sound like the recording, as stretches."""
        reference = self._recordings[recording].prints
        places = np.arange(len(prints)) * STRIDE + shift
        usable = np.flatnonzero((places >= 0) & (places < len(reference)) & free)
        share = np.zeros(len(prints))
        share[usable] = 1 - np.bitwise_count(prints[usable] ^ reference[places[usable]]) / 16
        smooth = _summed(share) / np.maximum(1, _summed(np.bincount(usable, minlength=len(prints))))
        return _runs(np.flatnonzero((smooth >= MIN_AGREEMENT) & (share > 0.6)))


def _summed(values: np.ndarray) -> np.ndarray:
    """The sum of each value and its neighbours."""
    return np.convolve(values, np.ones(SMOOTHED_FRAMES))[SMOOTHED_FRAMES // 2 :][: len(values)]


def _runs(frames: np.ndarray) -> list[tuple[int, int]]:
    """Long enough runs of frame numbers (start, end exclusive), small holes included."""
    if not len(frames):
        return []
    groups = np.split(frames, np.flatnonzero(np.diff(frames) > MAX_HOLE_FRAMES) + 1)
    return [(int(group[0]), int(group[-1]) + 1) for group in groups if len(group) >= MIN_FRAMES]


def _read(folder: Path) -> Iterator[Recording]:
    table = folder / "refs.tsv"
    if not table.is_file():
        raise ModelUnusable(f"known ears need recordings and their texts: no {table}")
    ends = _word_ends(folder / "words.tsv")
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            samples = _samples(folder / row["file"])
            prints, _ = fingerprint(samples, REFERENCE_HOP)
            guessed = _guessed_ends(row["text"], samples, len(prints))
            yield Recording(row["text"], row["lang"], prints, _spoken_at(ends.get(row["file"], guessed)))


def _word_ends(path: Path) -> dict[str, np.ndarray]:
    """The places where the words of each recording end, as far as they are known."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["file"]: np.array(row["ends_ms"].split(), dtype=float) * SAMPLE_RATE_HZ / 1000 / REFERENCE_HOP for row in rows}


def _guessed_ends(text: str, samples: np.ndarray, places: int) -> np.ndarray:
    """The same by the share of the text's letters, as if all took equally long."""
    shares = np.cumsum([len(word) + 1 for word in text.split()]) / (len(text) + 1)
    return np.searchsorted(_progress(samples, places), shares - 1e-9).astype(float)


def _spoken_at(ends: np.ndarray) -> np.ndarray:
    begun = np.concatenate(([0.0], ends[:-1]))
    return begun + HEARD_SHARE * (ends - begun)


def _samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as recording:
        if (recording.getframerate(), recording.getsampwidth(), recording.getnchannels()) != (SAMPLE_RATE_HZ, 2, 1):
            raise ModelUnusable(f"{path} is not 8 kHz, 16 bit, mono")
        return np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")


def _progress(samples: np.ndarray, places: int) -> np.ndarray:
    """How much of the speech, from 0 to 1, has gone by at each place."""
    active = active_frames(samples)
    loud = active & (frame_levels(samples) > LOUD_DBFS)
    gone_by = np.repeat(loud if loud.any() else active, FRAME_SAMPLES // REFERENCE_HOP).cumsum()
    return gone_by[:places] / max(1, gone_by[-1])
