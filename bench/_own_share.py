"""What of a turn is our own doing: not the caller's silence, and not the time in which a provider still owed an answer. Pure."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench._replies import KNOWN_OPENINGS
from bench._stand_in import Answer
from ivr.agent.sentences import ClauseCutter

SAME_MOMENT_MS = 15.0
"""A turn confirmed so soon after its final transcript was waiting for that, and later than that for the silence to be long enough."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Owed:
    """What the providers owed during one turn, in milliseconds of the machine's clock."""

    finals: Sequence[Answer]
    replies: Sequence[Answer]
    speech: Sequence[Answer]

    @property
    def late_ms(self) -> float:
        """By how much the stand-in was later than its profile, at worst."""
        return max((answer.late_ms for answer in (*self.finals, *self.replies, *self.speech)), default=0.0)


def plain(text: str) -> str:
    """A text's words, comparable."""
    return " ".join(re.findall(r"\w+", text.lower()))


def owed_in(answers: Iterable[Answer], said: str, opening: str) -> Owed:
    """The answers that one turn needed: the transcript of what was said, the reply to it, the speech of its first clause."""
    words = plain(said)
    kinds: dict[str, list[Answer]] = {"final": [], "reply": [], "speech": []}
    for answer in answers:
        about = plain(answer.about)
        if answer.kind == "speech":
            wanted = answer.about == opening
        else:
            # A sentence may be heard in pieces, and asked together with one before it that was not answered.
            whole, part = (words, about) if answer.kind == "final" else (about, words)
            wanted = bool(part) and f" {whole}".endswith(f" {part}")
        if wanted:
            kinds[answer.kind].append(answer)
    return Owed(kinds["final"], kinds["reply"], kinds["speech"])


def own_share_ms(timeline: Mapping[str, float], owed: Owed) -> float | None:
    """The first sound's time less the silence that was waited for and the union of all that was outstanding; None if it cannot be told.

    `timeline` counts from the last loud frame. An answer is outstanding from the moment when the provider was asked to
    the moment when it answered, both on the provider's side: what the way there and back costs is our own.
    """
    zero_ms = _zero_ms(timeline, owed)
    if zero_ms is None or "first_sent" not in timeline or "confirmed" not in timeline:
        return None
    until_ms = timeline["first_sent"]
    spans = [(0.0, _waited_ms(timeline))]
    spans += [(answer.asked_ms - zero_ms, answer.pieces[0][0] - zero_ms) for answer in (*owed.finals, *owed.speech) if answer.pieces]
    spans = [(max(0.0, begin), end) for begin, end in spans]
    request = _the_request(timeline, owed, zero_ms)
    if request:
        spans.append((request.asked_ms - zero_ms, _clause_ready_ms(owed.replies, request.asked_ms) - zero_ms))
    return until_ms - covered(spans, until_ms)


def one_after_the_other(owed: Owed, turn_ms: float) -> dict[str, float]:
    """The stages of a turn that never does two things at once, counted back from its first sound."""
    if not all(answers and answers[-1].pieces for answers in (owed.finals, owed.replies, owed.speech)):
        return {}
    final, reply, speech = owed.finals[-1], owed.replies[-1], owed.speech[-1]
    zero_ms = speech.pieces[0][0] - turn_ms
    times = {
        "commit": final.asked_ms,
        "confirmed": final.pieces[0][0],
        "first_token": reply.pieces[0][0],
        "first_clause": reply.pieces[-1][0],
        "first_audio": speech.pieces[0][0],
    }
    return {stage: round(at_ms - zero_ms, 1) for stage, at_ms in times.items()}


def covered(spans: Iterable[Span], until_ms: float) -> float:
    """How much of the time from 0 is within at least one of the spans."""
    total, reached = 0.0, 0.0
    for begin, end in sorted(spans):
        begin, end = max(begin, reached), min(end, until_ms)
        total += max(0.0, end - begin)
        reached = max(reached, end)
    return total


def clause_ready_ms(reply: Answer) -> float | None:
    """When the piece went out with which the first clause, or a tool's name, was known; None if none did."""
    cutter = ClauseCutter(known=KNOWN_OPENINGS.__contains__)
    for at_ms, text in reply.pieces:
        if not text or cutter.feed(text):
            return at_ms
    return reply.pieces[-1][0] if reply.pieces else None


def _clause_ready_ms(replies: Sequence[Answer], asked_ms: float) -> float:
    """The same for whichever of a request and its hedges was first."""
    times = [clause_ready_ms(reply) for reply in replies if reply.asked_ms >= asked_ms]
    return min((at_ms for at_ms in times if at_ms is not None), default=asked_ms)


def _zero_ms(timeline: Mapping[str, float], owed: Owed) -> float | None:
    """When the last loud frame was, on the machine's clock: told by when the provider got what the session had sent.

    Other calls may have ended in the same words: a transcript and a request are taken that tell the same moment.
    """
    by_finals = [final.asked_ms - timeline["commit"] for final in owed.finals if "commit" in timeline]
    by_replies = [reply.asked_ms - timeline["model_request"] for reply in owed.replies if "model_request" in timeline]
    if by_finals and by_replies:
        return min(itertools.product(by_finals, by_replies), key=lambda pair: abs(pair[0] - pair[1]))[0]
    return max((*by_finals, *by_replies), default=None)


def _the_request(timeline: Mapping[str, float], owed: Owed, zero_ms: float) -> Answer | None:
    """The request that the turn's reply came of, told from guesses that were thrown away."""
    asked_ms = zero_ms + timeline.get("model_request", 0.0)
    return min(owed.replies, key=lambda reply: abs(reply.asked_ms - asked_ms), default=None)


def _waited_ms(timeline: Mapping[str, float]) -> float:
    """Up to when it was the caller's silence that was waited for."""
    confirmed, final = timeline["confirmed"], timeline.get("final")
    if final is not None and confirmed - final <= SAME_MOMENT_MS:
        return timeline.get("commit", 0.0)
    return confirmed
