"""The TwiML that Lilly answers Twilio's webhooks with."""

from twilio.twiml.voice_response import Connect, VoiceResponse

SAY_VOICES = {"en": "Polly.Joanna-Neural", "es": "Polly.Lupe-Neural"}
SAY_LOCALES = {"en": "en-US", "es": "es-US"}


def connect_stream(stream_url: str, token: str, action_url: str, say: tuple[str, str] | None = None) -> str:
    """Hand the call's audio to our socket; Twilio asks `action_url` when that closes. `say` is (text, language) to begin with."""
    response = _response(say)
    connect = Connect(action=action_url, method="POST")
    connect.stream(url=stream_url).parameter(name="token", value=token)
    response.append(connect)
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
