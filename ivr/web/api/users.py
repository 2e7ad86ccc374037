"""Who may log in."""

from ivr import accounts
from ivr.access import Scope
from ivr.models import User
from ivr.paging import Page
from ivr.schemas.access import NewUser, UserChange, UserList, UserQuery, UserShown
from ivr.web.api.resource import Resource, unchanged
from ivr.web.auth import principal

routes = Resource("users", "Users", "People who may log in, each with a role. They are made inactive, never removed.")


@routes.get("/users", Scope.USERS, UserList)
def list_users(query: UserQuery) -> Page[User]:
    """Users, by role."""
    return accounts.listed(query)


@routes.post("/users", Scope.USERS, UserShown, errors={409: ["already_exists"], 422: ["password_weak"]})
def create_user(body: NewUser) -> User:
    """Add a user."""
    return accounts.create(body, principal().actor)


@routes.get("/users/<int:user_id>", Scope.USERS, UserShown)
def show_user(user_id: int) -> User:
    """One user."""
    return accounts.get(user_id)


@routes.patch("/users/<int:user_id>", Scope.USERS, UserShown, guarded=True, errors={409: ["last_admin"], 422: ["password_weak"]})
def change_user(user_id: int, body: UserChange) -> User:
    """Change role or password, or whether they may log in."""
    return accounts.change(user_id, body, unchanged(), principal().actor)


@routes.delete("/users/<int:user_id>", Scope.USERS, guarded=True, errors={409: ["last_admin"]})
def deactivate_user(user_id: int) -> None:
    """Let a user log in no more."""
    accounts.deactivate(user_id, unchanged(), principal().actor)
