"""Log-ins: begun with a password, prolonged by refresh tokens that are good once, ended by whoever may."""

import secrets
from datetime import datetime, timedelta

from ivr import models, passwords
from ivr.errors import TooMany, Unauthenticated
from ivr.models import LoginAttempts, LoginSession, User, database

SESSION_LASTS = timedelta(days=14)
MOST_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)

COUNT = """
    INSERT INTO login_attempts (email, failures, last_at) VALUES (%(email)s, 1, %(now)s)
    ON CONFLICT (email) DO UPDATE SET
        failures = CASE WHEN login_attempts.last_at < %(over)s THEN 1 ELSE login_attempts.failures + 1 END, last_at = excluded.last_at
    WHERE login_attempts.failures < %(most)s OR login_attempts.last_at < %(over)s
    RETURNING failures
"""


def log_in(email: str, password: str, now: datetime | None = None) -> LoginSession:
    """Begin a log-in; raises `Unauthenticated` with credentials_wrong, `TooMany` with locked_out.

    An address is locked after ten failures in a row, whether or not it is a user's. Call it without an open connection: none is
    held while the password is hashed.
    """
    now = now or models.now()
    with database.connection_context():
        _count(email, now)
        user: User | None = User.get_or_none(User.email == email, User.active)
    if not passwords.fits(user.password_hash if user else None, password):
        raise Unauthenticated("The address or the password is wrong.", code="credentials_wrong")
    assert user is not None
    with database.connection_context(), database.atomic():
        LoginAttempts.delete().where(LoginAttempts.email == email).execute()
        LoginSession.delete().where(LoginSession.user == user, LoginSession.expires_at < now).execute()
        return begin(user, now)


def begin(user: User, now: datetime | None = None) -> LoginSession:
    """A log-in of somebody who has proved who they are."""
    now = now or models.now()
    return LoginSession.create(user=user, refresh_id=_refresh_id(), created_at=now, expires_at=now + SESSION_LASTS)


def find(session_id: int, now: datetime | None = None) -> LoginSession:
    """A log-in that is good, with its user; raises `Unauthenticated` with token_revoked."""
    query = LoginSession.select(LoginSession, User).join(User)
    live = query.where(LoginSession.id == session_id, LoginSession.revoked_at.is_null(), LoginSession.expires_at > (now or models.now()))
    session: LoginSession | None = live.where(User.active).first()
    if session is None:
        raise Unauthenticated("This log-in has ended.", code="token_revoked")
    return session


def prolong(session_id: int, refresh_id: str, now: datetime | None = None) -> LoginSession:
    """Exchange a refresh token for the next; one that comes a second time was stolen, and ends the log-in for everybody.

    Raises `Unauthenticated` with token_revoked or token_reused.
    """
    session = find(session_id, now)
    mine = (LoginSession.id == session.id) & (LoginSession.refresh_id == refresh_id) & LoginSession.revoked_at.is_null()
    fresh = _refresh_id()
    if LoginSession.update(refresh_id=fresh).where(mine).execute():
        session.refresh_id = fresh
        return session
    end(session.id, now)
    raise Unauthenticated("This refresh token was used before: log in again.", code="token_reused")


def end(session_id: int, now: datetime | None = None) -> None:
    """Log out."""
    _revoke(LoginSession.id == session_id, now)


def end_all(user_id: int, *, but: int | None = None, now: datetime | None = None) -> None:
    """Log somebody out everywhere, except from one log-in."""
    _revoke((LoginSession.user == user_id) & (LoginSession.id != (but or 0)), now)


def _revoke(which: object, now: datetime | None) -> None:
    LoginSession.update(revoked_at=now or models.now()).where(which, LoginSession.revoked_at.is_null()).execute()


def _count(email: str, now: datetime) -> None:
    """Count an attempt as a failure before it is known to be one, so that many at once do not all get a try."""
    LoginAttempts.delete().where(LoginAttempts.last_at < now - FORGOTTEN_AFTER).execute()
    values = {"email": email, "now": now, "over": now - LOCKED_FOR, "most": MOST_FAILURES}
    if database.execute_sql(COUNT, values).fetchone() is None:
        wait_s = int(LOCKED_FOR.total_seconds())
        raise TooMany("Too many log-ins have failed: wait a quarter of an hour.", code="locked_out", retry_after_s=wait_s)


def _refresh_id() -> str:
    return secrets.token_urlsafe(24)
