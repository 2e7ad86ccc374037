"""The page to talk to Lilly from a browser: there in development, gone where requests must be signed."""

import re

import pytest
from flask_openapi.openapi import OpenAPI

from ivr.config import Settings
from ivr.web import talk
from tests.integration.api.desk import Desk


def test_the_page_and_all_that_it_is_made_of_come_from_this_host(nobody: Desk) -> None:
    page = nobody.ask("GET", "/")
    assert page.status_code == 200 and "default-src 'self'" in page.headers["Content-Security-Policy"]
    scripts = nobody.ask("GET", "/static/talk.js").text
    named = {*re.findall(r'(?:src|href)="(/[^"]+)"', page.text), *re.findall(r'"(/(?:static|voice)/[^"]+)"', scripts)}
    assert {"/static/talk.css", "/static/talk.js", "/static/line.js", "/voice/incoming", "/voice/status", "/docs"} <= named
    for path in named:
        answer = nobody.ask("POST" if path.startswith("/voice") else "GET", path)
        # Twilio's routes miss the call, and nothing else.
        assert answer.status_code == (400 if path.startswith("/voice") else 200), path
    assert not re.search(r"https?://", page.text + scripts)


@pytest.mark.parametrize("setting", [{"app_env": "production"}, {"twilio_auth_token": "t" * 32}])
def test_it_is_not_served_where_twilio_signs(app: OpenAPI, setting: dict[str, str]) -> None:
    other = OpenAPI("signed")
    talk.install(other, app.extensions["lilly"].settings.model_copy(update=setting))
    assert not [rule for rule in other.url_map.iter_rules() if rule.endpoint.startswith("talk")]


def test_development_without_a_token_serves_it() -> None:
    other = OpenAPI("unsigned")
    talk.install(other, Settings(app_env="development"))
    assert "talk.page" in other.view_functions
