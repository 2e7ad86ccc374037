"""A route's declaration, and what the document says by it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, create_model

from ivr.access import Scope
from ivr.schemas.types import Id
from ivr.web.api import documents


@dataclass(frozen=True)
class Declared:
    """What a route is.

    `scope` None is open to everybody. `errors` are codes by status, beside those that every route may answer. A `guarded` one
    wants If-Match; one that `heeds_version` does without. What `waits` is no transaction and holds no connection: the view opens its
    own. The answer of a `secret` one is not kept for those who repeat it. `accepted` is what a 202 gives, `content` the types of what
    is not JSON.
    """

    method: str
    rule: str
    scope: Scope | None
    gives: type[BaseModel] | None
    status: int
    errors: Mapping[int, Sequence[str]] = field(default_factory=dict)
    guarded: bool = False
    heeds_version: bool = False
    waits: bool = False
    secret: bool = False
    limit: str | None = None
    content: Sequence[str] = ()
    accepted: type[BaseModel] | None = None

    @property
    def once(self) -> bool:
        """Whether an Idempotency-Key counts."""
        return self.method == "post" and self.scope is not None

    def parameters(self) -> dict[str, type[BaseModel]]:
        """What the document names beside the view's own: the ids in the path, and a header."""
        ids: dict[str, Any] = {name: (Id, ...) for name in re.findall(r"<int:(\w+)>", self.rule)}
        found: dict[str, type[BaseModel]] = {"path": create_model("Path", **ids)} if ids else {}
        if self.guarded:
            found["header"] = documents.UnchangedHeader
        elif self.heeds_version:
            found["header"] = documents.VersionHeader
        elif self.once:
            found["header"] = documents.OnceHeader
        return found

    def answers(self, has_body: bool) -> dict[str, Any]:
        """Every answer by its status."""
        binary = {"schema": {"type": "string", "format": "binary"}}
        made: Any = {"description": "OK", "content": dict.fromkeys(self.content, binary)} if self.content else self.gives
        accepted = {"202": self.accepted} if self.accepted else {}
        return {str(self.status): made, **accepted, **documents.responses(self._codes(has_body))}

    def _codes(self, has_body: bool) -> dict[int, list[str]]:
        """The codes of errors by status."""
        found = {400: ["malformed"], 422: ["invalid_input"], 500: ["internal"], 503: ["database_away"]}
        parts: tuple[tuple[Any, Mapping[int, Sequence[str]]], ...] = (
            (self.scope, {401: documents.NOT_KNOWN, 403: ["forbidden"]}),
            ("<" in self.rule, {404: ["not_found"]}),
            (has_body, {413: ["content_too_large"], 415: ["unsupported_media_type"]}),
            (self.guarded or self.heeds_version, {412: ["stale"]}),
            (self.guarded, {428: ["precondition_required"]}),
            (self.once, {409: ["request_in_progress"], 422: ["idempotency_key_reused"]}),
            (self.secret, {409: ["answer_not_kept"]}),
            (self.limit, {429: ["too_many_requests"]}),
            (True, self.errors),
        )
        for applies, codes in parts:
            for status, names in codes.items() if applies else ():
                found[status] = [*found.get(status, []), *names]
        return found
