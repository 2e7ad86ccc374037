"""Who has changed what."""

from ivr import records
from ivr.access import Scope
from ivr.models import AuditEntry
from ivr.paging import Page
from ivr.schemas.audit import AuditList, AuditQuery
from ivr.web.api.resource import Resource

routes = Resource("audit", "Audit", "Every change: who, what, before and after.")


@routes.get("/audit", Scope.AUDIT_READ, AuditList)
def list_audit(query: AuditQuery) -> Page[AuditEntry]:
    """Changes, the latest first, by who made them or of what."""
    return records.audited(query)
