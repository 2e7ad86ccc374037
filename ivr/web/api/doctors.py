"""Doctors, and the slots made of their hours."""

from ivr import hours, roster
from ivr.access import Scope
from ivr.models import Doctor
from ivr.paging import Page
from ivr.scheduling import Renewal
from ivr.schemas.clinic import Days, DoctorChange, DoctorList, DoctorQuery, DoctorShown, NewDoctor, SlotsMade
from ivr.web.api.desk import desk
from ivr.web.api.resource import Resource, unchanged
from ivr.web.auth import principal

routes = Resource("doctors", "Doctors", "Who sees patients. They are archived, never removed.")


@routes.get("/doctors", Scope.CLINIC_READ, DoctorList)
def list_doctors(query: DoctorQuery) -> Page[Doctor]:
    """Doctors by specialty (everyday words too: heart doctor, pediatra), name as heard, and language."""
    return roster.listed(query)


@routes.post("/doctors", Scope.CLINIC_WRITE, DoctorShown, errors={409: ["already_exists"], 422: ["reference_unknown"]})
def create_doctor(body: NewDoctor) -> Doctor:
    """Add a doctor, who has no hours yet."""
    return roster.add(body, principal().actor)


@routes.get("/doctors/<int:doctor_id>", Scope.CLINIC_READ, DoctorShown)
def show_doctor(doctor_id: int) -> Doctor:
    """One doctor, archived or not."""
    return roster.get(doctor_id)


@routes.patch(
    "/doctors/<int:doctor_id>",
    Scope.CLINIC_WRITE,
    DoctorShown,
    guarded=True,
    errors={409: ["already_exists", "has_appointments"], 422: ["reference_unknown"]},
)
def change_doctor(doctor_id: int, body: DoctorChange) -> Doctor:
    """Change a doctor."""
    return roster.change(doctor_id, body, unchanged(), principal().actor)


@routes.delete("/doctors/<int:doctor_id>", Scope.CLINIC_WRITE, guarded=True, errors={409: ["has_appointments"]})
def archive_doctor(doctor_id: int) -> None:
    """Archive a doctor; refused while patients have appointments to come."""
    roster.archive(doctor_id, unchanged(), principal().actor)


@routes.post("/doctors/<int:doctor_id>/slots", Scope.CLINIC_WRITE, SlotsMade, errors={422: ["days_invalid"]})
def make_slots(doctor_id: int, body: Days) -> Renewal:
    """Make the slots of a doctor's hours on some days; free ones that no longer fit the hours are withdrawn."""
    return hours.make_slots(doctor_id, body, desk())
