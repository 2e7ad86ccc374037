"""Fields of medicine."""

from ivr import roster
from ivr.access import Scope
from ivr.models import Specialty
from ivr.paging import Page
from ivr.schemas.clinic import SpecialtyList, SpecialtyQuery
from ivr.web.api.resource import Resource

routes = Resource("specialties", "Specialties", "Fields of medicine, with the everyday words for them.")


@routes.get("/specialties", Scope.CLINIC_READ, SpecialtyList)
def list_specialties(query: SpecialtyQuery) -> Page[Specialty]:
    """All specialties."""
    return roster.specialties(query)
