"""The dialogue of a call as it happens, line by line, for whoever watches."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ivr.offline.scenario.file import Say, Scenario
from ivr.offline.scenario.verdict import Observer
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.timeline import Call, Event

LOOK_EVERY_S = 0.25
SETTLED_MS = 300
"""Lilly's last text is shown once she has been quiet for this long: until then it may still grow."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to print. `gap_ms` is from the patient's last loud frame to Lilly's first, where there was one."""

    at_ms: float
    who: Literal["caller", "lilly", "line"]
    text: str
    gap_ms: float | None = None

    def __str__(self) -> str:
        waited = "" if self.gap_ms is None else f"  ({self.gap_ms:.0f} ms)"
        return f"{self.at_ms / 1000:6.1f} s  {self.who:<6}  {self.text}{waited}"


class Dialogue:
    """Tells a printer who says what. Lilly's words come from her records; without a printer nothing is looked up."""

    def __init__(self, scenario: Scenario, observer: Observer, printer: Callable[[Line], None] | None) -> None:
        self._observer = observer
        self._printer = printer
        self._words = {step.recording.name: words_of(step.recording) for step in scenario.steps if isinstance(step, Say)}
        self._sounds: deque[tuple[float, float | None]] = deque()
        self._answered = False
        self._shown = 0
        self._watching: asyncio.Task[None] | None = None

    def notice(self, event: Event) -> None:
        """Take note of something that happened on the line."""
        if self._printer is None:
            return
        if event.kind == "utterance":
            self._answered = False
            self._printer(Line(event.at_ms, "caller", self._words.get(event.detail, event.detail)))
        elif event.kind == "keys":
            self._printer(Line(event.at_ms, "caller", f"[presses {event.detail}]"))
        elif event.kind == "sound":
            self._take_sound(event)
        elif event.kind in ("say", "dial", "violation", "over"):
            self._printer(Line(event.at_ms, "line", f"{event.kind}: {event.detail}"))

    def _take_sound(self, event: Event) -> None:
        # After an interruption the rest of the old reply is heard first, then the answer to it.
        if self._answered and self._sounds:
            self._sounds.pop()
        self._answered = True
        self._sounds.append((event.at_ms, float(event.detail.removesuffix(" ms"))))

    def watch(self, patient: Patient) -> None:
        """Begin to look for what Lilly says."""
        if self._printer:
            self._watching = asyncio.create_task(self._look(patient))

    async def finish(self, call: Call) -> None:
        """Stop looking, and show what is left."""
        if self._watching is None:
            return
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        await self._show(call.sid, call.events[-1].at_ms, all_of_it=True)

    async def _look(self, patient: Patient) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._show(patient.call_sid, patient.now_ms, all_of_it=patient.line.quiet_ms > SETTLED_MS)

    async def _show(self, call_sid: str, now_ms: float, *, all_of_it: bool) -> None:
        texts = await asyncio.to_thread(self._observer.spoken, call_sid)
        for text in texts[self._shown : len(texts) if all_of_it else -1]:
            at_ms, gap_ms = self._sounds.popleft() if self._sounds else (now_ms, None)
            self._shown += 1
            if text and self._printer:
                self._printer(Line(at_ms, "lilly", text, gap_ms))


@cache
def words_of(recording: Path) -> str:
    """What is said in a recording, from the `refs.tsv` beside it, or else its name."""
    references = recording.parent / "refs.tsv"
    lines = references.read_text(encoding="utf-8").splitlines() if references.is_file() else []
    texts = {line.split("\t")[0]: line.split("\t")[-1] for line in lines}
    return texts.get(recording.name, recording.stem)
