"""Who is to be called back."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ivr.schemas.calls import CallSid
from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.types import ABSENT, Arguments, Change, Id, Instant, Language, Shown, Text

State = Literal["open", "done"]


class NewCallbackRequest(Arguments):
    """Somebody to be called back: the caller of a call, a patient, or whoever has a number."""

    call_sid: CallSid | None = None
    patient_id: Id | None = None
    phone: Text | None = Field(default=None, description="Left out: the caller's, or the patient's", examples=["(202) 555-0143"])
    reason: Text = Field(description="What they want, in a few words", examples=["a question about a bill"])
    language: Language | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.call_sid is not None and (self.patient_id, self.language) != (None, None):
            raise ValueError("the call of this call_sid knows its patient and language: leave them out")
        if self.call_sid is None and self.patient_id is None and not self.phone:
            raise ValueError("give call_sid, patient_id or phone")
        return self


class CallbackRequestChange(Change):
    """`done` once they have been called, `open` if they are to be called after all."""

    state: State = ABSENT


class CallbackRequestShown(Shown):
    """Somebody who is to be called back, or has been."""

    id: Id
    state: State
    phone: str | None = Field(description="null where no number is known")
    reason: str
    language: str | None
    call_id: Id | None
    patient_id: Id | None
    created_at: Instant
    done_at: Instant | None
    done_by: str | None = Field(examples=["user:3"])


class CallbackRequestList(Listed[CallbackRequestShown]):
    """Call-back requests."""


class CallbackRequestQuery(ListQuery):
    """Call-back requests by state, call and patient."""

    state: State | None = None
    call_id: Id | None = None
    patient_id: Id | None = None
    sort: Literal["created_at", "-created_at"] = "created_at"
