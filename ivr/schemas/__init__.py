"""One schema per operation, shared by tools, routes and tasks."""

from ivr.schemas.tools import (
    TRANSFER,
    BookAppointment,
    CancelAppointment,
    EndCall,
    IdentifyPatient,
    ListDoctors,
    ListMyAppointments,
    ListSlots,
    RescheduleAppointment,
    SlotFilter,
    TransferToHuman,
)
from ivr.schemas.types import MOST_REASON_CHARACTERS, Arguments

__all__ = [
    "MOST_REASON_CHARACTERS",
    "TRANSFER",
    "Arguments",
    "BookAppointment",
    "CancelAppointment",
    "EndCall",
    "IdentifyPatient",
    "ListDoctors",
    "ListMyAppointments",
    "ListSlots",
    "RescheduleAppointment",
    "SlotFilter",
    "TransferToHuman",
]
