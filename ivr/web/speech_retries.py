"""One call's way to the workers who make speech that its own voices could not."""

import time

from ivr import queue, speech_retries
from ivr.agent.claims import claims
from ivr.models import Call, SpeechOutcome, SpeechRetry, database
from ivr.voice.clips import ClipStore
from ivr.web.metrics import SPEECH_RETRIES, SPEECH_RETRY_ATTEMPTS, SPEECH_RETRY_SECONDS

LOOK_S = 0.25


class SpeechRetries:
    """Asks, and waits for what is told; every retry gets its outcome, also when nobody waits any more."""

    def __init__(self, call: Call, states: queue.SpeechStates, shelf: ClipStore) -> None:
        self._call, self._states, self._shelf = call, states, shelf

    def speech(self, text: str, language: str) -> bytes | None:
        """Wait for the whole speech, mu-law at 8 kHz; None when it is given up. Killing its greenlet tells that nobody waits."""
        with database.connection_context():
            retry = speech_retries.ask(self._call, text, language, confirms=bool(claims(text)))
        began_s, outcome = time.monotonic(), SpeechOutcome.LAPSED
        try:
            audio = self._wait(retry)
            outcome = SpeechOutcome.PLAYED if audio else SpeechOutcome.FAILED
            return audio
        finally:
            SPEECH_RETRIES.labels(outcome).inc()
            SPEECH_RETRY_SECONDS.observe(time.monotonic() - began_s)
            with database.connection_context():
                SPEECH_RETRY_ATTEMPTS.inc(speech_retries.close(retry.id, outcome))

    def _wait(self, retry: SpeechRetry) -> bytes | None:
        until_s = time.monotonic() + speech_retries.WAITED_FOR_S
        with self._states.expect(retry.id) as expected:
            if not queue.send_speech(retry.id):
                return None
            while (left_s := until_s - time.monotonic()) > 0:
                state = expected.wait(min(left_s, LOOK_S))
                if state == speech_retries.GIVEN_UP:
                    return None
                # What was told while the subscription was away is seen by looking.
                if state is not None or not self._states.listening:
                    audio = self._shelf.get(str(retry.id))
                    if audio:
                        return audio
        return None
