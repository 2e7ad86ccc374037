"""The plain way, for comparison: half a second of silence, the transcript, the whole reply, the whole speech, one after the other.

`python -m bench._sequential --port PORT --base-url URL` serves media streams with the same clients that Lilly uses.
"""

import argparse
import logging
import queue
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from ivr.agent.model import TextDelta
from ivr.clients.llm import OpenAIChat
from ivr.clients.stt import OpenAITranscribers
from ivr.clients.tts_realtime import RealtimeVoice
from ivr.config import REALTIME_MODEL, Provider, Settings
from ivr.errors import ProviderError
from ivr.voice.activity import OnsetDetector, VoiceActivity
from ivr.voice.audio import FRAME_BYTES, FRAME_MS, SILENCE
from ivr.voice.media_stream import Media, Start, Stop, clear_message, media_message, parse
from ivr.voice.speech import FinalTranscript, TranscriptEvent

logger = logging.getLogger(__name__)

SILENCE_MS = 500
FINAL_WITHIN_S = 3.0
PRE_ROLL_FRAMES = 15
GREETING = "Hello, how can I help you today?"
PROMPT = "You are the receptionist of a hospital. Answer in two short sentences."


class SequentialCall:
    """One call: listens, thinks and speaks in turn, never two at once."""

    def __init__(self, socket: ServerConnection, transcribers: OpenAITranscribers, model: OpenAIChat, voice: RealtimeVoice) -> None:
        self._socket, self._model, self._voice = socket, model, voice
        self._heard: queue.SimpleQueue[TranscriptEvent] = queue.SimpleQueue()
        self._transcriber = transcribers.open(self._heard.put, ["en"])
        self._messages: list[dict[str, Any]] = [{"role": "system", "content": PROMPT}]
        self._stream_sid = ""

    def run(self) -> None:
        """Serve the call until the caller hangs up."""
        try:
            audio = self._audio()
            next(audio)
            self._say(GREETING)
            while self._listen(audio):
                words = self._transcript()
                if words:
                    self._answer(words)
        finally:
            self._transcriber.close()

    def _audio(self) -> Iterator[bytes]:
        """The caller's frames; the first is empty, and says that the stream has begun."""
        for text in self._socket:
            message = parse(text)
            if isinstance(message, Start):
                self._stream_sid = message.stream_sid
                yield b""
            elif isinstance(message, Media):
                yield message.audio
            elif isinstance(message, Stop):
                return

    def _listen(self, audio: Iterator[bytes]) -> bool:
        """Hear one utterance out; False when the call is over."""
        activity, onset, spoken, silent_ms = VoiceActivity(), OnsetDetector(), False, 0
        pre_roll: list[bytes] = []
        for frame in audio:
            heard = activity.hear(frame)
            if not spoken and onset.hear(heard):
                spoken, silent_ms = True, 0
                self._socket.send(clear_message(self._stream_sid))
                self._transcriber.send(b"".join(pre_roll))
            if not spoken:
                pre_roll = [*pre_roll[1 - PRE_ROLL_FRAMES :], frame]
                continue
            self._transcriber.send(frame)
            silent_ms = 0 if heard.loud else silent_ms + FRAME_MS
            if silent_ms >= SILENCE_MS:
                return True
        return False

    def _transcript(self) -> str:
        number = self._transcriber.commit()
        while number is not None:
            try:
                event = self._heard.get(timeout=FINAL_WITHIN_S)
            except queue.Empty:
                break
            if isinstance(event, FinalTranscript) and event.segment == number:
                return event.text
        return ""

    def _answer(self, words: str) -> None:
        self._messages.append({"role": "user", "content": words})
        try:
            self._say(self._reply())
        except ProviderError as error:
            logger.warning("a turn is lost: %s", error)

    def _reply(self) -> str:
        text = "".join(event.text for event in self._model.stream(self._messages, []) if isinstance(event, TextDelta))
        self._messages.append({"role": "assistant", "content": text})
        return text

    def _say(self, text: str) -> None:
        speech = b"".join(chunk.audio for chunk in self._voice.synthesize(text, "en"))
        for start in range(0, len(speech), FRAME_BYTES):
            frame = speech[start : start + FRAME_BYTES].ljust(FRAME_BYTES, bytes((SILENCE,)))
            self._socket.send(media_message(self._stream_sid, frame))


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m bench._sequential", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--base-url", required=True, help="the stand-in's address with /v1")
    arguments = parser.parse_args()

    def provider(model: str) -> Provider:
        return Provider(base_url=arguments.base_url, api_key=SecretStr("offline"), model=model)

    defaults = Settings.model_fields
    transcribers = OpenAITranscribers(provider(defaults["stt_model"].default))
    model = OpenAIChat(provider(defaults["llm_model"].default))
    voice = RealtimeVoice(provider(REALTIME_MODEL), defaults["tts_voice"].default)

    def handle(socket: ServerConnection) -> None:
        try:
            SequentialCall(socket, transcribers, model, voice).run()
        except ConnectionClosed:
            return

    with serve(handle, "127.0.0.1", arguments.port) as server:
        print("listening", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
