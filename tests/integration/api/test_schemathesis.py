"""The document against the application: what it allows is answered as it says, and what it forbids is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask_openapi.openapi import OpenAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from ivr.access import Role
from ivr.models import User, database
from ivr.seed import seed as seed_hospital
from tests.integration.api.desk import a_user, bearer
from tests.integration.conftest import emptied
from tests.integration.test_scheduling import TZ

CASES_A_ROUTE = 8
CONFIG = SchemathesisConfig.from_dict(
    {
        # What the hospital's rules refuse (a number that cannot be, a day in the past, no such row) no schema can tell.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422", "429"]}},
    }
)


@pytest.fixture(scope="module")
def operator(app: OpenAPI, migrated: str) -> Iterator[User]:
    """An admin of the seeded hospital."""
    with database.connection_context():
        emptied()
        seed_hospital(TZ)
        yield a_user(Role.ADMIN)


@pytest.fixture(scope="module")
def document(app: OpenAPI) -> Any:
    """The OpenAPI document, as it is served."""
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=CONFIG)


def test_every_route_answers_as_the_document_says(app: OpenAPI, document: Any, operator: User, subtests: pytest.Subtests) -> None:
    for found in document.get_all_operations():
        operation = found.ok()

        @seed(20261123)
        @settings(
            max_examples=CASES_A_ROUTE,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=tuple(HealthCheck),
            database=None,
        )
        @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def answers(case: Any) -> None:
            # Some cases log out, so each logs in.
            case.call_and_validate(headers=bearer(app, operator))

        with subtests.test(operation.label):
            answers()
