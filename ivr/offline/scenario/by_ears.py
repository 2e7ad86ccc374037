"""What a speech recogniser makes of Lilly's voice: asked of the stand-in's own transcription."""

import io
import wave

import aiohttp

from ivr.voice.audio import SAMPLE_RATE_HZ, decode_ulaw

MODEL = "gpt-4o-transcribe"


class Deaf(Exception):
    """The speech recognition did not answer as it must; in words."""


async def transcribe(offline_url: str, audio: bytes, language: str) -> str:
    """The words in mu-law audio. Raises `Deaf`."""
    form = aiohttp.FormData({"model": MODEL, "language": language})
    form.add_field("file", as_wav(audio), filename="lilly.wav", content_type="audio/wav")
    headers = {"Authorization": "Bearer offline"}
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{offline_url.rstrip('/')}/v1/audio/transcriptions", data=form) as response,
        ):
            answer = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Deaf(f"the ears did not answer: {type(error).__name__}") from None
    if "text" not in answer:
        raise Deaf(f"the ears answered {response.status}: {answer.get('error', {}).get('message', '')}")
    return str(answer["text"])


def as_wav(audio: bytes) -> bytes:
    """Mu-law as a 16-bit mono WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(SAMPLE_RATE_HZ)
        recording.writeframes(decode_ulaw(audio).astype("<i2").tobytes())
    return file.getvalue()
