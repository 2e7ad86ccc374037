"""The TwiML that Lilly answers Twilio's webhooks with."""

from twilio.twiml.voice_response import Connect, VoiceResponse

SAY_VOICES = {"en": "Polly.Joanna-Neural", "es": "Polly.Lupe-Neural"}
SAY_LOCALES = {"en": "en-US", "es": "es-US"}


DIAL_S = 20
"""How long the front desk's telephone rings."""


def connect_stream(stream_url: str, token: str, action_url: str, say: tuple[str, str] | None = None, *, opening: str | None = None) -> str:
    """Hand the call's audio to our socket; Twilio asks `action_url` when that closes.

    `say` is (text, language) to begin with; `opening` names what Lilly says first on the new stream.
    """
    response = _response(say)
    connect = Connect(action=action_url, method="POST")
    stream = connect.stream(url=stream_url)
    stream.parameter(name="token", value=token)
    if opening is not None:
        stream.parameter(name="opening", value=opening)
    response.append(connect)
    return str(response)


def dial(number: str, action_url: str, *, caller_id: str | None, say: tuple[str, str] | None = None) -> str:
    """Put the caller through to a number; Twilio asks `action_url` what follows, once that is over or has failed."""
    response = _response(say)
    response.dial(number, timeout=DIAL_S, action=action_url, method="POST", caller_id=caller_id)
    return str(response)


def hang_up(say: tuple[str, str] | None = None) -> str:
    """End the call, after saying something (text, language) if need be."""
    response = _response(say)
    response.hangup()
    return str(response)


def _response(say: tuple[str, str] | None) -> VoiceResponse:
    response = VoiceResponse()
    if say is not None:
        text, language = say
        response.say(text, voice=SAY_VOICES.get(language), language=SAY_LOCALES.get(language))
    return response
