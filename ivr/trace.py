"""A call's turns drawn as waterfalls: where the milliseconds between the caller's last sound and Lilly's first one went."""

from collections.abc import Iterator, Mapping

from ivr.models import ToolCall, Turn

WIDTH = 50

SPANS = (
    ("silence until commit", "last_loud", "commit"),
    ("transcript", "commit", "final"),
    ("until confirmed", "last_loud", "confirmed"),
    ("tools", "tools_started", "tools_done"),
    ("model, first token", "model_request", "first_token"),
    ("model, first clause", "first_token", "first_clause"),
    ("voice, first audio", "first_clause", "first_audio"),
    ("held back until sure", "first_audio", "first_sent"),
)
"""What is drawn: a name, and the two stages of a turn's timeline that it lies between."""


PARTS = ("silence", "transcript", "model", "clause", "voice", "sending")
_ENDS = ("commit", "confirmed", "first_token", "first_clause", "first_audio", "first_sent")


def parts_ms(timeline: Mapping[str, float]) -> dict[str, float]:
    """What was waited for until the first sound, one after the other: each part is what was left when those before it were over."""
    whole, reached, parts = timeline["first_sent"], 0.0, {}
    for part, end in zip(PARTS, _ENDS, strict=True):
        until = min(max(timeline.get(end, reached), reached), whole)
        parts[part], reached = until - reached, until
    return parts


def waterfall(turn: Turn) -> Iterator[str]:
    """The lines of one turn. Time runs from the caller's last loud frame to the first audio sent."""
    timeline = turn.timeline
    tricks = sorted(name.removeprefix("trick_") for name in timeline if name.startswith("trick_"))
    sounded = timeline.get("first_sent")
    whole = "no sound" if sounded is None else f"{sounded:.0f} ms"
    yield f"{turn.ordinal}. {turn.caller_text or '(Lilly speaks by herself)'}"
    yield f"   → {turn.reply_text}{'  [interrupted]' if turn.interrupted else ''}"
    yield f"   {whole}{'; ' + ', '.join(tricks) if tricks else ''}"
    if turn.caller_text:
        yield from _bars(timeline)
        if sounded is not None:
            parts = [f"{part} {lasted:.0f}" for part, lasted in parts_ms(timeline).items()]
            yield f"   {' + '.join(parts)} = {sounded:.0f} ms"
    for end in ("heard", "interrupted"):
        if sounded is not None and end in timeline:
            yield f"   {end} after {timeline[end] - sounded:.0f} ms of speech"


def _bars(timeline: Mapping[str, float]) -> Iterator[str]:
    spans = [(name, timeline[start], timeline[end]) for name, start, end in SPANS if start in timeline and end in timeline]
    longest = max((end for _, _, end in spans), default=0.0) or 1.0
    for name, start, end in spans:
        if end > start and end > 0:
            before = round(max(0.0, start) / longest * WIDTH)
            length = max(1, round((end - max(0.0, start)) / longest * WIDTH))
            yield f"   {name:<22}{' ' * before}{'█' * length}{' ' * (WIDTH - before - length)} {end - start:6.0f} ms"


def tool_line(call: ToolCall) -> str:
    """One function that the model called."""
    outcome = "ok" if call.error is None else call.error.get("code", "failed")
    arguments = ", ".join(f"{name}={value}" for name, value in call.arguments.items() if value is not None)
    return f"   · {call.name}({arguments}) {outcome}, {call.duration_ms} ms"
