"""The document against the application: what it allows is answered as it says, what it forbids is refused, whatever came before.

`make test-api` does the same at length, with more seeds.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask_openapi.openapi import OpenAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.stateful.state_machine import APIStateMachine

from ivr.access import Role
from ivr.models import ALL_MODELS, User, database
from ivr.seed import seed as seed_hospital
from tests.integration.api.conftest import THOROUGH
from tests.integration.api.desk import a_user, bearer
from tests.integration.conftest import emptied
from tests.integration.rows import a_doctor_with_slots, a_patient, an_appointment
from tests.integration.test_scheduling import TZ

AT_LENGTH = settings.get_current_profile_name() == THOROUGH
SEEDS = range(20261123, 20261123 + (8 if AT_LENGTH else 2))
CASES_A_ROUTE = 40 if AT_LENGTH else 4
STORIES, STEPS = (60, 10) if AT_LENGTH else (10, 6)
CONFIG = SchemathesisConfig.from_dict(
    {
        # What the hospital's rules refuse (a number that cannot be, a day in the past, no such row) no schema can tell.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422", "429"]}},
        # Doctors are archived and users made inactive: both are still shown.
        "operations": [
            {"include-path": path, "checks": {"use_after_free": {"enabled": False}}}
            for path in ("/doctors/{doctor_id}", "/users/{user_id}")
        ],
    }
)
WITHOUT_SHRINKING = settings(
    deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=tuple(HealthCheck), database=None
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


def headers(app: OpenAPI, operator: User) -> dict[str, str]:
    """A log-in of its own for each request: some log out, and some demote whoever they find."""
    User.update(role=Role.ADMIN, active=True).where(User.id == operator.id).execute()
    return bearer(app, operator)


def begun_anew() -> User:
    """A small hospital whose ids begin at 1, and its admin."""
    emptied()
    sequences = (f'ALTER SEQUENCE "{model._meta.table_name}_id_seq" RESTART' for model in ALL_MODELS)
    database.execute_sql("; ".join(sequences))
    _, (slot, *_) = a_doctor_with_slots()
    an_appointment(a_patient(), slot)
    return a_user(Role.ADMIN)


@pytest.mark.parametrize("number", SEEDS)
def test_every_route_answers_as_the_document_says(
    app: OpenAPI, document: Any, operator: User, subtests: pytest.Subtests, number: int
) -> None:
    for found in document.get_all_operations():
        operation = found.ok()

        @seed(number)
        @settings(WITHOUT_SHRINKING, max_examples=CASES_A_ROUTE)
        @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def answers(case: Any) -> None:
            case.call_and_validate(headers=headers(app, operator))

        with subtests.test(operation.label):
            answers()


@pytest.mark.parametrize("number", SEEDS)
def test_what_one_answer_gives_the_next_request_takes(app: OpenAPI, document: Any, migrated: str, number: int) -> None:
    machine: type[APIStateMachine] = document.as_state_machine()

    @seed(number)
    class Story(machine):  # type: ignore[misc, valid-type]
        def setup(self) -> None:
            # What a request may take follows from what was answered before: a story that is told again must find the same rows.
            with database.connection_context():
                self.operator = begun_anew()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers(app, self.operator)}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **sent: Any) -> None:
            # The base class would not tell the checks that these headers are ours.
            case.validate_response(response, headers=sent["headers"], transport_kwargs=sent)

    Story.run(settings=settings(WITHOUT_SHRINKING, max_examples=STORIES, stateful_step_count=STEPS))
