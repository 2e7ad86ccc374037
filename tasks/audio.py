"""Speak what the voice could not, while somebody on the line waits for it."""

from ivr import queue, speech_retries
from ivr.clients.clips import SPEECH_PREFIX, SPEECH_TTL_S, RedisClips
from ivr.voice.mouth import speech_again
from ivr.web.services import build_impatient_voices
from tasks.app import redis_url, settings

voices = build_impatient_voices(settings)
speech = RedisClips(redis_url(), SPEECH_PREFIX, SPEECH_TTL_S)


@queue.celery_app.task(name=queue.SPEAK)
def speak(retry_id: int) -> None:
    """Try once, and tell the process that waits; or see to it that the next attempt follows."""
    came = speech_retries.attempt(retry_id, lambda text, language, names: speech_again(voices, text, language, names), speech.put)
    if isinstance(came, float):
        queue.send_speech(retry_id, delay_s=came)
    elif came is not None:
        queue.tell_speech_state(retry_id, came)
