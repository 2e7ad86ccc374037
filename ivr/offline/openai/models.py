"""`/v1/models`: which models there are, and until when."""

from typing import Any

from aiohttp import web

from ivr.offline.openai.catalogue import MODELS, shutdown_date
from ivr.offline.openai.errors import ApiError

CREATED = 1_750_000_000
"""When every model claims to have been made, Unix seconds."""


def routes() -> list[web.RouteDef]:
    """The routes of this part."""
    return [web.get("/v1/models", list_models), web.get("/v1/models/{model}", retrieve_model)]


async def list_models(_request: web.Request) -> web.Response:
    """Every model."""
    names = sorted(frozenset().union(*MODELS.values()))
    return web.json_response({"object": "list", "data": [_model(name) for name in names]})


async def retrieve_model(request: web.Request) -> web.Response:
    """One model."""
    name = request.match_info["model"]
    if not any(name in names for names in MODELS.values()):
        raise ApiError(404, f"The model '{name}' does not exist", param="model", code="model_not_found")
    return web.json_response(_model(name))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "system", "shutdown_date": shutdown_date(name)}
