"""Playing written calls against a running Lilly, and judging what came of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.offline.scenario.by_ears import Deaf, transcribe
from ivr.offline.scenario.dialogue import Dialogue, Line
from ivr.offline.scenario.file import HangUp, Hear, Keys, Say, Scenario, Silence, Step, When, load
from ivr.offline.scenario.matching import first_saying, says
from ivr.offline.scenario.place import ScenarioError
from ivr.offline.scenario.verdict import Observer, ToolUse, failures_of_call, failures_of_records, violations
from ivr.offline.telephone.caller import call
from ivr.offline.telephone.patient import Patient, Unheard
from ivr.offline.telephone.playout import SAMPLES_PER_MS
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.utterances import load_utterance
from ivr.offline.telephone.webhooks import Target

__all__ = ["Dialogue", "Line", "Observer", "Outcome", "Scenario", "ScenarioError", "ToolUse", "load", "play", "run"]

LOOK_EVERY_S = 0.15
SETTLE_S = 6.0
"""How long after the call the records may take to be as expected: its last turn, and bookings that workers carry out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scenario went; `failures` is empty if everything was as written."""

    scenario: Scenario
    call: Call
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything was as written."""
        return not self.failures


def run(
    scenario: Scenario | Path,
    target: Target,
    observer: Observer,
    printer: Callable[[Line], None] | None = None,
    settle_s: float = SETTLE_S,
) -> Outcome:
    """Play one scenario; `printer` gets the dialogue line by line while it happens. Raises `ScenarioError`."""
    loaded = load(scenario) if isinstance(scenario, Path) else scenario
    return asyncio.run(play(loaded, target, observer, printer, settle_s))


async def play(
    scenario: Scenario,
    target: Target,
    observer: Observer,
    printer: Callable[[Line], None] | None = None,
    settle_s: float = SETTLE_S,
) -> Outcome:
    """Play one scenario and wait at most `settle_s` until the records are as expected."""
    dialogue = Dialogue(scenario, observer, printer)
    performance = _Performance(scenario, target, observer, dialogue)
    finished = await call(target, performance.script, scenario.caller, dialogue.notice)
    await dialogue.finish(finished)
    failures = performance.failures + violations(finished)
    if not performance.failures:
        failures += failures_of_call(scenario, finished)
        failures += await _settled(performance, scenario, finished, settle_s)
    return Outcome(scenario, finished, failures)


async def _settled(performance: "_Performance", scenario: Scenario, finished: Call, settle_s: float) -> list[str]:
    deadline = asyncio.get_running_loop().time() + settle_s
    while True:
        failures = await performance.unplayed(finished)
        failures += await asyncio.to_thread(failures_of_records, scenario, finished, performance.observer)
        if not failures or asyncio.get_running_loop().time() > deadline:
            return failures
        await asyncio.sleep(LOOK_EVERY_S)


class _Performance:
    """One patient who follows a scenario's steps; `failures` says where it could not go on."""

    def __init__(self, scenario: Scenario, target: Target, observer: Observer, dialogue: Dialogue) -> None:
        self.observer = observer
        self.failures: list[str] = []
        self._scenario = scenario
        self._target = target
        self._dialogue = dialogue
        self._done = 0
        self._heard_from = 0
        self._heard_last: int | None = None

    async def script(self, patient: Patient) -> None:
        """Follow the steps, then stay on the line until Lilly hangs up."""
        self._dialogue.watch(patient)
        try:
            for step in self._scenario.steps:
                await self._follow(patient, step)
                self._done += 1
                if isinstance(step, HangUp):
                    return
            await patient.lilly_hangs_up()
        except (Unheard, Deaf) as trouble:
            self.failures.append(f"{self._place}: {trouble}")

    async def unplayed(self, finished: Call) -> list[str]:
        """What of the steps the end of the call has cut off: words still to be heard may have been noted meanwhile."""
        rest = self._scenario.steps[self._done :]
        if any(not isinstance(step, Hear) or step.by == "ears" for step in rest):
            return [f"{self._place}: the call was over before it, ended by {finished.ended_by}"]
        texts = await self._texts(finished.sid, [event.detail for event in finished.of_kind("say")])
        missed = [step.text for step in rest if isinstance(step, Hear) and self._find(step.text, texts) is None]
        return [f"{self._place}: not heard: {text}" for text in missed]

    @property
    def _place(self) -> str:
        if self._done == len(self._scenario.steps):
            return "after the last step"
        return f"step {self._done + 1} ({_name(self._scenario.steps[self._done])})"

    async def _follow(self, patient: Patient, step: Step) -> None:
        if isinstance(step, Hear):
            await (self._hear_sound(patient, step) if step.by == "ears" else self._hear(patient, step))
        elif isinstance(step, Silence):
            await patient.wait_ms(step.duration_ms)
        elif isinstance(step, HangUp):
            patient.hang_up()
        else:
            await self._speak(patient, step)

    async def _speak(self, patient: Patient, step: Say | Keys) -> None:
        lead_ms = load_utterance(step.recording).lead_ms if isinstance(step, Say) else 0
        await _await_moment(patient, step.when, lead_ms)
        if self._heard_last is not None:
            self._heard_from, self._heard_last = self._heard_last + 1, None
        await (patient.say(step.recording) if isinstance(step, Say) else patient.press(step.keys))

    async def _hear(self, patient: Patient, step: Hear) -> None:
        deadline_ms = patient.now_ms + patient.patience_s * 1000
        while True:
            said = [event.detail for event in patient.line.events if event.kind == "say"]
            texts = await self._texts(patient.call_sid, said)
            self._heard_last = self._find(step.text, texts)
            if self._heard_last is not None:
                return
            if patient.now_ms > deadline_ms:
                raise Unheard(f"not heard within {patient.patience_s:g} s; since the last step she said {texts[self._heard_from :]}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _hear_sound(self, patient: Patient, step: Hear) -> None:
        await patient.lilly_finishes()
        if self._target.offline_url is None:
            raise Deaf("by ears needs the stand-in's address")
        began = int((patient.line.turns[-1].sound_ms or 0.0) * SAMPLES_PER_MS)
        text = await transcribe(self._target.offline_url, bytes(patient.line.playout.track[began:]), self._scenario.language)
        if not says(step.text, text, loosely=True):
            raise Unheard(f"the ears understood: {text}")

    async def _texts(self, call_sid: str, said: list[str]) -> list[str]:
        """Everything Lilly has said, `<Say>` included."""
        return [*await asyncio.to_thread(self.observer.spoken, call_sid), *said]

    def _find(self, text: str, texts: list[str]) -> int | None:
        return first_saying(text, texts, self._heard_from)


async def _await_moment(patient: Patient, when: When, lead_ms: float) -> None:
    if when.at_ms is not None:
        await patient.until_ms(when.at_ms - lead_ms)
    elif when.interrupt_after_ms is not None:
        began_ms = await patient.lilly_begins()
        await patient.until_ms(began_ms + when.interrupt_after_ms - lead_ms)
    else:
        await patient.lilly_finishes()


def _name(step: Step) -> str:
    if isinstance(step, Say):
        return f"say {step.recording.name}"
    if isinstance(step, Keys):
        return f"keys {step.keys}"
    return f"hear {step.text}" if isinstance(step, Hear) else type(step).__name__.lower()
