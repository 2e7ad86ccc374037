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
    CALLS_READ = "calls:read"
    CALLBACKS_READ = "callbacks:read"
    CALLBACKS_WRITE = "callbacks:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    REMINDERS_WRITE = "reminders:write"
    PATIENTS_READ = "patients:read"
    PATIENTS_WRITE = "patients:write"
    PATIENTS_EXPORT = "patients:export"
    PATIENTS_ADMIN = "patients:admin"
    SPEECH = "speech"
    AUDIT_READ = "audit:read"
    USERS = "users"


READS = frozenset((Scope.OWN, Scope.CLINIC_READ, Scope.APPOINTMENTS_READ))
PATIENTS = frozenset((Scope.PATIENTS_READ, Scope.PATIENTS_WRITE, Scope.PATIENTS_EXPORT))
DESK = READS | PATIENTS | {Scope.SLOTS_WRITE, Scope.APPOINTMENTS_WRITE, Scope.SPEECH}
SUPERVISOR = READS | {Scope.AUDIT_READ, Scope.SPEECH}
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    # What patients said in calls is for those who answer for Lilly: the desk gets the wish of who is to be called back, and no more.
    Role.DESK: DESK | {Scope.CALLBACKS_READ, Scope.CALLBACKS_WRITE, Scope.MESSAGES_READ, Scope.MESSAGES_WRITE, Scope.REMINDERS_WRITE},
    Role.SUPERVISOR: SUPERVISOR | {Scope.CALLS_READ, Scope.CALLBACKS_READ, Scope.EVENTS_READ, Scope.MESSAGES_READ},
    Role.READONLY: READS,
}

KEY_SCOPES = frozenset(Scope) - {Scope.OWN, Scope.USERS, Scope.PATIENTS_ADMIN}
"""What an API key may be good for: none makes users or other keys, merges or erases patients, or has an account of its own."""
