"""`/control`: what tests and benchmarks set and read while the stand-in runs."""

from typing import Any

import orjson
from aiohttp import web

from ivr.offline.openai.errors import invalid
from ivr.offline.openai.validation import supported
from ivr.offline.profiles import PROFILES, Waits
from ivr.offline.stand_in import STAND_IN


def routes() -> list[web.RouteDef]:
    """The routes of this part."""
    return [
        web.get("/control/health", health),
        web.get("/control/stats", stats),
        web.get("/control/spoken", spoken),
        web.get("/control/completions", completions),
        web.get("/control/answers", answers),
        web.delete("/control/answers", clear_answers),
        web.post("/control/profile", set_profile),
        web.get("/control/faults", list_faults),
        web.post("/control/faults", add_fault),
        web.delete("/control/faults", clear_faults),
        web.post("/control/replies", set_replies),
        web.delete("/control/replies", clear_replies),
    ]


async def health(request: web.Request) -> web.Response:
    """That it serves, and how it is set."""
    stand_in = request.app[STAND_IN]
    profile, seed = stand_in.waits.profile.name, stand_in.waits.seed
    return web.json_response({"status": "ok", "ears": stand_in.ears_kind, "profile": profile, "seed": seed})


async def stats(request: web.Request) -> web.Response:
    """Requests by route, what is open, and how many TCP connections there were."""
    return web.json_response(request.app[STAND_IN].traffic.as_dict())


async def spoken(request: web.Request) -> web.Response:
    """The last texts that were to be read aloud, and what was said of each."""
    return web.json_response({"items": list(request.app[STAND_IN].traffic.spoken)})


async def completions(request: web.Request) -> web.Response:
    """The last conversations that were to be answered, with their answers."""
    return web.json_response({"items": list(request.app[STAND_IN].traffic.completions)})


async def answers(request: web.Request) -> web.Response:
    """When the last transcripts, replies and speech were asked for and given, in milliseconds of the machine's monotonic clock."""
    return web.json_response({"items": request.app[STAND_IN].answers.as_dicts()})


async def clear_answers(request: web.Request) -> web.Response:
    """Forget them."""
    request.app[STAND_IN].answers.clear()
    return web.Response(status=204)


async def set_profile(request: web.Request) -> web.Response:
    """Change the waits: `{"name": "openai", "seed"?: 7}`."""
    body = await _body(request)
    name, seed = body.get("name"), body.get("seed", 1)
    if name not in PROFILES or not isinstance(seed, int):
        raise invalid(f"A profile has a name and may have a seed. {supported(PROFILES)}", "name")
    request.app[STAND_IN].waits = Waits(PROFILES[name], seed)
    return await health(request)


async def list_faults(request: web.Request) -> web.Response:
    """The faults that are still to come."""
    return web.json_response({"items": [fault.as_dict() for fault in request.app[STAND_IN].faults.waiting]})


async def add_fault(request: web.Request) -> web.Response:
    """Queue a fault."""
    request.app[STAND_IN].faults.add(await _body(request))
    return await list_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Forget the faults that have not struck."""
    request.app[STAND_IN].faults.clear()
    return await list_faults(request)


async def set_replies(request: web.Request) -> web.Response:
    """Fix the model's answers, by content."""
    request.app[STAND_IN].replies.set(await _body(request))
    return web.Response(status=204)


async def clear_replies(request: web.Request) -> web.Response:
    """Let the mind answer again."""
    request.app[STAND_IN].replies.clear()
    return web.Response(status=204)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise invalid("The body is a JSON object.")
    return body
