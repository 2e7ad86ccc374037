"""TwiML as this telephone company carries it out."""

import pytest
from twilio.twiml.voice_response import Connect, Dial, VoiceResponse

from ivr.offline.telephone import twiml
from ivr.offline.telephone.twiml import BadTwiml, ConnectStream, Hangup, Pause, Redirect, Say, parse


def test_what_the_twilio_library_writes_is_understood() -> None:
    response = VoiceResponse()
    response.say("Hello there.", language="en-US")
    response.pause(length=2)
    connect = Connect(action="/voice/after-stream")
    connect.stream(url="wss://lilly.example/media-stream").parameter(name="token", value="abc")
    response.append(connect)
    response.append(Dial("+12025550199", timeout=20, action="/voice/after-dial"))
    response.redirect("/voice/again", method="GET")
    response.hangup()

    assert parse(str(response)) == [
        Say("Hello there.", "en-US"),
        Pause(2.0),
        ConnectStream("wss://lilly.example/media-stream", "/voice/after-stream", {"token": "abc"}),
        twiml.Dial("+12025550199", 20.0, "/voice/after-dial"),
        Redirect("/voice/again", "GET"),
        Hangup(),
    ]


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("", "not XML"),
        ("<Response>", "not XML"),
        ("<Reply/>", "the root must be <Response>"),
        ("<Response><Sing/></Response>", "<Sing> is not carried out here"),
        ("<Response><Say/></Response>", "<Say> has no text"),
        ("<Response><Pause length='1.5'/></Response>", "must be whole seconds"),
        ("<Response><Hangup after='3'/></Response>", "<Hangup> has no after"),
        ("<Response><Dial/></Response>", "must hold one number"),
        ("<Response><Connect/></Response>", "must hold one <Stream>"),
        ("<Response><Connect><Stream url='wss://a/b?token=x'/></Connect></Response>", "without a query string"),
        ("<Response><Connect><Stream url='wss://a/b'><Parameter name='t'/></Stream></Connect></Response>", "<Parameter name=… value=…>"),
    ],
)
def test_anything_else_is_refused(document: str, complaint: str) -> None:
    with pytest.raises(BadTwiml, match=complaint):
        parse(document)


def test_a_parameter_has_a_limit() -> None:
    value = "x" * 500
    with pytest.raises(BadTwiml, match="at most 500"):
        parse(f"<Response><Connect><Stream url='wss://a/b'><Parameter name='t' value='{value}'/></Stream></Connect></Response>")
