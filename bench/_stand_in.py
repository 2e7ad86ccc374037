"""Setting the stand-in for the providers, and reading off it when it answered."""

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from ivr.agent.sentences import ClauseCutter
from ivr.agent.spoken import spoken

TIMEOUT_S = 30
_SPEECH = {"model": "gpt-4o-mini-tts", "voice": "alloy", "response_format": "pcm"}
_KEY = {"Authorization": "Bearer offline"}


@dataclass(frozen=True, slots=True)
class Answer:
    """When something was asked of a provider, when it was due by the profile, and when its pieces went out."""

    kind: str
    about: str
    asked_ms: float
    due_ms: float
    pieces: Sequence[tuple[float, str]]

    @property
    def late_ms(self) -> float:
        """By how much the stand-in missed its own profile."""
        return max(0.0, self.pieces[0][0] - self.due_ms) if self.pieces else 0.0


class StandInControl:
    """One running stand-in."""

    def __init__(self, url: str) -> None:
        self._url = url

    def use_profile(self, name: str, seed: int = 1) -> None:
        """Let the providers take this long, with these chances."""
        self._post("/control/profile", {"name": name, "seed": seed})

    def reply_with(self, rules: dict[str, Any]) -> None:
        """Fix the model's answers."""
        self._post("/control/replies", rules)

    def rehearse(self, texts: Iterable[str]) -> None:
        """Make the speech of some replies ahead, clause by clause, so that making it is not what is measured later."""
        clauses = {clause for text in texts for clause in clauses_of(text)}
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._speak, sorted(clauses)))

    def rehearse_whole(self, texts: Iterable[str]) -> None:
        """The same, each text in one piece."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._speak, texts))

    def _speak(self, text: str) -> None:
        answer = requests.post(f"{self._url}/v1/audio/speech", json=_SPEECH | {"input": text}, headers=_KEY, timeout=TIMEOUT_S)
        answer.raise_for_status()

    def answers(self) -> list[Answer]:
        """What was answered since `forget_answers`."""
        given = requests.get(f"{self._url}/control/answers", timeout=TIMEOUT_S)
        given.raise_for_status()
        return [_answer(one) for one in given.json()["items"]]

    def forget_answers(self) -> None:
        """Start the record of answers anew."""
        requests.delete(f"{self._url}/control/answers", timeout=TIMEOUT_S).raise_for_status()

    def _post(self, path: str, body: dict[str, Any]) -> None:
        requests.post(self._url + path, json=body, timeout=TIMEOUT_S).raise_for_status()


def _answer(given: dict[str, Any]) -> Answer:
    pieces = [(at_ms, text) for at_ms, text in given["pieces"]]
    return Answer(given["kind"], given["about"], given["asked_ms"], given["due_ms"], pieces)


def clauses_of(text: str) -> list[str]:
    """The clauses in which a reply is spoken, as the voice gets them."""
    cutter = ClauseCutter()
    return [spoken(clause, "en") for clause in (*cutter.feed(text), *cutter.flush())]


def rule(said: str, text: str) -> dict[str, Any]:
    """A fixed answer to a sentence, however that is punctuated, at the end of what was said."""
    return {"match": r"(?:^|\W)" + r"\W+".join(map(re.escape, re.findall(r"\w+", said))) + r"\W*$", "text": text}
