"""Only Twilio's own signature opens the telephone's routes."""

import pytest
from twilio.request_validator import RequestValidator

from ivr.clients.twilio import valid_signature

TOKEN = "12345"
FORM = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212"}


def sign(url: str, params: dict[str, str] | None = None, token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, params or {}))


def test_the_example_of_twilios_documentation_is_valid() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert valid_signature(url, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", TOKEN)


def test_another_field_another_path_and_another_token_are_not() -> None:
    url = "https://lilly.example/voice/incoming"
    signature = sign(url, FORM)
    assert valid_signature(url, FORM, signature, TOKEN)
    assert not valid_signature(url, FORM | {"From": "+15550100000"}, signature, TOKEN)
    assert not valid_signature(url + "/x", FORM, signature, TOKEN)
    assert not valid_signature(url, FORM, signature, "54321")


@pytest.mark.parametrize("signature", [None, "", "x", "Ünïcode", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
@pytest.mark.parametrize("url", ["https://lilly.example/voice/incoming", "wss://lilly.example/media-stream"])
def test_a_missing_or_wrong_signature_is_refused(url: str, signature: str | None) -> None:
    assert not valid_signature(url, {}, signature, TOKEN)


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("wss://lilly.example/media-stream", "wss://lilly.example/media-stream"),
        ("wss://lilly.example/media-stream", "wss://lilly.example:443/media-stream"),
        ("wss://lilly.example:443/media-stream", "wss://lilly.example/media-stream"),
        ("wss://lilly.example:8443/media-stream", "wss://lilly.example:8443/media-stream"),
        ("ws://127.0.0.1:8010/media-stream", "ws://127.0.0.1:8010/media-stream"),
        ("ws://lilly.example/media-stream", "ws://lilly.example:80/media-stream"),
    ],
)
def test_a_handshake_is_signed_for_its_url_with_or_without_the_usual_port(url: str, signed: str) -> None:
    assert valid_signature(url, {}, sign(signed), TOKEN)


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("wss://lilly.example/media-stream", "wss://lilly.example:80/media-stream"),
        ("wss://lilly.example:8443/media-stream", "wss://lilly.example/media-stream"),
        ("wss://lilly.example/media-stream", "https://lilly.example/media-stream"),
        ("wss://lilly.example/media-stream", "wss://other.example/media-stream"),
    ],
)
def test_a_handshake_signed_for_another_place_is_refused(url: str, signed: str) -> None:
    assert not valid_signature(url, {}, sign(signed), TOKEN)
