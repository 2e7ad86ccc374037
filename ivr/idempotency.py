"""POSTs that may come twice: the first one with a key is carried out, and every other gets its answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr import models
from ivr.errors import Conflict, InvalidInput
from ivr.models import IdempotentAnswer, database

KEPT = timedelta(days=1)
ABANDONED = timedelta(seconds=60)
"""A request that has had no answer for so long died with its process, and may be carried out by another."""
FORGOTTEN_AT_ONCE = 20

CLAIM = """
    INSERT INTO idempotent_answer (actor, key, fingerprint, claimed_at, headers)
    VALUES (%(actor)s, %(key)s, %(fingerprint)s, %(now)s, '{}')
    ON CONFLICT (actor, key) DO UPDATE SET claimed_at = excluded.claimed_at
    WHERE idempotent_answer.status IS NULL AND idempotent_answer.claimed_at < %(abandoned)s
        AND idempotent_answer.fingerprint = excluded.fingerprint
    RETURNING id
"""
FORGET = """
    DELETE FROM idempotent_answer WHERE id IN (
        SELECT id FROM idempotent_answer WHERE claimed_at < %s ORDER BY claimed_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """The right to carry a request out, until it is kept or given up."""

    row_id: int

    def keep(self, answer: Answer) -> None:
        """Keep the answer; inside a transaction, exactly if what it tells of has come true."""
        values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
        IdempotentAnswer.update(**values).where(IdempotentAnswer.id == self.row_id).execute()

    def give_up(self) -> None:
        """Let the same request be tried again."""
        IdempotentAnswer.delete().where(IdempotentAnswer.id == self.row_id, IdempotentAnswer.status.is_null()).execute()


def claim(actor: str, key: str, fingerprint: str, now: datetime | None = None) -> Claim | Answer:
    """The right to carry a request out, or the answer that it got.

    Raises `Conflict` with request_in_progress, and `InvalidInput` with idempotency_key_reused when the key came with another
    request. Call it outside of a transaction: others must see the claim at once.
    """
    now = now or models.now()
    database.execute_sql(FORGET, (now - KEPT, FORGOTTEN_AT_ONCE))
    values = {"actor": actor, "key": key, "fingerprint": fingerprint, "now": now, "abandoned": now - ABANDONED}
    if (claimed := database.execute_sql(CLAIM, values).fetchone()) is not None:
        return Claim(claimed[0])
    known = IdempotentAnswer.get_or_none(IdempotentAnswer.actor == actor, IdempotentAnswer.key == key)
    if known is not None and known.fingerprint != fingerprint:
        raise InvalidInput("This key came with another request.", code="idempotency_key_reused", field="Idempotency-Key")
    if known is None or known.status is None:
        raise Conflict("The same request is being carried out.", code="request_in_progress", retryable=True)
    return Answer(known.status, bytes(known.body), known.headers)
