"""The fixed sentences are clips before the first call, unless the voice fails."""

from ivr.agent.lines import lines
from ivr.agent.spoken import spoken
from ivr.errors import ProviderError
from ivr.voice.clips import Clips, clip_key
from ivr.voice.warming import MOST_FAILURES, Warming
from tests.unit.scripted_voice import KeptClips, ScriptedVoice

LINES = [(language, lines(language, "Riverside General Hospital", "911")) for language in ("en", "es")]
BUSY = ProviderError("voice", "unavailable (500)", code="unavailable")


def test_every_sentence_of_every_language_is_made_once() -> None:
    store, voice = KeptClips(), ScriptedVoice("gpt-realtime")
    for _ in range(2):
        warming = Warming([voice], Clips(store), LINES)
        warming.run()
        assert (warming.done, warming.failed) == (True, 0)
    keys = {clip_key("alloy", "gpt-realtime", language, spoken(text, language)) for language, each in LINES for text in each.all()}
    assert set(store.kept) == keys
    assert len(voice.asked) == len(keys)


def test_a_sentence_that_fails_costs_only_itself() -> None:
    store, voice = KeptClips(), ScriptedVoice("gpt-realtime", [BUSY], [BUSY])
    warming = Warming([voice], Clips(store), LINES)
    warming.run()
    assert (warming.done, warming.failed) == (True, 1)
    assert len(store.kept) == len(voice.asked) - 2


def test_a_voice_that_keeps_failing_is_left_alone() -> None:
    voice = ScriptedVoice("gpt-realtime", *([BUSY] for _ in range(100)))
    warming = Warming([voice], Clips(KeptClips()), LINES)
    warming.run()
    assert (warming.done, warming.failed, len(voice.asked)) == (True, MOST_FAILURES, 2 * MOST_FAILURES)
