"""How text messages read, in each of the hospital's languages. Pure but for reading the sentences."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from ivr.config import Settings
from ivr.models import SmsKind


def worded(kind: SmsKind, facts: dict[str, Any], language: str | None, settings: Settings) -> str:
    """The text of a message; a language that the hospital does not have is its first one.

    `facts` hold `doctor`, `starts_at` and, for an offer, `until` (ISO 8601, with their zone).
    """
    language = language if language in settings.hospital_languages else settings.hospital_languages[0]
    sentences = _sentences(language)
    told = {"doctor": facts["doctor"], "hospital": settings.hospital_name, "address": settings.hospital_address}
    moments = {"when": facts["starts_at"], "until": facts.get("until", facts["starts_at"])}
    told |= {name: _moment(datetime.fromisoformat(at).astimezone(settings.timezone), sentences) for name, at in moments.items()}
    return sentences[kind].format(**told)


def _moment(local: datetime, sentences: dict[str, str]) -> str:
    return sentences["moment"].format(
        weekday=sentences["weekdays"].split()[local.weekday()],
        month=sentences["months"].split()[local.month - 1],
        day=local.day,
        hour=local.hour,
        hour12=(local.hour + 11) % 12 + 1,
        minute=f"{local:%M}",
        half="AM" if local.hour < 12 else "PM",
    )


@cache
def _sentences(language: str) -> dict[str, str]:
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
