"""A stage on virtual time: a call's session with scripted actors around it, driven frame by frame."""

import wave
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ivr.agent.agent import ClauseReady, FirstToken, RoundDone
from ivr.agent.history import History, Round
from ivr.agent.language import CallerLanguage
from ivr.agent.lines import Lines, lines
from ivr.agent.model import ToolCall, ToolNamed
from ivr.errors import ProviderError
from ivr.voice.audio import FRAME_BYTES, FRAME_MS, SILENCE, decode_ulaw, encode_ulaw
from ivr.voice.events import SpeechAudio, SpeechDone, SpeechFailed, ThinkingFailed, Thought, ToolDone
from ivr.voice.listening import Listener
from ivr.voice.media_stream import Dtmf, Mark, Media, Stop
from ivr.voice.playback import Playback
from ivr.voice.reply import Reply
from ivr.voice.session import CallSession, Opening
from ivr.voice.speaker import Speaker
from ivr.voice.speech import FinalTranscript, PartialTranscript
from ivr.voice.voicing import Voicing

AUDIO = Path(__file__).parent.parent / "audio"
TODAY = date(2026, 11, 22)
"""A Sunday."""
CHARACTER_MS = 60
MS = float


@cache
def loud_speech() -> bytes:
    """Seconds of real speech without a pause, as mu-law."""
    with wave.open(str(AUDIO / "31_kokbella.wav")) as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype=np.int16)
    frames = [samples[at : at + FRAME_BYTES] for at in range(0, len(samples) - FRAME_BYTES, FRAME_BYTES)]
    loud = [frame for frame in frames if np.sqrt(np.mean(frame.astype(np.float64) ** 2)) > 1500]
    return encode_ulaw(np.concatenate(loud * 10))


class ScriptedEars:
    """A transcriber whose finals come `delay_ms` after the commit."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self.words: list[str] = []
        self.delay_ms = 150.0
        self.lost_finals = 0
        self.language: str | None = None
        self.sent_bytes = 0
        self.commits = 0

    def send(self, audio: bytes) -> None:
        self.sent_bytes += len(audio)

    def flush(self) -> None:
        """Nothing is kept back here."""

    def commit(self) -> int | None:
        segment, self.commits = self.commits, self.commits + 1
        text = self.words.pop(0) if self.words else ""
        if self.lost_finals:
            self.lost_finals -= 1
        else:
            self._stage.later(self.delay_ms, FinalTranscript(segment, text))
        return segment

    def clear(self) -> None:
        """Nothing is kept here."""

    def use_language(self, language: str) -> None:
        self.language = language

    def close(self) -> None:
        """Nothing to close."""


class ScriptedMind:
    """A model that answers by what the last user message holds."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self.answers: list[tuple[str, Sequence[Any]]] = []
        self.delay_ms = 100.0
        self.tool_ms = 50.0
        self.asked: list[list[dict[str, Any]]] = []
        self.forgotten: list[int] = []
        self.ran: list[str] = []
        self.results: dict[str, dict[str, Any]] = {}

    def think(self, reply: int, messages: Sequence[dict[str, Any]]) -> None:
        self.asked.append(list(messages))
        self._stage.later(self.delay_ms, Thought(reply, FirstToken()))
        for event in self._answer(messages):
            mail = event if isinstance(event, ThinkingFailed) else Thought(reply, event)
            self._stage.later(self.delay_ms, ThinkingFailed(reply, event.error) if isinstance(event, ThinkingFailed) else mail)

    def _answer(self, messages: Sequence[dict[str, Any]]) -> Sequence[Any]:
        last = messages[-1]
        key = str(last["content"]) if last["role"] == "user" else f"{last['role']}:{last.get('content')}"
        for part, events in self.answers:
            if part in key:
                return events
        return says("I see.")

    def forget(self, reply: int) -> None:
        self.forgotten.append(reply)
        self._stage.drop(lambda mail: isinstance(mail, Thought | ThinkingFailed) and mail.reply == reply)

    def run(self, calls: Sequence[ToolCall], turn: int) -> None:
        for call in calls:
            self.ran.append(call.name)
            result = self.results.get(call.name, {"ok": True, "state": "done", "from": call.name})
            self._stage.later(self.tool_ms, ToolDone(call.id, result))


class ScriptedMouth:
    """A voice that makes 60 ms of sound a character, after a delay."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self.delay_ms = 100.0
        self.said: list[str] = []
        self.fails_on = ""
        self.breaks_off = ""
        self.retried: list[str] = []
        self.retry_ms: float | None = None
        self.quick = ""
        self.slow = ""

    def say(self, clause: int, text: str, language: str) -> None:
        self.said.append(text)
        if self.fails_on and self.fails_on in text:
            self._stage.later(self.delay_ms, SpeechFailed(clause, ProviderError("voice", "no audio came")))
            return
        if self.breaks_off and self.breaks_off in text:
            self._stage.later(self.delay_ms, SpeechAudio(clause, loud_speech()[: 500 * 8]))
            self._stage.later(2 * self.delay_ms, SpeechFailed(clause, ProviderError("voice", "dropped")))
            return
        delay_ms = {self.quick: 0.0, self.slow: 10 * self.delay_ms}.get(text, self.delay_ms)
        self._stage.later(delay_ms, SpeechAudio(clause, loud_speech()[: len(text) * CHARACTER_MS * 8]))
        self._stage.later(delay_ms, SpeechDone(clause, cached=False))

    def retry(self, clause: int, text: str, language: str) -> None:
        """Make it after `retry_ms`; without, give it up at once."""
        self.retried.append(text)
        if self.retry_ms is None:
            self._stage.later(0, SpeechFailed(clause, ProviderError("voice", "given up")))
            return
        self._stage.later(self.retry_ms, SpeechAudio(clause, loud_speech()[: len(text) * CHARACTER_MS * 8]))
        self._stage.later(self.retry_ms, SpeechDone(clause, cached=False))

    def hush(self) -> None:
        self._stage.drop(lambda mail: isinstance(mail, SpeechAudio | SpeechDone | SpeechFailed))


class KeptTurns:
    """A journal in memory."""

    def __init__(self) -> None:
        self.turns: list[tuple[str | None, str, bool]] = []
        self.history: list[dict[str, Any]] = []
        self.replies: list[Reply] = []

    def turn(self, reply: Reply, heard: str, interrupted: bool, language: str, history: list[dict[str, Any]]) -> None:
        self.turns.append((reply.caller, heard, interrupted))
        self.replies.append(reply)
        self.history = history


def says(text: str, *calls: ToolCall) -> list[Any]:
    """The events of a model's answer: its clauses, then its tool calls."""
    clauses = [ClauseReady(clause) for clause in text.split(" | ") if clause]
    return [*clauses, *(ToolNamed(call.name) for call in calls), RoundDone(Round(text.replace(" | ", " "), list(calls)))]


class Stage:
    """Runs a session over virtual milliseconds; the far end plays what is sent, and returns marks."""

    def __init__(self, *, greet: bool = False, opening: Opening | None = None, language: str = "en") -> None:
        self.now_ms = 1000.0
        self._mail: list[tuple[float, int, Any]] = []
        self._order = 0
        self.ears = ScriptedEars(self)
        self.mind = ScriptedMind(self)
        self.mouth = ScriptedMouth(self)
        self.journal = KeptTurns()
        self.playback = Playback("MZ0")
        self.languages: list[str] = []
        speaker = Speaker(Voicing(self.playback, self.mouth), History(), self.mind, self.journal, today=lambda: TODAY)
        caller_language = CallerLanguage(("en", "es"), language)
        self.session = CallSession(Listener(self.ears), speaker, _lines, caller_language, self.languages.append)
        self.sent: list[tuple[float, str]] = []
        self.clears: list[float] = []
        self._plays_until_ms = 0.0
        self._caller = b""
        self._marks: list[tuple[float, str]] = []
        self.returns_marks = True
        self.heard_frames: list[float] = []
        self.session.begin(self.now_ms, "greeting" if greet else opening)

    # What happens

    def caller_says(self, text: str, ms: float) -> float:
        """Let the caller speak for so long, recognised as `text`; returns when the last loud frame was sent."""
        self.begins_to_say(text, ms)
        self.run(ms)
        return self.now_ms

    def begins_to_say(self, text: str, ms: float) -> None:
        """Let the caller speak for so long while other things happen."""
        self.ears.words.append(text)
        self._caller += loud_speech()[: int(ms) * 8]

    def later(self, ms: float, mail: Any) -> None:
        """Deliver mail after a while."""
        self._order += 1
        self._mail.append((self.now_ms + ms, self._order, mail))

    def drop(self, which: Callable[[Any], bool]) -> None:
        """Forget mail that is under way."""
        self._mail = [entry for entry in self._mail if not which(entry[2])]

    def press(self, keys: str) -> None:
        """Let the caller type."""
        for key in keys:
            self.session.handle(Dtmf("MZ0", key), self.now_ms)

    def hang_up(self) -> None:
        """Let the caller hang up."""
        self.session.handle(Stop("MZ0", "CA0", "AC0"), self.now_ms)

    def run(self, ms: float) -> None:
        """Let time pass, a frame at a time."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms and self.session.ended is None:
            self.now_ms += FRAME_MS
            self._deliver()
            frame, self._caller = self._caller[:FRAME_BYTES], self._caller[FRAME_BYTES:]
            self.session.handle(
                Media("MZ0", frame.ljust(FRAME_BYTES, bytes((SILENCE,))), "inbound", 1, int(self.now_ms) - FRAME_MS), self.now_ms
            )
            self._play()

    def run_until(self, condition: Callable[[], bool], within_ms: float = 20_000) -> float:
        """Let time pass until something holds; returns how long that took."""
        began_ms = self.now_ms
        while not condition():
            assert self.now_ms - began_ms < within_ms, "it did not come about"
            self.run(FRAME_MS)
        return self.now_ms - began_ms

    def _deliver(self) -> None:
        due = sorted(entry for entry in self._mail if entry[0] <= self.now_ms)
        for entry in due:
            if entry in self._mail:
                self._mail.remove(entry)
                self.session.handle(entry[2], self.now_ms)

    def _play(self) -> None:
        for text in self.playback.take_due(self.now_ms):
            message = orjson.loads(text)
            self.sent.append((self.now_ms, message["event"]))
            if message["event"] == "media":
                self._plays_until_ms = max(self._plays_until_ms, self.now_ms)
                for _ in range(len(b64decode(message["media"]["payload"])) // FRAME_BYTES):
                    self._plays_until_ms += FRAME_MS
                    self.heard_frames.append(self._plays_until_ms)
            elif message["event"] == "mark" and self.returns_marks:
                self._marks.append((self._plays_until_ms, message["mark"]["name"]))
            elif message["event"] == "clear":
                self.clears.append(self.now_ms)
                self.heard_frames = [at for at in self.heard_frames if at <= self.now_ms]
                self._plays_until_ms = self.now_ms
                self._marks = [(self.now_ms, name) for _, name in self._marks]
        for at, name in [mark for mark in self._marks if mark[0] <= self.now_ms]:
            self._marks.remove((at, name))
            self.session.handle(Mark("MZ0", name), self.now_ms)

    # What can be seen

    @property
    def lilly_speaks(self) -> bool:
        """Whether something is being heard."""
        return self._plays_until_ms > self.now_ms

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as the model would see it now."""
        return self.session.speaker.history.messages()


def _lines(language: str) -> Lines:
    return lines(language, "Riverside General Hospital", "911")


def partial(stage: Stage, text: str) -> None:
    """A partial transcript of the running segment."""
    stage.session.handle(PartialTranscript(stage.ears.commits, text), stage.now_ms)


def silence_of(audio: bytes) -> bool:
    """Whether audio is digital silence."""
    return not np.any(decode_ulaw(audio))
