"""Patients for benchmarks: they say recorded sentences, and do not hear a reply out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench._recordings import Recording
from ivr.offline.telephone.caller import Caller, Script, place_calls
from ivr.offline.telephone.patient import Patient, Unheard
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.utterances import load_utterance
from ivr.offline.telephone.webhooks import Target

CUT_OFF_MS = 1000
"""So long after a reply's first sound the next sentence begins: its first loud frame comes over the rest of the reply."""

APART_MS = 430
"""From one call's beginning to the next one's, so that they do not speak in step."""

PATIENCE_S = 8.0


@dataclass
class Patiently:
    """One patient's script, and what became of it: `unanswered` are the sentences after which nothing was heard.

    With `cut_off_ms` None the replies are heard out.
    """

    recordings: Sequence[Recording]
    begins_after_ms: float = 0.0
    cut_off_ms: float | None = CUT_OFF_MS
    unanswered: list[Recording] = field(default_factory=list)

    async def __call__(self, patient: Patient) -> None:
        """Say each sentence over the reply to the one before; hang up over the last reply."""
        await patient.wait_ms(self.begins_after_ms)
        said: Recording | None = None
        for recording in self.recordings:
            speech = load_utterance(recording.path)
            await self._hear(patient, said, speech.lead_ms)
            await patient.say(speech)
            said = recording
        await self._hear(patient, said, 0)

    async def _hear(self, patient: Patient, said: Recording | None, lead_ms: int) -> None:
        try:
            began_ms = await patient.lilly_begins()
            if self.cut_off_ms is None:
                await patient.lilly_finishes()
        except Unheard:
            if said:
                self.unanswered.append(said)
            return
        if self.cut_off_ms is not None:
            await patient.until_ms(began_ms + self.cut_off_ms - lead_ms)


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that is over, and the patient who made it."""

    call: Call
    patient: Patiently


def place(
    target: Target, shares: Sequence[Sequence[Recording]], caller: Caller | None = None, cut_off_ms: float | None = CUT_OFF_MS
) -> list[Placed]:
    """Place one call for each share of sentences, all at once."""
    patients = [Patiently(share, number * APART_MS, cut_off_ms) for number, share in enumerate(shares)]
    line = replace(caller or Caller(), patience_s=PATIENCE_S)
    scripts: list[tuple[Caller, Script]] = [(line, patient) for patient in patients]
    return [Placed(call, patient) for call, patient in zip(place_calls(target, scripts), patients, strict=True)]


def dealt(recordings: Sequence[Recording], calls: int) -> list[list[Recording]]:
    """The sentences dealt out to so many calls."""
    return [list(recordings[number::calls]) for number in range(calls)]
