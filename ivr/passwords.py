"""Passwords: which are strong enough, and their hashes (argon2id), made on real threads since they cost 50 ms of processor."""

from functools import cache

import gevent
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from gevent.lock import BoundedSemaphore

from ivr.errors import InvalidInput

SHORTEST, LONGEST = 12, 200
FEWEST_DIFFERENT = 6

# OWASP's first recommendation for argon2id; one lane, since the processor's others have calls to serve.
_hasher = PasswordHasher(memory_cost=46 * 1024, time_cost=1, parallelism=1)
_at_once = BoundedSemaphore(2)


def check_strength(password: str, email: str) -> None:
    """Raise `InvalidInput` with password_weak and what is wrong."""
    faults = {
        f"must have {SHORTEST} to {LONGEST} characters": not SHORTEST <= len(password) <= LONGEST,
        f"must have at least {FEWEST_DIFFERENT} different characters": len(set(password)) < FEWEST_DIFFERENT,
        "must not contain the address": email.partition("@")[0].lower() in password.lower(),
    }
    wrong = [fault for fault, found in faults.items() if found]
    if wrong:
        raise InvalidInput(f"The password {' and '.join(wrong)}.", code="password_weak", field="password")


def hashed(password: str) -> str:
    """The password's hash, with its salt and parameters."""
    with _at_once:
        return str(gevent.get_hub().threadpool.apply(_hasher.hash, (password,)))


def fits(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; without a hash it takes as long, and is not."""
    with _at_once:
        return bool(gevent.get_hub().threadpool.apply(_fits, (password_hash or _nobodys(), password))) and password_hash is not None


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
