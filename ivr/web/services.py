"""What the routes of one process share: the settings, the providers' clients, the clips and the booking states."""

import os
import socket
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from flask import Flask, current_app

from ivr.agent.lines import Lines, lines
from ivr.agent.model import ChatModel
from ivr.clients.clips import SPEECH_PREFIX, SPEECH_TTL_S, RedisClips
from ivr.clients.llm import OpenAIChat
from ivr.clients.stt import OpenAITranscribers
from ivr.clients.tts_realtime import RealtimeVoice, SpeechLimits
from ivr.clients.tts_speech import SpeechVoice
from ivr.clients.twilio import TwilioClient
from ivr.config import Settings
from ivr.queue import BookingStates, SpeechStates
from ivr.voice.clips import Clips, ClipStore, NoClips
from ivr.voice.mouth import ON_THE_LINE, Patience
from ivr.voice.speech import Voice
from ivr.voice.warming import Warming
from ivr.web.tuning import Tuning, tuned

OWNER = f"{socket.gethostname()}:{os.getpid()}"
"""The name under which this process serves media streams."""

MOST_OTHER_VOICES = 4


@dataclass(frozen=True)
class Services:
    """One of each, for the life of the process."""

    settings: Settings
    redis_url: str
    transcribers: OpenAITranscribers
    model: ChatModel
    voices: tuple[Voice, ...]
    clips: Clips
    states: BookingStates
    speech_states: SpeechStates
    speech_shelf: ClipStore
    twilio: TwilioClient
    warming: Warming
    tuning: Tuning
    other_voices: "OtherVoices"

    def voices_named(self, name: str | None) -> tuple[Voice, ...]:
        """The telephone's voice, or another of the same backends."""
        return self.voices if name is None or name == self.settings.tts_voice else self.other_voices.named(name)

    def lines(self, language: str, *, front_desk: bool = True) -> Lines:
        """The fixed sentences of a language; without `front_desk`, as if none could be reached."""
        settings = self.settings
        known = lines(language, settings.hospital_name, settings.emergency_number, bool(settings.front_desk_number and front_desk))
        return known if self.tuning.fills else replace(known, fillers=(), second_fillers=())


class OtherVoices:
    """The voices that were asked for lately beside the telephone's, each with its connections."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: OrderedDict[str, tuple[RealtimeVoice | SpeechVoice, ...]] = OrderedDict()

    def named(self, name: str) -> tuple[Voice, ...]:
        """The voice of a name; the one that was not asked for longest is given up."""
        voices = self._kept.pop(name, None) or build_voices(self._settings, name)
        self._kept[name] = voices
        while len(self._kept) > MOST_OTHER_VOICES:
            for voice in self._kept.popitem(last=False)[1]:
                voice.close()
        return voices


def build_services(settings: Settings, redis_url: str) -> Services:
    """Make the clients; none of them connects before it is needed."""
    tuning = tuned(settings.lilly_without)
    voices, clips = build_voices(settings), build_clips(settings, redis_url) if tuning.keeps_clips else Clips(NoClips(), most_bytes=0)
    return Services(
        settings=settings,
        redis_url=redis_url,
        transcribers=OpenAITranscribers(settings.stt),
        model=OpenAIChat(settings.llm, fallback_model=settings.llm_fallback_model, limits=tuning.chat),
        voices=voices,
        clips=clips,
        states=BookingStates(redis_url),
        speech_states=SpeechStates(redis_url),
        speech_shelf=RedisClips(redis_url, SPEECH_PREFIX, SPEECH_TTL_S),
        twilio=TwilioClient(settings),
        warming=build_warming(settings, voices, clips),
        tuning=tuning,
        other_voices=OtherVoices(settings),
    )


def build_clips(settings: Settings, redis_url: str) -> Clips:
    """The clips of all processes, kept as long as the settings say."""
    return Clips(RedisClips(redis_url, ttl_s=settings.retain_audio_days * 24 * 3600))


def build_warming(settings: Settings, voices: Sequence[Voice], clips: Clips) -> Warming:
    """What makes the clips of this hospital ahead."""
    facts = (settings.hospital_name, settings.emergency_number, bool(settings.front_desk_number))
    return Warming(voices, clips, ((language, lines(language, *facts)) for language in settings.hospital_languages))


def build_voices(settings: Settings, name: str | None = None) -> tuple[RealtimeVoice | SpeechVoice, ...]:
    """The speech backend that the settings choose, then the other one for what the first says wrongly.

    `name` is a voice, the settings' own if left out.
    """
    name = name or settings.tts_voice
    if settings.tts_backend == "speech":
        return (SpeechVoice(settings.tts, name),)
    return (RealtimeVoice(settings.tts, name), SpeechVoice(settings.tts_fallback, name))


def build_impatient_voices(settings: Settings, patience: Patience = ON_THE_LINE) -> tuple[RealtimeVoice | SpeechVoice, ...]:
    """The same for threads, where nobody but the voices themselves ends a wait: each is silent for its share of `patience` at most."""
    name = settings.tts_voice
    if settings.tts_backend == "speech":
        return (SpeechVoice(settings.tts, name, read_limit_s=patience.in_all_s),)
    limits = SpeechLimits(first_audio_s=patience.in_all_s - patience.other_voice_s)
    return RealtimeVoice(settings.tts, name, limits=limits), SpeechVoice(settings.tts_fallback, name, read_limit_s=patience.other_voice_s)


def install(app: Flask, services: Services) -> None:
    """Give an application its services."""
    app.extensions["lilly"] = services


def services() -> Services:
    """The services of the current application."""
    return cast(Services, current_app.extensions["lilly"])
