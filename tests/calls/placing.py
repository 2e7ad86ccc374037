"""Calls to the scripted peer: what it does, what the patient does, and placing them."""

import numpy as np

from ivr.offline.telephone.caller import Caller, Script, place_call
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.utterances import Utterance, utterance
from ivr.offline.telephone.webhooks import Target
from ivr.voice import media_stream
from ivr.voice.audio import decode_ulaw
from tests.calls.fake_lilly import Conversation, FakeLilly, application, serving, tone

SLACK_MS = 150
"""How far a loaded machine may be behind."""


def spoken(length_ms: int = 400, lead_ms: int = 100, tail_ms: int = 100) -> Utterance:
    speech = decode_ulaw(tone(length_ms))
    return utterance("speech", np.pad(speech, (lead_ms * 8, tail_ms * 8)))


async def silent(_conversation: Conversation) -> None:
    """Close the stream at once."""


async def greet_and_listen(conversation: Conversation) -> None:
    await conversation.send(tone(300))
    await conversation.until_a(media_stream.Stop)


async def answer_once(conversation: Conversation) -> None:
    await conversation.send(tone(300))
    await conversation.until_the_caller_spoke()
    await conversation.send(tone(500))
    await conversation.mark("end")
    await conversation.until_a(media_stream.Mark)


async def say_one_thing(patient: Patient) -> None:
    await patient.lilly_finishes()
    await patient.say(spoken())
    await patient.lilly_hangs_up()


async def wait_for_the_end(patient: Patient) -> None:
    await patient.lilly_hangs_up()


def place(lilly: FakeLilly, script: Script, caller: Caller | None = None, offline_url: str | None = None) -> Call:
    quick = caller or Caller(turn_wait_ms=200, patience_s=5)
    with serving(application(lilly)) as address:
        target = Target(address, lilly.public_url, lilly.auth_token, offline_url=offline_url)
        return place_call(target, script, quick)
