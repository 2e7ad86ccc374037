"""How well and how fast the offline ears hear the recorded patients: word error rate and milliseconds, per model and language.

`python -m bench.ears` prints a table and writes bench/results/ears.json.
"""

import os

# Numeric libraries read this when they are imported; the stand-in runs with it too.
os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import csv
import json
import time
import wave
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bench._word_errors import errors, words
from ivr.offline.ears import RECORDINGS, Ears, load_ears

RESULTS = Path(__file__).parent / "results" / "ears.json"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recorded sentence."""

    file: str
    language: str
    text: str
    samples: np.ndarray


@dataclass(slots=True)
class Row:
    """What one kind of ears made of one language."""

    ears: str
    language: str
    utterances: int = 0
    words: int = 0
    word_errors: int = 0
    answer_ms: list[float] = field(default_factory=list)
    misheard: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def word_error_rate(self) -> float:
        """Errors per word said."""
        return self.word_errors / self.words

    def add(self, utterance: Utterance, heard: str, answer_ms: float) -> None:
        """Count one utterance."""
        said = words(utterance.text, utterance.language)
        wrong = errors(said, words(heard, utterance.language))
        self.utterances += 1
        self.words += len(said)
        self.word_errors += wrong
        self.answer_ms.append(answer_ms)
        if wrong:
            self.misheard.append((utterance.file, utterance.text, heard))

    def as_dict(self) -> dict[str, object]:
        """The row for the results file, without every single time."""
        p50, p95 = (round(float(value), 1) for value in np.percentile(self.answer_ms, [50, 95]))
        figures = {key: value for key, value in asdict(self).items() if key != "answer_ms"}
        return figures | {"word_error_rate": round(self.word_error_rate, 4), "p50_ms": p50, "p95_ms": p95}


def recorded(folder: Path = RECORDINGS) -> Iterator[Utterance]:
    """The recorded patients' sentences."""
    with (folder / "refs.tsv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            with wave.open(str(folder / row["file"])) as recording:
                samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
            yield Utterance(row["file"], row["lang"], row["text"], samples)


def listen(ears: Ears, name: str, utterances: list[Utterance], locked: bool) -> Row:
    """Have all utterances, of one language, transcribed; with the language locked or found by the ears."""
    row = Row(name, utterances[0].language)
    for utterance in utterances:
        began_s = time.perf_counter()
        heard = ears.transcribe(utterance.samples, utterance.language if locked else None)
        row.add(utterance, heard.text, (time.perf_counter() - began_s) * 1000)
    return row


def measure(model_dir: Path | None) -> list[Row]:
    """One row for each way of listening."""
    english, spanish = ([one for one in recorded() if one.language == language] for language in ("en", "es"))
    whisper, known = load_ears("whisper", model_dir), load_ears("known")
    for warm_up in ("en", "es"):
        whisper.transcribe(english[0].samples, warm_up)
    return [
        listen(whisper, "tiny.en", english, locked=True),
        listen(whisper, "base, language found", english, locked=False),
        listen(whisper, "base", spanish, locked=True),
        listen(whisper, "base, language found", spanish, locked=False),
        listen(known, "known", english, locked=True),
        listen(known, "known", spanish, locked=True),
    ]


def memory_mb() -> int:
    """What this process holds (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def show(rows: list[Row], verbose: bool) -> None:
    """Print the table, and what was misheard if wanted."""
    print(f"{'ears':<22} {'lang':<5} {'n':>3} {'words':>6} {'errors':>6} {'rate':>7} {'p50 ms':>7} {'p95 ms':>7}")
    for row in rows:
        p50, p95 = np.percentile(row.answer_ms, [50, 95])
        rate = f"{row.word_error_rate:.1%}"
        print(f"{row.ears:<22} {row.language:<5} {row.utterances:>3} {row.words:>6} {row.word_errors:>6} {rate:>7} {p50:>7.1f} {p95:>7.1f}")
    for row in rows if verbose else []:
        for file, said, heard in row.misheard:
            print(f"{row.ears} · {file}: {said} → {heard}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.ears", description=__doc__)
    parser.add_argument("--models", type=Path, help="folder with the speech models, instead of the installed packages")
    parser.add_argument("--verbose", action="store_true", help="print what was misheard")
    arguments = parser.parse_args()
    rows = measure(arguments.models)
    show(rows, arguments.verbose)
    print(f"memory: {memory_mb()} MB")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    result = {"rows": [row.as_dict() for row in rows], "memory_mb": memory_mb()}
    RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
