"""`/v1/realtime`: admission to transcription sessions and to speech sessions."""

from typing import Any
from weakref import WeakSet

from aiohttp import WSMsgType, web

from ivr.offline.faults import Fault, Target
from ivr.offline.openai.catalogue import require_model
from ivr.offline.openai.errors import ApiError, invalid
from ivr.offline.openai.request_body import REFUSED_KEY, api_key, wrong_key
from ivr.offline.openai.speech_session import SpeechSession
from ivr.offline.openai.transcription_session import TranscriptionSession
from ivr.offline.openai.wire import Session, Wire, dispatch
from ivr.offline.stand_in import STAND_IN, break_off

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
"""Above the 15 MiB of audio that one event may carry, in base64."""

CLOSED_UNAUTHORIZED = 3000
CLOSED_REFUSED = 4000

SOCKETS = web.AppKey("sockets", WeakSet[web.WebSocketResponse])
"""The sockets that are open, to be closed when the stand-in ends."""


def routes() -> list[web.RouteDef]:
    """The routes of this part."""
    return [web.get("/v1/realtime", connect)]


async def connect(request: web.Request) -> web.StreamResponse:
    """Open a session. A missing key is refused at the handshake, anything else wrong by an error event and a close."""
    stand_in = request.app[STAND_IN]
    target: Target = "stt" if request.query.get("intent") == "transcription" else "tts"
    if fault := stand_in.faults.take(target, "connect"):
        await _misbehave(fault, request)
    socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, compress=False)
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    wire = Wire(socket, request)
    try:
        _admit(request)
    except ApiError as error:
        await _turn_away(socket, wire, error)
        return socket
    session: Any = TranscriptionSession(stand_in, wire) if target == "stt" else SpeechSession(stand_in, wire, request.query["model"])
    with stand_in.traffic.opened("transcription_sockets" if target == "stt" else "speech_sockets"):
        await _converse(socket, wire, session)
    return socket


async def _converse(socket: web.WebSocketResponse, wire: Wire, session: Session) -> None:
    try:
        await session.open()
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await dispatch(wire, session, message.data)
            elif message.type == WSMsgType.BINARY:
                await wire.refuse(invalid("Binary frames are not accepted.", code="invalid_json"))
    finally:
        await session.close()


def _admit(request: web.Request) -> None:
    if api_key(request) == REFUSED_KEY:
        raise wrong_key()
    intent, model = request.query.get("intent"), request.query.get("model")
    if intent == "transcription" and model is None:
        return
    if intent is not None:
        raise invalid("You must not provide a model parameter for transcription sessions.", "model", "invalid_parameter")
    if model is None:
        raise invalid("You must provide a model parameter.", "model", "missing_model")
    require_model(model, "realtime", "model")


async def _turn_away(socket: web.WebSocketResponse, wire: Wire, error: ApiError) -> None:
    await wire.refuse(error)
    code = CLOSED_UNAUTHORIZED if error.status == 401 else CLOSED_REFUSED
    await socket.close(code=code, message=f"{error.type}.{error.code}".encode())


async def _misbehave(fault: Fault, request: web.Request) -> None:
    if fault.refusal:
        raise fault.refusal
    if fault.kind in ("stall", "drop"):
        await break_off(fault, request.transport)
    raise web.HTTPBadGateway(text="<html>bad gateway</html>", content_type="text/html")


async def close_sockets(app: web.Application) -> None:
    """Say goodbye to every open socket."""
    sockets = app[SOCKETS]
    for socket in list(sockets):
        await socket.close(code=1001, message=b"going away")
