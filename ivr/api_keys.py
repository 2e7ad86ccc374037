"""API keys for programs: scopes, an end, and a secret that is shown once."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from ivr import models, records
from ivr.errors import InvalidInput, Unauthenticated
from ivr.models import ApiKey, database
from ivr.paging import Page, page
from ivr.schemas.access import ApiKeyQuery, NewApiKey

MARK = "lilly"
"""What every key begins with, so that one that got into a repository can be found."""


@dataclass(frozen=True)
class Issued:
    """A new key, and the one time that it is told in full."""

    row: ApiKey
    key: str


def issue(wanted: NewApiKey, by: str, now: datetime | None = None) -> Issued:
    """Make a key; raises `InvalidInput` with expiry_past."""
    if wanted.expires_at is not None and wanted.expires_at <= (now or models.now()):
        raise InvalidInput("The key would have expired already.", code="expiry_past", field="expires_at")
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    values = wanted.model_dump() | {"scopes": sorted(wanted.scopes), "prefix": prefix, "secret_hash": _hash(secret), "created_by": by}
    return Issued(records.create(ApiKey, values, by), f"{MARK}_{prefix}_{secret}")


def authenticate(key: str, now: datetime | None = None) -> ApiKey:
    """The row of a key that is good; raises `Unauthenticated` with key_unknown, key_expired or key_revoked."""
    _, _, rest = key.partition(f"{MARK}_")
    prefix, _, secret = rest.partition("_")
    # A header may hold bytes that no column takes.
    row = ApiKey.get_or_none(ApiKey.prefix == prefix) if prefix.isalnum() and prefix.isascii() else None
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        raise Unauthenticated("There is no such API key.", code="key_unknown")
    if row.revoked_at is not None:
        raise Unauthenticated("This API key has been revoked.", code="key_revoked")
    if row.expires_at is not None and row.expires_at <= (now or models.now()):
        raise Unauthenticated("This API key has expired.", code="key_expired")
    return row


def listed(query: ApiKeyQuery) -> Page[ApiKey]:
    """All keys, without their secrets."""
    return page(ApiKey.select(), query, {"id": ApiKey.id, "created_at": ApiKey.created_at})


def get(key_id: int) -> ApiKey:
    """One key's row; raises `NotFound`."""
    return records.get(ApiKey, key_id)


def revoke(key_id: int, by: str, now: datetime | None = None) -> None:
    """Make a key good for nothing; doing it again changes nothing."""
    with database.atomic(), records.changing(ApiKey, key_id, records.ANY_VERSION, by) as row:
        row.revoked_at = row.revoked_at or now or models.now()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()
