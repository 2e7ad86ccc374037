"""The stand-in's HTTP server: its parts on one port, and every refusal in OpenAI's shape."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from weakref import WeakSet

from aiohttp import web

from ivr.offline import control
from ivr.offline.openai import chat as openai_chat
from ivr.offline.openai import models as openai_models
from ivr.offline.openai import realtime as openai_realtime
from ivr.offline.openai import speech as openai_speech
from ivr.offline.openai.errors import ApiError, broken
from ivr.offline.openai.realtime import SOCKETS, close_sockets
from ivr.offline.openai.request_body import api_key, require_key
from ivr.offline.stand_in import STAND_IN, StandIn, new_id
from ivr.offline.telephone.rest import TwilioRest

HOST = "127.0.0.1"
MAX_BODY_BYTES = 32 * 1024 * 1024
GOODBYE_S = 1.0
KEEPALIVE_S = 600.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
logger = logging.getLogger(__name__)


def create_app(stand_in: StandIn) -> web.Application:
    """The application with every provider on it."""
    app = web.Application(middlewares=[answer_in_kind], client_max_size=MAX_BODY_BYTES)
    app[STAND_IN] = stand_in
    app[SOCKETS] = WeakSet()
    for part in (control, openai_chat, openai_models, openai_realtime, openai_speech):
        app.router.add_routes(part.routes())
    TwilioRest(stand_in.faults).add_to(app)
    app.on_shutdown.append(close_sockets)
    return app


@web.middleware
async def answer_in_kind(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request, check its key, and turn what goes wrong into the provider's errors."""
    request.app[STAND_IN].traffic.count(request)
    if not request.path.startswith(("/v1/", "/control/")):
        return await handler(request)
    try:
        _check_key(request)
        return await handler(request)
    except ApiError as error:
        return _refusal(error)
    except web.HTTPNotFound:
        return _refusal(ApiError(404, f"Invalid URL ({request.method} {request.path})"))
    except web.HTTPMethodNotAllowed:
        return _refusal(ApiError(405, f"Not allowed to {request.method} on {request.path}."))
    except web.HTTPRequestEntityTooLarge:
        return _refusal(ApiError(413, f"Maximum content size limit ({MAX_BODY_BYTES}) exceeded."))
    except ConnectionResetError:
        # The connection was cut on purpose, or by the client: nobody is there to be answered.
        return web.Response()
    except web.HTTPException:
        raise
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        return _refusal(broken())


def _check_key(request: web.Request) -> None:
    if request.path == "/v1/realtime":
        api_key(request)
    elif request.path.startswith("/v1/"):
        require_key(request)


def _refusal(error: ApiError) -> web.Response:
    headers = {"x-request-id": new_id("req")}
    if error.status == 429:
        headers |= {"retry-after": "1", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s"}
    return web.json_response({"error": error.error()}, status=error.status, headers=headers)


async def serve(stand_in: StandIn, port: int, ready_file: Path | None = None) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; says where, on standard output and in `ready_file`."""
    app = create_app(stand_in)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=GOODBYE_S, keepalive_timeout=KEEPALIVE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        url = f"http://{HOST}:{runner.addresses[0][1]}"
        print(f"listening on {url}", flush=True)
        if ready_file:
            ready_file.write_text(url + "\n")
        await _ending()
    finally:
        await runner.cleanup()


async def _ending() -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await over.wait()
