"""Errors that have a stable code, and say whether trying again helps."""

from collections.abc import Iterator
from contextlib import contextmanager


class LillyError(Exception):
    """Base of every expected failure: `code` is stable, `message` may be shown to a person, `row_id` is the row that it is about."""

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, retryable: bool | None = None, row_id: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row_id = row_id
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable

    def as_dict(self) -> dict[str, object]:
        """The failure as data, for the model and for REST."""
        return {"code": self.code, "message": self.message, "retryable": self.retryable}


class InvalidInput(LillyError):
    """What was given cannot be understood or used."""

    code = "invalid_input"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


@contextmanager
def within(part: str) -> Iterator[None]:
    """Name the fields at fault as a part of a larger body: phone becomes patient.phone."""
    try:
        yield
    except InvalidInput as error:
        error.field = f"{part}.{error.field}" if error.field else part
        raise


class NotFound(LillyError):
    """There is no such row."""

    code = "not_found"


class Conflict(LillyError):
    """The database's state forbids it: `slot_taken`, `slot_past`, `patient_busy`, `already_cancelled` …"""

    code = "conflict"


class Stale(LillyError):
    """The row has changed since it was read: read it again, and decide again."""

    code = "stale"

    def __init__(self, message: str = "This has been changed meanwhile: read it again.") -> None:
        super().__init__(message)


class Unauthenticated(LillyError):
    """Nobody can tell who is asking: `credential_missing`, `token_expired`, `token_invalid`, `credentials_wrong` …"""

    code = "credential_missing"


class Forbidden(LillyError):
    """It is known who asks, and they may not."""

    code = "forbidden"


class TooMany(LillyError):
    """Too much was asked; it helps to wait `retry_after_s`."""

    code = "too_many_requests"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class NotIdentified(LillyError):
    """The caller has not been identified, and this touches a patient's data."""

    code = "not_identified"

    def __init__(self, message: str = "Ask for the caller's name and date of birth first.") -> None:
        super().__init__(message)


class ProviderError(LillyError):
    """A provider (speech recognition, model, voice, Twilio, n8n) failed or answered nonsense; `provider_code` is its own number for it."""

    code = "provider_failed"

    def __init__(
        self, provider: str, message: str, *, code: str | None = None, retryable: bool = True, provider_code: str | None = None
    ) -> None:
        super().__init__(f"{provider}: {message}", code=code, retryable=retryable)
        self.provider = provider
        self.provider_code = provider_code
