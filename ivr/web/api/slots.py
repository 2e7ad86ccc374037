"""Slots: found, blocked and freed."""

from ivr import calendar
from ivr.access import Scope
from ivr.models import Slot
from ivr.paging import Page
from ivr.schemas.clinic import SlotList, SlotQuery, SlotShown
from ivr.web.api.resource import Resource
from ivr.web.auth import principal
from ivr.web.services import services

routes = Resource("slots", "Slots", "Stretches of doctors' time, each of which can be booked once.")


@routes.get("/slots", Scope.CLINIC_READ, SlotList, errors={404: ["not_found"]})
def list_slots(query: SlotQuery) -> Page[Slot]:
    """Free slots to come, earliest first; with free=false all of them, with their state."""
    return calendar.listed(query, services().settings.timezone)


@routes.get("/slots/<int:slot_id>", Scope.CLINIC_READ, SlotShown)
def show_slot(slot_id: int) -> Slot:
    """One slot with its state."""
    return calendar.get(slot_id)


@routes.post("/slots/<int:slot_id>/block", Scope.SLOTS_WRITE, SlotShown, status=200, errors={409: ["slot_taken", "slot_past"]})
def block_slot(slot_id: int) -> Slot:
    """Take a slot out of what is offered; one that is booked or held is refused."""
    return calendar.block(slot_id, principal().actor)


@routes.post("/slots/<int:slot_id>/unblock", Scope.SLOTS_WRITE, SlotShown, status=200, errors={409: ["outside_hours"]})
def unblock_slot(slot_id: int) -> Slot:
    """Offer a slot again."""
    return calendar.unblock(slot_id, principal().actor)
