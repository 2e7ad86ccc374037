"""The recorded patients, as benchmarks use them."""

import csv
from dataclasses import dataclass
from pathlib import Path

from ivr.offline.ears import RECORDINGS

BACKCHANNELS = ("101", "102", "103", "104", "105")
INTERRUPTIONS = ("106", "107")
OTHER_LANGUAGE = ("125",)
"""A wish to speak Spanish: what follows is answered in it."""

EMERGENCIES = ("30", "117", "118", "119", "120")


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded sentence; `number` is the file's."""

    number: str
    path: Path
    language: str
    text: str


def recordings(language: str | None = None, folder: Path = RECORDINGS) -> list[Recording]:
    """Every recorded sentence, or those in one language."""
    with (folder / "refs.tsv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = [Recording(row["file"].partition("_")[0], folder / row["file"], row["lang"], row["text"]) for row in rows]
    return [one for one in found if language in (None, one.language)]


def sentences() -> list[Recording]:
    """What a patient says when it is her turn, in English: 60 of them, emergencies left out, which are not the model's to answer."""
    apart = {*BACKCHANNELS, "106", *OTHER_LANGUAGE, *EMERGENCIES}
    return [one for one in recordings("en") if one.number.lstrip("0") not in apart]
