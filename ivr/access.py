"""Who may do what: scopes, and the roles that have them. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """What a user is in the hospital."""

    ADMIN = "admin"
    DESK = "desk"
    SUPERVISOR = "supervisor"
    READONLY = "readonly"


class Scope(StrEnum):
    """One thing that a credential may be good for; every route wants exactly one."""

    OWN = "own"
    CLINIC_READ = "clinic:read"
    CLINIC_WRITE = "clinic:write"
    SLOTS_WRITE = "slots:write"
    APPOINTMENTS_READ = "appointments:read"
    APPOINTMENTS_WRITE = "appointments:write"
    SPEECH = "speech"
    AUDIT_READ = "audit:read"
    USERS = "users"


READS = frozenset((Scope.OWN, Scope.CLINIC_READ, Scope.APPOINTMENTS_READ))
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    Role.DESK: READS | {Scope.SLOTS_WRITE, Scope.APPOINTMENTS_WRITE, Scope.SPEECH},
    Role.SUPERVISOR: READS | {Scope.AUDIT_READ, Scope.SPEECH},
    Role.READONLY: READS,
}

KEY_SCOPES = frozenset(Scope) - {Scope.OWN, Scope.USERS}
"""What an API key may be good for: none makes users or other keys, and none has an account of its own."""
