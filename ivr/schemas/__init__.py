"""One schema per operation, shared by tools, routes and tasks."""

from ivr.schemas.tools import (
    IDENTIFY,
    TRANSFER,
    BookAppointment,
    CancelAppointment,
    EndCall,
    HospitalInformation,
    IdentifyPatient,
    JoinWaitlist,
    LeaveWaitlist,
    ListDoctors,
    ListMyAppointments,
    ListSlots,
    RescheduleAppointment,
    SlotFilter,
    TransferToHuman,
)
from ivr.schemas.types import MOST_REASON_CHARACTERS, Arguments

__all__ = [
    "IDENTIFY",
    "MOST_REASON_CHARACTERS",
    "TRANSFER",
    "Arguments",
    "BookAppointment",
    "CancelAppointment",
    "EndCall",
    "HospitalInformation",
    "IdentifyPatient",
    "JoinWaitlist",
    "LeaveWaitlist",
    "ListDoctors",
    "ListMyAppointments",
    "ListSlots",
    "RescheduleAppointment",
    "SlotFilter",
    "TransferToHuman",
]
