"""Logging in and out, and one's own account."""

from ivr import accounts, logins
from ivr.access import Scope
from ivr.models import database
from ivr.schemas.access import Login, Me, PasswordChange, Refresh, Tokens
from ivr.web import auth, limits
from ivr.web.api.resource import Resource

routes = Resource("auth", "Log-in", "Tokens for people; programs have API keys.")


@routes.post(
    "/auth/login",
    None,
    Tokens,
    status=200,
    errors={401: ["credentials_wrong"], 429: ["locked_out"]},
    limit=limits.LOG_INS,
    waits=True,
)
def log_in(body: Login) -> Tokens:
    """Log in with address and password; ten failures in a row lock the address for a quarter of an hour.

    An Idempotency-Key is not heeded: tokens are kept nowhere. Who missed the answer logs in again.
    """
    session = logins.log_in(body.email, body.password)
    return auth.tokens(session)


@routes.post(
    "/auth/refresh",
    None,
    Tokens,
    status=200,
    errors={401: ["token_expired", "token_invalid", "token_revoked", "token_reused"]},
    waits=True,
)
def refresh(body: Refresh) -> Tokens:
    """Exchange a refresh token for new tokens; one that comes twice ends the log-in.

    An Idempotency-Key is not heeded: tokens are kept nowhere, and a token that comes twice may be stolen. Who missed the answer logs
    in again.
    """
    # No transaction, since a refusal ends the log-in for good.
    with database.connection_context():
        return auth.tokens(logins.prolong(*auth.refresh_claims(body.refresh_token)))


@routes.post("/auth/logout", Scope.OWN, None, status=204)
def log_out() -> None:
    """End this log-in."""
    session_id = auth.principal().session_id
    assert session_id is not None
    logins.end(session_id)


@routes.post("/auth/logout-everywhere", Scope.OWN, None, status=204)
def log_out_everywhere() -> None:
    """End all of one's log-ins, this one included."""
    user = auth.principal().user
    assert user is not None
    logins.end_all(user.id)


@routes.get("/auth/me", Scope.OWN, Me)
def show_me() -> Me:
    """Whose token this is, and what it is good for."""
    me = auth.principal()
    assert me.user is not None
    return Me(id=me.user.id, email=me.user.email, role=me.user.role, scopes=sorted(me.scopes))


@routes.post("/auth/password", Scope.OWN, None, status=204, errors={422: ["password_wrong", "password_weak"]})
def change_password(body: PasswordChange) -> None:
    """Set another password for oneself; all other log-ins end."""
    me = auth.principal()
    assert me.user is not None and me.session_id is not None
    accounts.change_own_password(me.user.id, body.old_password, body.new_password, me.session_id, me.actor)
