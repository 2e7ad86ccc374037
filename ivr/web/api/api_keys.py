"""Credentials for programs."""

from typing import Any

from ivr import api_keys
from ivr.access import Scope
from ivr.models import ApiKey
from ivr.paging import Page
from ivr.schemas.access import ApiKeyIssued, ApiKeyList, ApiKeyQuery, ApiKeyShown, NewApiKey
from ivr.web.api.resource import Resource
from ivr.web.auth import principal

routes = Resource("api_keys", "API keys", "Credentials for programs such as n8n, of limited scope.")


@routes.get("/api-keys", Scope.USERS, ApiKeyList)
def list_api_keys(query: ApiKeyQuery) -> Page[ApiKey]:
    """All keys, revoked ones too, without their secrets."""
    return api_keys.listed(query)


@routes.post("/api-keys", Scope.USERS, ApiKeyIssued, secret=True, errors={422: ["expiry_past"]})
def create_api_key(body: NewApiKey) -> Any:
    """Make a key; the answer is the only time that it is shown."""
    issued = api_keys.issue(body, principal().actor)
    return ApiKeyShown.model_validate(issued.row).model_dump() | {"key": issued.key}


@routes.get("/api-keys/<int:key_id>", Scope.USERS, ApiKeyShown)
def show_api_key(key_id: int) -> ApiKey:
    """One key, without its secret."""
    return api_keys.get(key_id)


@routes.delete("/api-keys/<int:key_id>", Scope.USERS)
def revoke_api_key(key_id: int) -> None:
    """Make a key good for nothing."""
    api_keys.revoke(key_id, principal().actor)
