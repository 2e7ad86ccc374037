"""One application for the session, on the tests' database, with an admin at the desk."""

from collections.abc import Iterator

import pytest
from flask_openapi.openapi import OpenAPI
from hypothesis import settings

from ivr.access import Role
from ivr.app import assemble
from ivr.config import Settings
from ivr.web.limits import limiter
from tests.contracts.offline_server import OfflineServer
from tests.integration.api.desk import Desk, a_user, bearer
from tests.integration.broker import Valkey

THOROUGH = "thorough"
"""Hypothesis's profile with which the document is tried at length."""

settings.register_profile(THOROUGH, settings.default)


@pytest.fixture(scope="session")
def app(migrated: str, valkey: Valkey, providers: OfflineServer) -> Iterator[OpenAPI]:
    """The API as it is served."""
    urls = {"database_url": migrated, "redis_url": valkey.url, "openai_base_url": f"{providers.url}/v1"}
    app = assemble(Settings.model_validate({**urls, "openai_api_key": "offline", "jwt_secret_key": "s" * 32}))
    yield app
    app.extensions["lilly"].states.close()


@pytest.fixture(autouse=True)
def _limits_begin_anew(app: OpenAPI) -> None:
    with app.app_context():
        limiter.reset()


@pytest.fixture
def admin(app: OpenAPI, db: None) -> Desk:
    """Somebody who may do everything."""
    return Desk(app, bearer(app, a_user(Role.ADMIN)))


@pytest.fixture
def nobody(app: OpenAPI, db: None) -> Desk:
    """Somebody without a credential."""
    return Desk(app)
