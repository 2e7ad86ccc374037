"""The tables, in the hospital's words; what must never happen is forbidden by the database itself."""

from ivr.models.appointments import Appointment, AppointmentStatus, BookingRequest, Operation, RequestState, Source
from ivr.models.clinic import Break, Doctor, ExtraSession, Hold, Schedule, Slot, Specialty, TimeOff
from ivr.models.connection import Pool, Row, bind, connections_in_use, database, frozen, now, unbind
from ivr.models.messages import DeliveryState, OutboxEvent
from ivr.models.patients import Patient
from ivr.models.sms import Reminder, ReminderLead, SmsKind, SmsMessage, SmsOptOut, SmsState
from ivr.models.telephone import (
    Call,
    CallbackRequest,
    CallbackState,
    CallStatus,
    SpeechOutcome,
    SpeechRetry,
    StreamToken,
    ToolCall,
    Turn,
)
from ivr.models.waitlist import WaitlistEntry, WaitlistState

ALL_MODELS: tuple[type[Row], ...] = (
    Specialty,
    Doctor,
    Schedule,
    Break,
    TimeOff,
    ExtraSession,
    Slot,
    Hold,
    Patient,
    Call,
    StreamToken,
    Turn,
    ToolCall,
    SpeechRetry,
    CallbackRequest,
    Appointment,
    BookingRequest,
    WaitlistEntry,
    OutboxEvent,
    SmsMessage,
    Reminder,
    SmsOptOut,
)
"""In an order in which each refers only to those before it."""

__all__ = [
    "ALL_MODELS",
    "Appointment",
    "AppointmentStatus",
    "BookingRequest",
    "Break",
    "Call",
    "CallStatus",
    "CallbackRequest",
    "CallbackState",
    "DeliveryState",
    "Doctor",
    "ExtraSession",
    "Hold",
    "Operation",
    "OutboxEvent",
    "Patient",
    "Pool",
    "Reminder",
    "ReminderLead",
    "RequestState",
    "Row",
    "Schedule",
    "Slot",
    "SmsKind",
    "SmsMessage",
    "SmsOptOut",
    "SmsState",
    "Source",
    "Specialty",
    "SpeechOutcome",
    "SpeechRetry",
    "StreamToken",
    "TimeOff",
    "ToolCall",
    "Turn",
    "WaitlistEntry",
    "WaitlistState",
    "bind",
    "connections_in_use",
    "database",
    "frozen",
    "now",
    "unbind",
]
