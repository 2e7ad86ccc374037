"""The settings: typed, complete, and silent about secrets."""

import ssl
from collections.abc import Iterator

import pytest
from celery import Celery
from redis import Redis

from ivr.config import Settings, SettingsError, load_settings

PRODUCTION = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgres://lilly:hush@db.example/lilly",
    "REDIS_URL": "rediss://:hush@redis.example:6380",
    "PUBLIC_URL": "https://lilly.example",
    "TWILIO_AUTH_TOKEN": "hush",
    "JWT_SECRET_KEY": "h" * 32,
    "OPENAI_API_KEY": "hush",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("APP_ENV", "test")
    yield


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings(monkeypatch, **variables)
    return str(refused.value).splitlines()


def test_the_defaults_are_the_successors_of_what_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch)
    assert (found.stt.model, found.llm.model, found.tts.model) == ("gpt-live-transcribe", "gpt-6-luna", "gpt-realtime-2.1-mini")
    assert found.tts_voice == "alloy" and found.port == 8010 and found.hospital_languages == ("en", "es")
    assert found.models_with_shutdown_date() == []


def test_heroku_s_addresses_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **PRODUCTION)
    assert found.database_url is not None and found.database_url.get_secret_value().startswith("postgresql://")
    assert found.redis_url is not None and found.redis_url.get_secret_value().startswith("rediss://")


@pytest.mark.parametrize(("reqs", "checked"), [("required", ssl.CERT_REQUIRED), ("none", ssl.CERT_NONE)])
def test_every_reader_of_a_redis_with_tls_takes_its_address(monkeypatch: pytest.MonkeyPatch, reqs: str, checked: ssl.VerifyMode) -> None:
    found = settings(monkeypatch, **PRODUCTION | {"REDIS_CERT_REQS": reqs})
    assert found.redis_url is not None
    url = found.redis_url.get_secret_value()
    assert Celery(broker=url, backend=url).backend.connparams["ssl_cert_reqs"] == checked
    assert vars(Redis.from_url(url).connection_pool.make_connection())["cert_reqs"] == checked


def test_an_address_that_says_how_to_check_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, REDIS_URL="rediss://redis.example:6380/0?ssl_cert_reqs=optional")
    assert found.redis_url is not None and found.redis_url.get_secret_value().endswith("/0?ssl_cert_reqs=optional")


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "APP_ENV"])
def test_production_needs_each_of_these(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    lines = refusal(monkeypatch, **{variable: value for variable, value in PRODUCTION.items() if variable != name})
    assert any(name in line and "required in production" in line for line in lines[1:])


def test_everything_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusal(
        monkeypatch,
        APP_ENV="production",
        PORT="many",
        HOSPITAL_TIMEZONE="Mars/Olympus",
        HOSPITAL_LANGUAGES="en,xx",
        DATABASE_URL="mysql://a",
        FRONT_DESK_NUMBER="12",
    )
    wrong = {line.split(":")[0].strip() for line in lines[1:]}
    assert {"PORT", "HOSPITAL_TIMEZONE", "HOSPITAL_LANGUAGES", "DATABASE_URL", "FRONT_DESK_NUMBER", "REDIS_URL", "PUBLIC_URL"} <= wrong


def test_what_is_switched_off_for_a_measurement_is_named_and_never_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, LILLY_WITHOUT="eager, clips").lilly_without == {"eager", "clips"}
    assert any("LILLY_WITHOUT" in line for line in refusal(monkeypatch, LILLY_WITHOUT="haste"))
    lines = refusal(monkeypatch, **PRODUCTION, LILLY_WITHOUT="eager")
    assert lines[1:] == ["  LILLY_WITHOUT: is for measurements, and refused in production"]


def test_no_value_is_repeated_in_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "s3cret" not in "\n".join(refusal(monkeypatch, DATABASE_URL="mysql://u:s3cret@h/d", TWILIO_ACCOUNT_SID="s3cret"))


def test_secrets_are_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **PRODUCTION)
    assert "hush" not in repr(found) + str(found) + repr(found.stt) + repr(found.model_dump())


def test_a_key_goes_only_to_the_server_it_belongs_to(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, OPENAI_API_KEY="shared", TTS_BASE_URL="http://voice.example/v1")
    assert found.tts.api_key.get_secret_value() != "shared"
    assert found.stt.api_key.get_secret_value() == "shared"


def test_each_provider_may_have_its_own_server_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, LLM_BASE_URL="http://llm.example/v1/", LLM_API_KEY="own", LLM_MODEL="local", TTS_BACKEND="speech")
    assert found.llm.base_url == "http://llm.example/v1" and found.llm.model == "local"
    assert found.tts.model == "gpt-4o-mini-tts"
    assert found.has_provider("llm") and not found.has_provider("stt")


def test_a_model_that_will_be_switched_off_is_named_with_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    dated = settings(monkeypatch, LLM_MODEL="gpt-4o", TTS_BACKEND="speech").models_with_shutdown_date()
    assert [(name, model, date.isoformat()) for name, model, date in dated] == [
        ("LLM_MODEL", "gpt-4o", "2027-01-14"),
        ("TTS_MODEL", "gpt-4o-mini-tts", "2027-01-06"),
    ]
