"""Users and their log-ins, API keys, and what all of them have changed."""

from peewee import SQL, BooleanField, Check, ForeignKeyField, IntegerField, JSONField, SmallIntegerField, TextField
from playhouse.postgres_ext import ArrayField, BlobField

from ivr.access import Role
from ivr.models.connection import InstantField, Row, now, one_of


class User(Row):
    """A person with a log-in; `email` is in lower case, `password_hash` argon2id. Users are made inactive, never removed."""

    email = TextField(unique=True)
    password_hash = TextField()
    role = TextField()
    active = BooleanField(default=True)
    created_at = InstantField(default=now)

    class Meta:
        # A bare "user" is PostgreSQL's own word for who is connected.
        table_name = "user_account"
        constraints = (
            Check(one_of("role", Role), "user_account_role_is_known"),
            Check("email = lower(email)", "user_account_email_is_lower_case"),
        )


class LoginSession(Row):
    """What a log-in began: good until it expires or is revoked. Only the refresh token of `refresh_id` is good, and once."""

    user = ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    user_id: int
    refresh_id = TextField()
    created_at = InstantField(default=now)
    expires_at = InstantField()
    revoked_at = InstantField(null=True)


class LoginAttempts(Row):
    """Log-ins that have failed in a row for one address, whether or not it is a user's."""

    email = TextField(unique=True)
    failures = IntegerField()
    last_at = InstantField(index=True)


class ApiKey(Row):
    """A program's credential; of the key itself only the SHA-256 is kept, and `prefix` to know it by."""

    name = TextField()
    prefix = TextField(unique=True)
    secret_hash = TextField()
    scopes = ArrayField(TextField, index=False)
    created_by = TextField()
    created_at = InstantField(default=now)
    expires_at = InstantField(null=True)
    revoked_at = InstantField(null=True)


class AuditEntry(Row):
    """One change of one row: `actor` is user:3, api_key:5, call:CA… or command; `subject` is doctor:7."""

    actor = TextField(index=True)
    action = TextField()
    subject = TextField(index=True)
    before = JSONField(null=True)
    after = JSONField(null=True)
    request_id = TextField(null=True)
    created_at = InstantField(default=now, index=True)

    class Meta:
        constraints = (Check("before IS NOT NULL OR after IS NOT NULL", "audit_entry_says_something"),)


class IdempotentAnswer(Row):
    """The answer to a POST with an Idempotency-Key; without a `status` the request is being carried out since `claimed_at`."""

    actor = TextField()
    key = TextField()
    fingerprint = TextField()
    claimed_at = InstantField(default=now, index=True)
    status = SmallIntegerField(null=True)
    headers = JSONField(default=dict)
    body = BlobField(null=True)

    class Meta:
        indexes = ((("actor", "key"), True),)
        constraints = (SQL("CONSTRAINT idempotent_answer_is_whole CHECK ((status IS NULL) = (body IS NULL))"),)
