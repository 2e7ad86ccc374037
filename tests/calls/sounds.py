"""What Lilly's voice sounds like when it says something, and how much of that is in a recording."""

import numpy as np

from ivr.agent.sentences import ClauseCutter
from ivr.agent.spoken import spoken
from ivr.clients.tts_realtime import RealtimeVoice
from ivr.offline.telephone.utterances import LOUD_DBFS, frame_levels
from ivr.voice.audio import FRAME_MS, decode_ulaw
from tests.contracts.offline_server import OfflineServer
from tests.contracts.provider import provider

VOICE, MODEL = "alloy", "gpt-realtime-2.1-mini"


def speech_of(providers: OfflineServer, text: str) -> bytes:
    """A text as the stand-in says it, mu-law: what it has said once sounds the same again."""
    voice = RealtimeVoice(provider(providers.url, MODEL), VOICE)
    try:
        return b"".join(chunk.audio for chunk in voice.synthesize(text, "en"))
    finally:
        voice.close()


def speech_of_reply(providers: OfflineServer, reply: str) -> bytes:
    """A whole reply, clause by clause."""
    cutter = ClauseCutter()
    return b"".join(speech_of(providers, spoken(clause, "en")) for clause in (*cutter.feed(reply), *cutter.flush()))


def likeness(track: bytes, speech: bytes) -> float:
    """How much the place in a track that sounds most like the middle of some speech does so, from 0 to 1."""
    whole, part = decode_ulaw(track).astype(float), decode_ulaw(speech).astype(float)
    part = part[len(part) // 4 : len(part) * 3 // 4]
    size = len(whole) + len(part)
    product = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)[: len(whole) - len(part)]
    energy = np.convolve(whole**2, np.ones(len(part)), "valid")[: len(product)]
    return float(np.max(product / np.sqrt(np.maximum(energy, 1.0) * np.sum(part**2))))


def loud_ms(audio: bytes) -> int:
    """How much of some mu-law is loud."""
    return int(np.sum(frame_levels(decode_ulaw(audio)) > LOUD_DBFS)) * FRAME_MS
