"""Sound for scenes: pauses put into recorded sentences, levels, noise of several kinds, a second speaker. Pure; chance is an argument."""

from collections.abc import Callable

import numpy as np

from ivr.offline.telephone.utterances import Utterance, frame_levels, frames_of, utterance
from ivr.voice.audio import FRAME_BYTES, SAMPLE_RATE_HZ, decode_ulaw, encode_ulaw

LINE_DBFS = -41.0
"""The noise behind the recorded patients' voices."""

Chance = np.random.Generator


def samples_of(spoken: Utterance) -> np.ndarray:
    """int16 samples of something to be said."""
    return decode_ulaw(b"".join(frame.audio for frame in spoken.frames))


def at_level(sound: np.ndarray, level_dbfs: float) -> np.ndarray:
    """A sound as floats with this RMS."""
    power = float(np.mean(np.square(sound, dtype=np.float64)))
    return sound / max(1e-9, np.sqrt(power)) * 32768.0 * 10 ** (level_dbfs / 20)


def louder(sound: np.ndarray, gain_db: float) -> np.ndarray:
    """int16 samples with a gain."""
    return _int16(sound * 10 ** (gain_db / 20))


def with_pause(name: str, spoken: Utterance, place: int, pause_ms: int, chance: Chance) -> Utterance:
    """A sentence that stops for a while before a frame; the line's noise goes on."""
    samples, cut = samples_of(spoken), place * FRAME_BYTES
    pause = noise("hiss", pause_ms, LINE_DBFS, chance)
    return utterance(name, np.concatenate((samples[:cut], pause, samples[cut:])))


def over(name: str, spoken: Utterance, behind: np.ndarray) -> Utterance:
    """A sentence with a sound behind it, which goes on after it; the sentence's loud frames stay what counts."""
    samples = samples_of(spoken).astype(np.float64)
    mixed = behind.astype(np.float64).copy()
    mixed[: len(samples)] += samples
    return Utterance(name, tuple(frames_of(encode_ulaw(_int16(mixed)))), spoken.first_loud, spoken.last_loud)


def as_utterance(name: str, sound: np.ndarray) -> Utterance:
    """A sound to be sent down the line, though nothing in it is said."""
    frames = tuple(frames_of(encode_ulaw(_int16(sound))))
    return Utterance(name, frames, 0, len(frames) - 1)


def talk(sentences: list[Utterance], duration_ms: int, level_dbfs: float) -> np.ndarray:
    """Somebody who says one sentence after another, at a level, over the line's noise."""
    said = np.concatenate([samples_of(sentence) for sentence in sentences])
    wanted = duration_ms * SAMPLE_RATE_HZ // 1000
    loud = np.repeat(frame_levels(said) > -33, FRAME_BYTES)
    own = 20 * np.log10(np.sqrt(np.mean(np.square(said[: len(loud)][loud], dtype=np.float64))) / 32768)
    return _int16(np.resize(said, wanted) * 10 ** ((level_dbfs - own) / 20))


def noise(kind: str, duration_ms: int, level_dbfs: float, chance: Chance) -> np.ndarray:
    """Noise of a kind at a level (RMS while it sounds), int16."""
    count = duration_ms * SAMPLE_RATE_HZ // 1000
    return _int16(NOISES[kind](count, chance, level_dbfs))


def _hiss(count: int, chance: Chance, level: float) -> np.ndarray:
    return at_level(chance.normal(0, 1, count), level)


def _rumble(count: int, chance: Chance, level: float) -> np.ndarray:
    """Traffic: most of it below 300 Hz."""
    return at_level(_shaped(chance.normal(0, 1, count), lambda hz: 1 / np.maximum(hz, 60) ** 1.5), level)


def _fan(count: int, chance: Chance, level: float) -> np.ndarray:
    """A fan: noise that falls with frequency, and its blades."""
    at = np.arange(count) / SAMPLE_RATE_HZ
    air = at_level(_shaped(chance.normal(0, 1, count), lambda hz: 1 / np.sqrt(np.maximum(hz, 60))), -3)
    blades = at_level(np.sin(2 * np.pi * 118 * at) + 0.5 * np.sin(2 * np.pi * 236 * at), -6)
    return at_level(air + blades, level)


def _hum(count: int, _: Chance, level: float) -> np.ndarray:
    """The mains, with overtones."""
    at = np.arange(count) / SAMPLE_RATE_HZ
    return at_level(sum((np.sin(2 * np.pi * 60 * n * at) / n for n in (1, 2, 3, 5, 7)), np.zeros(count)), level)


def _clatter(count: int, chance: Chance, level: float) -> np.ndarray:
    """Dishes and keyboards: short clicks, three a second."""
    return _events(count, chance, level, apart_ms=330, length_ms=25, tone=False)


def _bangs(count: int, chance: Chance, level: float) -> np.ndarray:
    """Doors and coughs: bursts of a fifth of a second, every two seconds."""
    return _events(count, chance, level, apart_ms=2000, length_ms=200, tone=False)


def _beeps(count: int, chance: Chance, level: float) -> np.ndarray:
    """Alarms and ring tones."""
    return _events(count, chance, level, apart_ms=1500, length_ms=350, tone=True)


def _music(count: int, chance: Chance, level: float) -> np.ndarray:
    """Chords that change every half second."""
    at = np.arange(count) / SAMPLE_RATE_HZ
    step = np.minimum((at * 2).astype(int), 10_000)
    roots = chance.choice([196.0, 220.0, 262.0, 294.0, 330.0, 392.0], step[-1] + 1)[step]
    chord = sum((np.sin(2 * np.pi * np.cumsum(roots * ratio) / SAMPLE_RATE_HZ) for ratio in (1, 1.25, 1.5, 2)), np.zeros(count))
    return at_level(chord * (0.3 + 0.7 * np.exp(-4 * (at * 2 - step))), level)


NOISES: dict[str, Callable[[int, Chance, float], np.ndarray]] = {
    "hiss": _hiss,
    "rumble": _rumble,
    "fan": _fan,
    "hum": _hum,
    "clatter": _clatter,
    "bangs": _bangs,
    "beeps": _beeps,
    "music": _music,
}


def _events(count: int, chance: Chance, level: float, *, apart_ms: int, length_ms: int, tone: bool) -> np.ndarray:
    sound = at_level(chance.normal(0, 1, count), LINE_DBFS)
    length = length_ms * SAMPLE_RATE_HZ // 1000
    at, fall = np.arange(length) / SAMPLE_RATE_HZ, np.exp(-np.arange(length) * 3 / length)
    begin = int(chance.integers(0, SAMPLE_RATE_HZ))
    while begin + length < count:
        event = np.sin(2 * np.pi * float(chance.uniform(700, 2200)) * at) if tone else chance.normal(0, 1, length) * fall
        sound[begin : begin + length] += at_level(event, level)
        begin += int(apart_ms * float(chance.uniform(0.5, 1.5)) * SAMPLE_RATE_HZ / 1000) + length
    return sound


def _shaped(white: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    spectrum = np.fft.rfft(white)
    return np.fft.irfft(spectrum * gain(np.fft.rfftfreq(len(white), 1 / SAMPLE_RATE_HZ)), len(white))


def _int16(sound: np.ndarray) -> np.ndarray:
    return np.clip(np.round(sound), -32767, 32767).astype(np.int16)
