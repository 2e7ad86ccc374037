"""Text to audio, in Lilly's voice or another."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import lameenc
from flask import Response

from ivr.access import Scope
from ivr.errors import InvalidInput, ProviderError
from ivr.schemas.speech import Speech
from ivr.voice.audio import SAMPLE_RATE_HZ, decode_ulaw, wav_header
from ivr.voice.mouth import speech_pieces
from ivr.web import limits
from ivr.web.api.resource import Resource
from ivr.web.services import services

routes = Resource("speech", "Speech", "Text to audio, as callers hear it.")

CONTENT_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "mulaw": "audio/basic"}
MP3_KBIT_S = 32


@routes.post(
    "/tts",
    Scope.SPEECH,
    None,
    status=200,
    content=tuple(CONTENT_TYPES.values()),
    errors={422: ["speech_refused"], 502: ["provider_failed", "timeout", "unavailable"]},
    limit=limits.SPEECH,
    waits=True,
)
def speak(body: Speech) -> Response:
    """Say a text: sent as it is made, at 8 kHz, cached.

    What is said for the first time comes as a WAV whose header tells no length (ffffffff), as players expect it of a stream.
    """
    shared = services()
    with _refused_by_the_provider():
        pieces = speech_pieces(shared.voices_named(body.voice), shared.clips, body.text, body.language)
        return Response(ENCODERS[body.format](pieces), content_type=CONTENT_TYPES[body.format])


@contextmanager
def _refused_by_the_provider() -> Iterator[None]:
    """A provider takes what it can say; which voices these are, only it knows."""
    try:
        yield
    except ProviderError as error:
        if error.code == "refused":
            raise InvalidInput("The voice's provider refuses this voice or text.", code="speech_refused", field="voice") from error
        raise


def _wav(pieces: Iterable[bytes]) -> Iterator[bytes]:
    # Two bytes a sample, one in mu-law.
    yield wav_header(2 * sum(map(len, pieces)) if isinstance(pieces, tuple) else None)
    for piece in pieces:
        yield decode_ulaw(piece).tobytes()


def _mp3(pieces: Iterable[bytes]) -> Iterator[bytes]:
    encoder = lameenc.Encoder()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(SAMPLE_RATE_HZ)
    encoder.set_bit_rate(MP3_KBIT_S)
    encoder.silence()
    for piece in pieces:
        if frames := bytes(encoder.encode(decode_ulaw(piece).tobytes())):
            yield frames
    yield bytes(encoder.flush())


ENCODERS: dict[str, Callable[[Iterable[bytes]], Iterable[bytes]]] = {"wav": _wav, "mp3": _mp3, "mulaw": iter}
