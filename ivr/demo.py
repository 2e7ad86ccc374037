"""One recorded patient's call through everything, shown while it happens, and checked against the database."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ivr.config import ROOT, RUN_DIR, load_settings
from ivr.models import Appointment, AppointmentStatus, Call, Doctor, Patient, Slot, Specialty, ToolCall, Turn, database
from ivr.offline import scenario
from ivr.offline.scenario import Line, Outcome
from ivr.offline.scenario.verdict import ToolUse
from ivr.offline.telephone.webhooks import Target
from ivr.stack import ACCOUNT_SID, Stack

DEMO_SCENARIO = ROOT / "tests" / "calls" / "scenarios" / "demo.yaml"
RECORDING = RUN_DIR / "demo.wav"

Print = Callable[[str], Any]

_STAGES = (
    ("commit", "committed"),
    ("final", "transcript"),
    ("first_token", "first token"),
    ("first_clause", "first clause"),
    ("first_audio", "audio made"),
    ("first_sent", "audio sent"),
)


class Records:
    """Lilly's records, for whoever plays a written call and must know what came of it."""

    def spoken(self, call_sid: str) -> Sequence[str]:
        """What Lilly has said, turn by turn."""
        return [turn.heard_text or turn.reply_text for turn in self.turns(call_sid) if turn.reply_text]

    def turns(self, call_sid: str) -> list[Turn]:
        """The turns of a call, in order."""
        with database.connection_context():
            return list(Turn.select(Turn, Call).join(Call).where(Call.sid == call_sid).order_by(Turn.ordinal))

    def tools(self, call_sid: str) -> Sequence[ToolUse]:
        """The functions that the model called, in order."""
        with database.connection_context():
            made = ToolCall.select().join(Call).where(Call.sid == call_sid).order_by(ToolCall.id)
            return [ToolUse(call.name, call.arguments) for call in made]

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        """The rows of a query."""
        with database.connection_context():
            return list(database.execute_sql(sql, dict(parameters)).fetchall())

    def appointments(self, call_sid: str) -> list[Appointment]:
        """What was booked in a call, with slot, doctor, specialty and patient loaded."""
        query = Appointment.select(Appointment, Slot, Doctor, Specialty, Patient)
        query = query.join(Slot).join(Doctor).join(Specialty).switch(Appointment).join(Patient).switch(Appointment).join(Call)
        with database.connection_context():
            return list(query.where(Call.sid == call_sid))


def target(stack: Stack) -> Target:
    """A running stack, as the telephone company reaches it."""
    return Target(stack.url, auth_token=stack.auth_token, account_sid=ACCOUNT_SID, offline_url=stack.offline_url)


def play(say: Print) -> bool:
    """Start everything, play the demo call, and tell whether it ended with exactly its appointment."""
    began_s = time.monotonic()
    stack = Stack(RUN_DIR, progress=lambda text: say(f"  {time.monotonic() - began_s:5.1f} s  {text}"))
    say("Starting Lilly and everything she needs:")
    with stack:
        say(f"  {time.monotonic() - began_s:5.1f} s  ready, a patient calls\n")
        outcome = scenario.run(DEMO_SCENARIO, target(stack), Records(), lambda line: _show(say, line))
        outcome.call.save(RECORDING)
        booked = _report(say, outcome, load_settings(app_env="test").timezone)
    say(f"\n{'Done' if booked else 'FAILED'} after {time.monotonic() - began_s:.0f} s.")
    return booked


def _show(say: Print, line: Line) -> None:
    """Print a line of the dialogue, and under Lilly's where the time before it went."""
    say(str(line))
    turn = _turn_of(line.text) if line.who == "lilly" and line.gap_ms is not None else None
    if turn is not None and turn.caller_text:
        at_ms = " → ".join(f"{words} {turn.timeline[stage]:.0f}" for stage, words in _STAGES if stage in turn.timeline)
        say(f"                  ms since the patient's last sound: {at_ms}")


def _turn_of(text: str) -> Turn | None:
    """The latest turn in which Lilly said this."""
    said = (Turn.heard_text == text) | (Turn.reply_text == text)
    with database.connection_context():
        turn: Turn | None = Turn.select().where(said).order_by(Turn.id.desc()).first()
        return turn


def _report(say: Print, outcome: Outcome, zone: Any) -> bool:
    records = Records()
    booked = records.appointments(outcome.call.sid)
    say("\nIn the database:")
    for one in booked:
        when = one.starts_at.astimezone(zone)
        doctor = one.slot.doctor
        with_whom = f"{doctor.name} ({doctor.specialty.name})"
        say(f"  appointment {one.id}: {one.patient.name} with {with_whom}, {when:%A %Y-%m-%d %H:%M}, {one.status}")
    for failure in outcome.failures:
        say(f"  not as expected: {failure}")
    say(f"\nThe recording: {_shown(RECORDING)} (the patient left, Lilly right)")
    return outcome.ok and [one.status for one in booked] == [AppointmentStatus.BOOKED]


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
