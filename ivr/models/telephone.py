"""Telephone calls, and what was said and done in each."""

from enum import StrEnum

from peewee import SQL, BooleanField, Check, ForeignKeyField, IntegerField, JSONField, ModelIndex, TextField

from ivr.models.connection import InstantField, Row, now, one_of
from ivr.models.patients import Patient


class CallStatus(StrEnum):
    """Twilio's words for where a call is; the last five are final."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


class Call(Row):
    """One telephone call; `patient` is bound by the server once the caller is identified.

    `stream_sid` is set exactly while a media stream is open, and `owner` names the process that serves it. `history` is the
    conversation as the model sees it, so that another process can go on. `unsaid` is what Twilio is to say in Lilly's place once the
    stream is over.
    """

    sid = TextField(unique=True)
    stream_sid = TextField(null=True, unique=True)
    owner = TextField(null=True)
    from_number = TextField(null=True)
    to_number = TextField(null=True)
    status = TextField(default=CallStatus.RINGING)
    language = TextField(null=True)
    patient = ForeignKeyField(Patient, null=True, backref="calls", on_delete="SET NULL")
    patient_id: int | None
    history = JSONField(default=list)
    started_at = InstantField(default=now, index=True)
    ended_at = InstantField(null=True)
    ended_reason = TextField(null=True)
    unsaid = TextField(null=True)

    class Meta:
        indexes = ((("status", "started_at"), False), (("ended_reason", "started_at"), False))
        constraints = (
            Check(one_of("status", CallStatus), "call_status_is_known"),
            Check("ended_at IS NULL OR stream_sid IS NULL", "call_that_ended_has_no_stream"),
        )


class StreamToken(Row):
    """The right to open one media stream for a call; only the token's SHA-256 is kept."""

    call = ForeignKeyField(Call, backref="tokens", on_delete="CASCADE")
    call_id: int
    token_hash = TextField(unique=True)
    expires_at = InstantField()
    spent_at = InstantField(null=True)


class Turn(Row):
    """One utterance and its reply; turn 0 is the greeting. `timeline` maps each stage to milliseconds."""

    call = ForeignKeyField(Call, backref="turns", index=False, on_delete="CASCADE")
    call_id: int
    ordinal = IntegerField()
    caller_text = TextField(default="")
    reply_text = TextField(default="")
    heard_text = TextField(default="")
    language = TextField(null=True)
    interrupted = BooleanField(default=False)
    timeline = JSONField(default=dict)
    started_at = InstantField(default=now)

    class Meta:
        indexes = ((("call", "ordinal"), True),)


class ToolCall(Row):
    """One function that the model called: a line of the function log."""

    call = ForeignKeyField(Call, backref="tool_calls", on_delete="CASCADE")
    call_id: int
    turn = ForeignKeyField(Turn, null=True, backref="tool_calls", on_delete="CASCADE")
    turn_id: int | None
    name = TextField(index=True)
    arguments = JSONField(default=dict)
    result = JSONField(null=True)
    error = JSONField(null=True)
    duration_ms = IntegerField()
    created_at = InstantField(default=now, index=True)


ToolCall.add_index(ModelIndex(ToolCall, (ToolCall.created_at,), where=SQL("error IS NOT NULL"), name="tool_call_failed"))


class SpeechOutcome(StrEnum):
    """What became of speech that a worker was asked to make: `lapsed` came too late, or nobody waited for it any more."""

    PLAYED = "played"
    LAPSED = "lapsed"
    FAILED = "failed"


class SpeechRetry(Row):
    """A clause that the voice could not speak, to be made by a worker; until it has an outcome somebody waits for it.

    `confirms` says that it tells of something booked, moved or cancelled.
    """

    call = ForeignKeyField(Call, null=True, backref="speech_retries", on_delete="CASCADE")
    call_id: int | None
    text = TextField()
    language = TextField()
    confirms = BooleanField(default=False)
    attempts = IntegerField(default=0)
    last_error = TextField(null=True)
    outcome = TextField(null=True)
    created_at = InstantField(default=now, index=True)
    finished_at = InstantField(null=True)

    class Meta:
        constraints = (
            Check(one_of("outcome", SpeechOutcome), "speech_retry_outcome_is_known"),
            Check("(outcome IS NULL) = (finished_at IS NULL)", "speech_retry_finishes_once"),
        )


class CallbackState(StrEnum):
    """Whether the front desk still has to call."""

    OPEN = "open"
    DONE = "done"


class CallbackRequest(Row):
    """Somebody whom the front desk is to call back; `phone` is null where no number is known, `reason` is in the caller's words.

    `done_by` is who has called, as the audit names people.
    """

    call = ForeignKeyField(Call, null=True, backref="callback_requests", on_delete="SET NULL")
    call_id: int | None
    patient = ForeignKeyField(Patient, null=True, backref="callback_requests", on_delete="SET NULL")
    patient_id: int | None
    phone = TextField(null=True)
    reason = TextField(default="")
    language = TextField(null=True)
    state = TextField(default=CallbackState.OPEN)
    created_at = InstantField(default=now, index=True)
    done_at = InstantField(null=True)
    done_by = TextField(null=True)

    class Meta:
        indexes = ((("state", "created_at"), False),)
        constraints = (
            Check(one_of("state", CallbackState), "callback_request_state_is_known"),
            Check("phone ~ '^[+][0-9]{3,15}$'", "callback_request_phone_is_e164"),
            Check("(state = 'done') = (done_at IS NOT NULL)", "callback_request_done_has_a_time"),
        )


# Peewee skips a partial unique index on a foreign key without a word unless it is named.
CallbackRequest.add_index(
    ModelIndex(CallbackRequest, (CallbackRequest.call,), unique=True, where=SQL("state = 'open'"), name="callback_request_open_once")
)
