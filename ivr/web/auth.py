"""Who asks, and whether they may: every route but the open ones wants a credential that has the route's scope."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from flask import Flask, current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, decode_token, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException, NoAuthorizationError
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from ivr import api_keys, logins
from ivr.access import ROLE_SCOPES, Role, Scope
from ivr.config import Settings
from ivr.errors import Forbidden, Unauthenticated
from ivr.models import LoginSession, User, database
from ivr.schemas.access import Tokens

ACCESS_LASTS = timedelta(minutes=15)
KEY_HEADER = "X-API-Key"

OPEN_ENDPOINTS = frozenset(("auth.log_in", "auth.refresh", "health.healthz", "health.readyz", "health.metrics"))
"""Routes that want no log-in; /metrics wants a token of its own."""
OPEN_BLUEPRINTS = frozenset(("docs", "voice", "voice_reports", "sms", "media_stream", "talk"))
"""The API's documents, Twilio's routes, which check its signature, and in development the page that takes its place."""

SCOPE = "lilly_scope"
"""The attribute of a view that says which scope it wants."""


@dataclass(frozen=True)
class Principal:
    """Whose credential a request carries; `actor` is their name in the audit."""

    actor: str
    scopes: frozenset[Scope]
    user: User | None = field(default=None, repr=False)
    session_id: int | None = None


def install(app: Flask, settings: Settings) -> None:
    """Ask for a credential before anything else is looked at."""
    assert settings.jwt_secret_key is not None
    app.config["JWT_SECRET_KEY"] = settings.jwt_secret_key.get_secret_value()
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = ACCESS_LASTS
    app.config["JWT_REFRESH_TOKEN_EXPIRES"] = logins.SESSION_LASTS
    JWTManager(app)
    app.before_request(_authenticate)


def principal() -> Principal:
    """Who asks in this request."""
    return cast(Principal, g.principal)


def is_open(endpoint: str) -> bool:
    """Whether a route wants no credential."""
    return endpoint in OPEN_ENDPOINTS or endpoint.partition(".")[0] in OPEN_BLUEPRINTS


def tokens(session: LoginSession) -> Tokens:
    """The tokens of a log-in as it stands."""
    identity, claims = str(session.user_id), {"sid": session.id}
    return Tokens(
        access_token=create_access_token(identity, additional_claims=claims),
        refresh_token=create_refresh_token(identity, additional_claims=claims | {"rid": session.refresh_id}),
        expires_in=int(ACCESS_LASTS.total_seconds()),
    )


def refresh_claims(token: str) -> tuple[int, str]:
    """The log-in and the id that a refresh token names; raises `Unauthenticated`."""
    claims = _claims(lambda: decode_token(token))
    if claims.get("type") != "refresh":
        raise Unauthenticated("That is not a refresh token.", code="token_invalid")
    return int(claims["sid"]), str(claims["rid"])


def _authenticate() -> None:
    endpoint = request.endpoint
    # An unknown path or method is no route; what Flask answers to OPTIONS is what it answers to a wrong method.
    if endpoint is None or request.method == "OPTIONS" or is_open(endpoint):
        return
    with database.connection_context():
        g.principal = _by_key(request.headers[KEY_HEADER]) if KEY_HEADER in request.headers else _by_token()
    scope = getattr(current_app.view_functions[endpoint], SCOPE, None)
    if scope not in g.principal.scopes:
        raise Forbidden(f"This wants the scope {scope}.")


def _by_key(key: str) -> Principal:
    row = api_keys.authenticate(key)
    return Principal(f"api_key:{row.id}", frozenset(scope for scope in Scope if scope in row.scopes))


def _by_token() -> Principal:
    claims = _claims(lambda: (verify_jwt_in_request() or ({}, {}))[1])
    session = logins.find(int(claims["sid"]))
    return Principal(f"user:{session.user_id}", ROLE_SCOPES[Role(session.user.role)], session.user, session.id)


def _claims(decode: Any) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = decode()
    except NoAuthorizationError:
        raise Unauthenticated("Log in, or send an API key as X-API-Key.") from None
    except ExpiredSignatureError:
        raise Unauthenticated("The token has expired.", code="token_expired") from None
    except (PyJWTError, JWTExtendedException, ValueError):
        raise Unauthenticated("The token is not valid.", code="token_invalid") from None
    if "sid" not in claims:
        raise Unauthenticated("The token is not valid.", code="token_invalid")
    return claims
