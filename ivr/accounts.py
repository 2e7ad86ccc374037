"""Users: who may log in, and as what."""

from collections.abc import Container

from ivr import logins, passwords, records
from ivr.access import Role
from ivr.errors import Conflict, InvalidInput
from ivr.models import User, database
from ivr.paging import Page, page
from ivr.schemas.access import NewUser, UserChange, UserQuery

ADMINS_LOCK = 7_413
"""Key of an advisory lock: of two admins who demote each other at once, one is refused."""


def listed(query: UserQuery) -> Page[User]:
    """The users with a role or address."""
    users = User.select()
    if query.role is not None:
        users = users.where(User.role == query.role)
    if query.active is not None:
        users = users.where(User.active == query.active)
    return page(users, query, {"email": User.email, "id": User.id})


def get(user_id: int) -> User:
    """One user; raises `NotFound`."""
    return records.get(User, user_id)


def create(wanted: NewUser, by: str) -> User:
    """A new user; raises `InvalidInput` with password_weak, `Conflict` with already_exists."""
    passwords.check_strength(wanted.password, wanted.email)
    password_hash = passwords.hashed(wanted.password)
    return records.create(User, {"email": wanted.email, "password_hash": password_hash, "role": wanted.role}, by)


def change(user_id: int, wanted: UserChange, unchanged: Container[str], by: str) -> User:
    """Change role, password or whether one may log in at all; raises `Conflict` with last_admin, and as `create`."""
    values = wanted.given()
    if new := values.pop("password", None):
        passwords.check_strength(new, get(user_id).email)
        values["password_hash"] = passwords.hashed(new)
    with database.atomic():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (ADMINS_LOCK,))
        had_an_admin = _has_admin()
        user = records.amend(User, user_id, values, unchanged, by)
        if had_an_admin and not _has_admin():
            raise Conflict("Somebody must stay an admin.", code="last_admin")
        if new or not user.active:
            logins.end_all(user.id)
    return user


def deactivate(user_id: int, unchanged: Container[str], by: str) -> None:
    """Let somebody log in no more; raises as `change`."""
    change(user_id, UserChange(active=False), unchanged, by)


def change_own_password(user_id: int, old: str, new: str, session_id: int, by: str) -> None:
    """Set a new password and end all other log-ins; raises `InvalidInput` with password_wrong or password_weak."""
    user = get(user_id)
    if not passwords.fits(user.password_hash, old):
        raise InvalidInput("That is not the present password.", code="password_wrong", field="old_password")
    passwords.check_strength(new, user.email)
    new_hash = passwords.hashed(new)
    with database.atomic():
        with records.changing(User, user_id, records.ANY_VERSION, by) as row:
            row.password_hash = new_hash
        records.audit(by, "password_changed", row, {})
        logins.end_all(user_id, but=session_id)


def ensure_admin(email: str, password: str, *, reset: bool) -> str:
    """Make the admin, or with `reset` set an existing user's password and role; tells which of created, reset and unchanged."""
    known = User.get_or_none(User.email == email)
    if known is None:
        create(NewUser(email=email, password=password, role=Role.ADMIN), by="command")
        return "created"
    if not reset:
        return "unchanged"
    change(known.id, UserChange(password=password, role=Role.ADMIN, active=True), records.ANY_VERSION, by="command")
    return "reset"


def _has_admin() -> bool:
    return bool(User.select().where(User.role == Role.ADMIN, User.active).exists())
