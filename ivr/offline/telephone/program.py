"""Carrying out TwiML for one call, verb by verb, as Twilio does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import aiohttp
import numpy as np

from ivr.offline.telephone import twiml
from ivr.offline.telephone.line import Line
from ivr.offline.telephone.playout import SAMPLES_PER_MS
from ivr.offline.telephone.stream import MediaStream, ProtocolViolation
from ivr.offline.telephone.webhooks import Answer, WebhookFailed, Webhooks, absolute, absolute_socket
from ivr.voice.audio import SAMPLE_RATE_HZ, encode_ulaw

HANDSHAKE_TIMEOUT_S = 10.0
MAX_DOCUMENTS = 50
"""A program that redirects more often than this is going in circles."""
HUM_HZ = 220

DialOutcome = Literal["answered", "busy", "no-answer", "failed"]


@dataclass(frozen=True, slots=True)
class Telephony:
    """How this telephone company behaves where the real one takes its time.

    `dials` is what becomes of each `<Dial>` in turn, the last for all that follow. A number rings for `ring_ms` at
    most, whatever its timeout; who answers talks for `talk_ms`. `<Say>` hums for `say_ms_per_character`.
    """

    dials: tuple[DialOutcome, ...] = ("no-answer",)
    ring_ms: float = 300
    talk_ms: float = 1000
    say_ms_per_character: float = 55
    tracks: tuple[str, ...] = ("inbound",)


class Program:
    """One call's TwiML. Whatever Twilio would object to is noted on the line as a violation."""

    def __init__(self, line: Line, webhooks: Webhooks, form: dict[str, str], telephony: Telephony) -> None:
        self._line = line
        self._webhooks = webhooks
        self._form = form
        self._telephony = telephony
        self._dialed = 0

    async def run(self, answer: Answer) -> None:
        """Carry out a document and all that follow from it; returns when the call is to end."""
        following: Answer | None = answer
        for _ in range(MAX_DOCUMENTS):
            if following is None:
                return
            following = await self._guarded(self._document, following)
        self._line.note("violation", "the TwiML goes round in circles")

    async def fetch(self, reference: str, document: str, method: str = "POST", **more: str) -> Answer:
        """The document at an address. Raises `WebhookFailed`."""
        address = absolute(reference, document)
        answer = await self._webhooks.twiml(address, self._form | {"CallStatus": "in-progress"} | more, method)
        self._line.note("redirected", f"{address} after {answer.took_ms:.0f} ms")
        return answer

    async def _guarded(self, step: Callable[[Answer], Awaitable[Answer | None]], answer: Answer) -> Answer | None:
        try:
            return await step(answer)
        except (twiml.BadTwiml, WebhookFailed) as error:
            self._line.note("violation", str(error))
            return None

    async def _document(self, answer: Answer) -> Answer | None:
        for verb in twiml.parse(answer.document):
            if isinstance(verb, twiml.Hangup):
                return None
            if isinstance(verb, twiml.Redirect):
                return await self.fetch(verb.url, answer.address, verb.method)
            following = await self._verb(verb, answer.address)
            if following:
                return following
        return None

    async def _verb(self, verb: twiml.Verb, address: str) -> Answer | None:
        if isinstance(verb, twiml.Say):
            await self._say(verb)
        elif isinstance(verb, twiml.Pause):
            await asyncio.sleep(verb.length_s)
        elif isinstance(verb, twiml.Dial):
            return await self._dial(verb, address)
        elif isinstance(verb, twiml.ConnectStream):
            return await self._connect(verb, address)
        return None

    async def _say(self, say: twiml.Say) -> None:
        self._line.note("say", say.text)
        self._line.await_greeting()
        length_ms = len(say.text) * self._telephony.say_ms_per_character
        self._line.playout.play(hum(length_ms), self._line.now)
        await asyncio.sleep(length_ms / 1000)

    async def _dial(self, dial: twiml.Dial, address: str) -> Answer | None:
        dials = self._telephony.dials
        outcome = dials[min(self._dialed, len(dials) - 1)]
        self._dialed += 1
        self._line.note("dial", f"{dial.number}: {outcome}")
        await asyncio.sleep(min(dial.timeout_s, self._telephony.ring_ms / 1000))
        if outcome == "answered":
            await asyncio.sleep(self._telephony.talk_ms / 1000)
        if dial.action is None:
            return None
        status = "completed" if outcome == "answered" else outcome
        return await self.fetch(dial.action, address, DialCallStatus=status, DialCallDuration="1" if outcome == "answered" else "0")

    async def _connect(self, connect: twiml.ConnectStream, address: str) -> Answer | None:
        began_ms = self._line.now_ms
        stream = await self._open(absolute_socket(connect.url, address))
        if stream is None:
            ended = {"StreamError": "handshake"}
        else:
            await self._carry(stream, connect)
            ended = {"StreamSid": stream.sid, "StreamDuration": str(round((self._line.now_ms - began_ms) / 1000))}
        if connect.action is None:
            return None
        return await self.fetch(connect.action, address, **ended)

    async def _open(self, url: str) -> MediaStream | None:
        target = self._webhooks.target
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                socket = await self._webhooks.session.ws_connect(target.route(url), headers=target.signature(url, {}))
        except (aiohttp.ClientError, TimeoutError) as error:
            status = getattr(error, "status", type(error).__name__)
            self._line.note("violation", f"the stream's handshake failed: {status}")
            return None
        return MediaStream(socket, self._form["CallSid"], self._form["AccountSid"])

    async def _carry(self, stream: MediaStream, connect: twiml.ConnectStream) -> None:
        ending = "the line"
        try:
            await stream.begin(connect.parameters, self._telephony.tracks)
            self._line.note("stream", stream.sid)
            self._line.attach(stream)
            while instruction := await stream.next_instruction():
                await self._line.obey(instruction)
            ending = f"Lilly, with {stream.close_code}"
        except ProtocolViolation as violation:
            self._line.note("violation", f"31924: {violation}")
            ending = "the line, after a violation"
        except ConnectionError:
            ending = "a broken connection"
        finally:
            self._line.detach()
            if ending == "the line" and not await self._stopped(stream):
                ending = "the line; Lilly left the socket open after stop"
            await stream.close()
            self._line.note("stream_over", f"closed by {ending}")

    async def _stopped(self, stream: MediaStream) -> bool:
        try:
            # In a task of its own: until Python 3.11.4 a time-out does not show as one inside a task that was cancelled.
            return await asyncio.create_task(stream.stop())
        except ConnectionError:
            return True


def hum(length_ms: float) -> bytes:
    """What `<Say>` sounds like here: a tone as long as the sentence, so that recordings show it."""
    at = np.arange(int(length_ms * SAMPLES_PER_MS)) / SAMPLE_RATE_HZ
    return encode_ulaw((3000 * np.sin(2 * np.pi * HUM_HZ * at)).astype(np.int16))
