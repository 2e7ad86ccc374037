"""What Lilly tells callers of the hospital."""

from ivr import knowledge
from ivr.access import Scope
from ivr.models import KnowledgeEntry
from ivr.paging import Page
from ivr.schemas.knowledge import KnowledgeChange, KnowledgeList, KnowledgeQuery, KnowledgeShown, NewKnowledge
from ivr.web.api.resource import Resource, unchanged
from ivr.web.auth import principal

routes = Resource("knowledge", "Knowledge", "What callers are told of the hospital: address, hours, parking, insurance.")


@routes.get("/knowledge", Scope.CLINIC_READ, KnowledgeList)
def list_knowledge(query: KnowledgeQuery) -> Page[KnowledgeEntry]:
    """Answers by topic and language."""
    return knowledge.listed(query)


@routes.post("/knowledge", Scope.CLINIC_WRITE, KnowledgeShown, errors={409: ["already_exists"]})
def create_knowledge(body: NewKnowledge) -> KnowledgeEntry:
    """Add an answer; callers are told it from now on."""
    return knowledge.add(body, principal().actor)


@routes.get("/knowledge/<int:entry_id>", Scope.CLINIC_READ, KnowledgeShown)
def show_knowledge(entry_id: int) -> KnowledgeEntry:
    """One answer."""
    return knowledge.get(entry_id)


@routes.patch("/knowledge/<int:entry_id>", Scope.CLINIC_WRITE, KnowledgeShown, guarded=True, errors={409: ["already_exists"]})
def change_knowledge(entry_id: int, body: KnowledgeChange) -> KnowledgeEntry:
    """Change an answer."""
    return knowledge.change(entry_id, body, unchanged(), principal().actor)


@routes.delete("/knowledge/<int:entry_id>", Scope.CLINIC_WRITE, guarded=True)
def remove_knowledge(entry_id: int) -> None:
    """Remove an answer; callers are told it no more."""
    knowledge.remove(entry_id, unchanged(), principal().actor)
