"""A call's clauses become speech in their order, faithfully, and soon enough or not at all."""

import time
from collections.abc import Sequence

import gevent
import pytest
from gevent.event import Event
from gevent.queue import Queue

from ivr.errors import ProviderError
from ivr.voice.clips import Clips, clip_key
from ivr.voice.events import SpeechAudio, SpeechDone, SpeechFailed
from ivr.voice.mouth import ON_THE_LINE, Patience, Synthesis, speech_of
from ivr.voice.speech import SpeechChunk, Voice
from tests.unit.scripted_voice import HUSH, TONE, KeptClips, ScriptedVoice, reads, says

BUSY = ProviderError("voice", "unavailable (500)", code="unavailable")
REFUSED = ProviderError("voice", "refused (400)", code="refused", retryable=False)
DROPPED = ProviderError("voice", "dropped", code="dropped")
SHORT = Patience(in_all_s=0.4, other_voice_s=0.2)
LATE_S = 1.0

Ending = SpeechDone | SpeechFailed


class Line:
    """One call's synthesis, and what came of it."""

    def __init__(self, *voices: Voice, names: Sequence[str] = (), patience: Patience = ON_THE_LINE) -> None:
        self.store = KeptClips()
        self.mail: Queue = Queue()
        self.heard: dict[int, bytes] = {}
        self.order: list[int] = []
        self.synthesis = Synthesis(voices, Clips(self.store), self.mail.put, lambda: names, patience)

    def say(self, *texts: str) -> list[Ending]:
        """Say clauses, and wait for how each ended."""
        for clause, text in enumerate(texts):
            self.synthesis.say(clause, text, "en")
        endings: dict[int, Ending] = {}
        while len(endings) < len(texts):
            mail = self.mail.get(timeout=3)
            if isinstance(mail, SpeechAudio):
                assert mail.clause not in endings, "nothing comes after the end"
                self.heard[mail.clause] = self.heard.get(mail.clause, b"") + mail.audio
            else:
                endings[mail.clause] = mail
                self.order.append(mail.clause)
        return [endings[clause] for clause in range(len(texts))]

    def failure(self, text: str) -> str:
        """Say a clause, and why it failed."""
        [ending] = self.say(text)
        assert isinstance(ending, SpeechFailed)
        return ending.error.code


def let_run() -> None:
    """Let every greenlet go as far as it can."""
    for _ in range(10):
        gevent.sleep(0)


def realtime(*takes: Sequence[SpeechChunk | ProviderError | Event]) -> ScriptedVoice:
    return ScriptedVoice("gpt-realtime", *takes)


def reader(*takes: Sequence[SpeechChunk | ProviderError | Event]) -> ScriptedVoice:
    """A voice that tells no transcript."""
    return ScriptedVoice("gpt-tts", *takes or [reads()])


def test_a_clause_is_written_out_spoken_and_kept() -> None:
    voice = realtime()
    line = Line(voice)
    assert line.say("At 2:30 PM.") == [SpeechDone(0, cached=False)]
    assert voice.asked == ["At two thirty P M."]
    assert line.heard[0] == TONE
    assert line.store.kept == {clip_key("alloy", "gpt-realtime", "en", "At two thirty P M."): TONE}


def test_what_was_said_before_costs_no_synthesis() -> None:
    voice = realtime()
    line = Line(voice)
    assert line.say("Of course.", "Of course.") == [SpeechDone(0, cached=False), SpeechDone(1, cached=True)]
    assert (len(voice.asked), line.heard) == (1, {0: TONE, 1: TONE})


def test_what_was_said_before_is_known_unless_it_names_the_patient() -> None:
    line = Line(realtime())
    line.say("Of course.")
    assert line.synthesis.knows("Of course.", "en")
    assert not line.synthesis.knows("Certainly.", "en") and not line.synthesis.knows("Of course.", "es")
    named = Line(realtime(), names=["Will Grant"])
    named.store.kept = line.store.kept
    assert not named.synthesis.knows("Grant.", "en")


def test_a_voice_that_breaks_in_a_way_nobody_thought_of_has_failed_like_any_other() -> None:
    line = Line(ScriptedVoice("first", [RuntimeError("a row of Maria's")]))
    assert line.failure("You are booked.") == "internal"


def test_two_clauses_are_made_at_once_and_the_first_begins() -> None:
    gates = [Event() for _ in range(3)]
    voice = realtime(*([gate, *reads(1)] for gate in gates))
    line = Line(voice)
    saying = gevent.spawn(line.say, "One moment.", "Let me look.", "Thank you.")
    let_run()
    assert voice.asked == ["One moment.", "Let me look."]
    gates[1].set()
    let_run()
    assert voice.asked[2:] == ["Thank you."]
    gates[0].set()
    gates[2].set()
    saying.get(timeout=3)
    assert line.order == [1, 0, 2]


def test_a_clip_does_not_wait_for_a_voice_that_is_stalled() -> None:
    gates = [Event(), Event()]
    voice = realtime(reads(1), *([gate, *reads(1)] for gate in gates))
    line = Line(voice)
    line.say("Of course.")
    saying = gevent.spawn(line.say, "One moment.", "Let me look.", "Of course.")
    let_run()
    assert line.order == [0, 2]
    for gate in gates:
        gate.set()
    assert saying.get(timeout=3)[2] == SpeechDone(2, cached=True)


def test_a_critical_clause_is_never_heard_reworded() -> None:
    line = Line(realtime(says("Doctor Samir", " is free", " on Tuesday", " then.")), reader())
    assert line.say("Dr. Samir is free on Monday.") == [SpeechDone(0, cached=False)]
    assert line.heard[0] == TONE * 3, "the other voice alone"
    assert list(line.store.kept) == [clip_key("alloy", "gpt-tts", "en", "Doctor Samir is free on Monday.")]
    assert line.say("Dr. Samir is free on Monday.") == [SpeechDone(0, cached=True)]


def test_the_voice_that_reworded_is_cancelled_before_the_other_begins() -> None:
    first = realtime([*says("On Tuesday", " then.")[:1], SpeechChunk(TONE, "On Tuesday then I"), Event()])
    gate = Event()
    line = Line(first, reader([gate, *reads()]))
    saying = gevent.spawn(line.say, "On Monday.")
    let_run()
    assert first.busy == 0
    gate.set()
    assert saying.get(timeout=3) == [SpeechDone(0, cached=False)]


def test_a_harmless_clause_may_be_reworded_but_is_no_clip() -> None:
    line = Line(realtime(says("Sure, let me", " see.")), reader())
    assert line.say("Of course, let me look.") == [SpeechDone(0, cached=False)]
    assert (line.heard[0], line.store.kept) == (TONE * 2, {})


@pytest.mark.parametrize("failure", [BUSY, REFUSED, DROPPED])
def test_what_fails_unheard_is_spoken_by_the_other_voice(failure: ProviderError) -> None:
    first, other = realtime([failure]), reader()
    line = Line(first, other)
    assert line.say("Of course.") == [SpeechDone(0, cached=False)]
    assert (len(first.asked), len(other.asked), line.heard[0]) == (1, 1, TONE * 3)


def test_an_only_voice_is_asked_twice_unless_that_is_no_use() -> None:
    for failure, attempts in ((BUSY, 2), (REFUSED, 1), (ProviderError("voice", "no audio", code="timeout"), 1)):
        voice = realtime([failure], [failure], [failure])
        assert Line(voice).failure("Of course.") == failure.code
        assert len(voice.asked) == attempts


def test_no_clause_is_attempted_a_third_time() -> None:
    first, other = realtime([BUSY]), reader([DROPPED])
    assert Line(first, other).failure("Of course.") == "dropped"
    assert (len(first.asked), len(other.asked)) == (1, 1)


def test_what_fails_in_the_middle_is_told_and_not_begun_again() -> None:
    first, other = realtime([*says("Of course,", " let me")[:2], DROPPED]), reader()
    line = Line(first, other)
    assert line.failure("Of course, let me look.") == "dropped"
    assert (line.heard[0], other.asked, line.store.kept) == (TONE * 2, [], {})


def test_a_silent_voice_is_given_up_in_time_for_the_other() -> None:
    first, other = realtime([Event()]), reader()
    line = Line(first, other, patience=Patience(in_all_s=1.5, other_voice_s=1.4))
    began_s = time.monotonic()
    assert line.say("Of course.") == [SpeechDone(0, cached=False)]
    assert time.monotonic() - began_s < 1.5
    assert (first.busy, line.heard[0]) == (0, TONE * 3)


@pytest.mark.parametrize(
    ("takes", "text"),
    [
        (([Event()], [Event()]), "Of course."),
        (([SpeechChunk(TONE, ""), Event()], []), "At two thirty."),
        (
            ([SpeechChunk(TONE, ""), SpeechChunk(TONE, "At three"), SpeechChunk(TONE, "At three fifteen and"), Event()], [Event()]),
            "At 2:30.",
        ),
    ],
    ids=["both are silent", "the transcript never comes", "reworded, then silent"],
)
def test_a_clause_is_heard_soon_or_fails(takes: tuple[Sequence[SpeechChunk | Event], ...], text: str) -> None:
    voices = (realtime(takes[0]), reader(takes[1]))
    line = Line(*voices, patience=SHORT)
    began_s = time.monotonic()
    assert line.failure(text) == "timeout"
    assert time.monotonic() - began_s < SHORT.in_all_s + LATE_S
    assert (line.heard, [voice.busy for voice in voices]) == ({}, [0, 0])


def test_a_voice_that_has_begun_may_take_its_time() -> None:
    pause = Event()
    line = Line(realtime([*says("Of course,")[:1], pause, SpeechChunk(TONE, "Of course, let me look.")]), reader(), patience=SHORT)
    gevent.spawn_later(SHORT.in_all_s + 0.1, pause.set)
    assert line.say("Of course, let me look.") == [SpeechDone(0, cached=False)]
    assert line.heard[0] == TONE * 2


def test_the_caller_waits_two_and_a_half_seconds_at_most() -> None:
    assert ON_THE_LINE.in_all_s <= 2.5
    assert 0 < ON_THE_LINE.other_voice_s < ON_THE_LINE.in_all_s


def test_hushing_cancels_every_request_and_nothing_follows() -> None:
    gate = Event()
    voice = realtime([*reads(1), gate, *reads()], [gate, *reads()], [gate, *reads()])
    line = Line(voice)
    for clause in range(3):
        line.synthesis.say(clause, "Of course.", "en")
    assert line.mail.get(timeout=3).clause == 0
    let_run()
    gate.set()
    line.synthesis.hush()
    let_run()
    assert (line.mail.empty(), voice.busy, len(voice.asked)) == (True, 0, 2)


def test_after_hushing_the_next_clause_is_spoken_at_once() -> None:
    line = Line(realtime([Event()], [Event()]))
    for clause in range(4):
        line.synthesis.say(clause, "Of course.", "en")
    let_run()
    line.synthesis.hush()
    assert line.say("Let me look.") == [SpeechDone(0, cached=False)]


def test_a_clause_with_the_patients_name_never_reaches_the_clips() -> None:
    line = Line(realtime(), names=["María González"])
    line.say("Maria, one moment.", "Thank you, Maria.", "Gonzalez.")
    assert (line.store.kept, line.store.looked_up) == ({}, [])


def test_what_may_be_somebodys_affair_is_not_kept_before_anybody_is_known() -> None:
    line = Line(realtime())
    line.say("Thank you, Maria.", "March 4, 1982?", "Is it 202-555-0143?")
    assert line.store.kept == {}


def test_a_silence_after_the_clause_is_cut_down_and_one_within_it_stays() -> None:
    sound = SpeechChunk(TONE)
    line = Line(reader([sound, *[SpeechChunk(HUSH)] * 5, sound, *[SpeechChunk(HUSH)] * 9]))
    line.say("Of course.")
    assert line.heard[0] == TONE + HUSH * 5 + TONE + HUSH * 2 + HUSH[:400]
    assert list(line.store.kept.values()) == [line.heard[0]]


def test_a_clause_without_words_is_over_at_once() -> None:
    voice = realtime()
    assert Line(voice).say("…") == [SpeechDone(0, cached=False)]
    assert voice.asked == []


def test_a_line_is_made_ahead_the_way_it_is_said_on_a_call() -> None:
    voice = realtime([SpeechChunk(TONE + HUSH * 9, "Call nine one one."), SpeechChunk(b"", "Call 911.")])
    line = Line(voice)
    audio = speech_of([voice], Clips(line.store), "Call 911.", "en")
    assert audio == TONE + HUSH * 2 + HUSH[:400]
    assert line.say("Call 911.") == [SpeechDone(0, cached=True)]
    assert speech_of([voice], Clips(line.store), "Call 911.", "en") == line.heard[0] == audio
    assert len(voice.asked) == 1


def test_a_reworded_line_is_not_made_ahead() -> None:
    store = KeptClips()
    assert speech_of([realtime(says("Bye!"))], Clips(store), "Goodbye.", "en") == TONE
    assert store.kept == {}


def test_a_line_that_cannot_be_made_ahead_is_told() -> None:
    with pytest.raises(ProviderError, match="unavailable"):
        speech_of([realtime([BUSY], [BUSY])], Clips(KeptClips()), "Goodbye.", "en")
