"""Who may speak to the telephone's routes: Twilio, by its signature."""

from flask import abort, request

from ivr.clients.twilio import valid_signature
from ivr.web.services import services


def public_base_url() -> str:
    """Where the outside reaches this application: `PUBLIC_URL`, or in development the address that was asked."""
    return services().settings.public_url or request.host_url.rstrip("/")


def stream_url() -> str:
    """Where Twilio opens the media stream: wss for https, ws for http."""
    return "ws" + public_base_url().removeprefix("http") + "/media-stream"


def require_signature() -> None:
    """Refuse with 403 what Twilio has not signed; without a token (development) nothing can be checked."""
    token = services().settings.twilio_auth_token
    if token is None:
        return
    is_stream = request.path == "/media-stream"
    url = stream_url() if is_stream else f"{public_base_url()}{request.path}"
    if request.query_string:
        url += f"?{request.query_string.decode()}"
    parameters = {} if is_stream else request.form.to_dict()
    if not valid_signature(url, parameters, request.headers.get("X-Twilio-Signature", ""), token.get_secret_value()):
        abort(403, "The X-Twilio-Signature does not fit: check TWILIO_AUTH_TOKEN and PUBLIC_URL.")
