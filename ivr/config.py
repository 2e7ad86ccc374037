"""Settings from the environment, typed, with one readable list of everything that is wrong."""

import datetime
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import (
    BaseModel,
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
RUN_DIR = ROOT / ".run"

OPENAI_BASE_URL = "https://api.openai.com/v1"
REALTIME_MODEL = "gpt-realtime-2.1-mini"
SPEECH_MODEL = "gpt-4o-mini-tts"
REQUIRED_IN_PRODUCTION = ("database_url", "redis_url", "public_url", "twilio_auth_token", "jwt_secret_key")
SPOKEN_LANGUAGES = ("en", "es")
SHORTEST_SECRET_BYTES = 32

Trick = Literal["clips", "early_commit", "eager", "clauses", "fillers", "hedging", "endpointing"]
"""What makes answers quick, and can be switched off to see what it is worth."""

SHUTDOWN_DATES = {
    "tts-1": datetime.date(2027, 1, 6),
    "tts-1-hd": datetime.date(2027, 1, 6),
    "gpt-4o-mini-tts": datetime.date(2027, 1, 6),
    "gpt-4o": datetime.date(2027, 1, 14),
    "gpt-4o-mini": datetime.date(2027, 1, 14),
    "gpt-4.1": datetime.date(2027, 1, 14),
    "gpt-4.1-mini": datetime.date(2027, 1, 14),
    "whisper-1": datetime.date(2027, 2, 26),
    "gpt-4o-transcribe": datetime.date(2027, 2, 26),
    "gpt-4o-mini-transcribe": datetime.date(2027, 2, 26),
}
"""When OpenAI switches its models off, from its deprecations page as of November 2026."""


PatientField = Literal["name", "date_of_birth", "phone", "language"]


class SettingsError(Exception):
    """The environment is wrong; the text is one readable list of every fault."""


class Provider(BaseModel):
    """Where one provider is reached and which of its models is used."""

    base_url: str
    api_key: SecretStr
    model: str


class Settings(BaseSettings):
    """Every variable that Lilly reads."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    app_env: Literal["development", "test", "production"] = "development"
    # Before the telephone numbers, which are read by it.
    hospital_country: str = "US"
    database_url: SecretStr | None = None
    # Before the URL, which is completed by it.
    redis_cert_reqs: Literal["required", "none"] = "required"
    redis_url: SecretStr | None = None

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    stt_base_url: str | None = None
    stt_api_key: SecretStr | None = None
    stt_model: str = "gpt-live-transcribe"
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str = "gpt-6-luna"
    llm_fallback_model: str | None = None
    tts_base_url: str | None = None
    tts_api_key: SecretStr | None = None
    tts_model: str | None = None
    tts_backend: Literal["realtime", "speech"] = "realtime"
    tts_voice: str = Field(default="alloy", pattern=r"^[A-Za-z0-9_.-]{1,64}$")

    twilio_account_sid: str | None = Field(default=None, pattern=r"^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr | None = None
    twilio_from_number: str | None = None
    twilio_api_base_url: str | None = None
    public_url: str | None = None
    trust_proxy: bool = False
    metrics_token: SecretStr | None = None

    n8n_webhook_url: SecretStr | None = None
    n8n_webhook_secret: SecretStr | None = None
    n8n_patient_fields: Annotated[tuple[PatientField, ...], NoDecode] = ()
    jwt_secret_key: SecretStr | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()

    hospital_name: str = Field(default="Riverside General Hospital", max_length=100)
    hospital_address: str = Field(default="1200 River Road", max_length=200)
    hospital_timezone: str = "America/New_York"
    hospital_languages: Annotated[tuple[str, ...], NoDecode] = ("en", "es")
    front_desk_number: str | None = None
    emergency_number: str = Field(default="911", pattern=r"^\+?[0-9]{2,15}$")

    slots_ahead_days: int = Field(default=60, ge=1, le=366)
    retain_transcripts_days: int = Field(default=90, ge=1)
    retain_audio_days: int = Field(default=30, ge=1)

    port: int = Field(default=8010, ge=1, le=65535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    lilly_without: Annotated[frozenset[Trick], NoDecode] = frozenset()

    @field_validator("hospital_languages", "n8n_patient_fields", "lilly_without", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _whole_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            _require_http(origin)
            if origin.count("/") > 2 or "*" in origin:
                raise ValueError("must be a comma-separated list of origins, as https://desk.example.org")
        return value

    @field_validator("jwt_secret_key")
    @classmethod
    def _long_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < SHORTEST_SECRET_BYTES:
            raise ValueError(f"must have at least {SHORTEST_SECRET_BYTES} bytes (RFC 7518), such as openssl rand -hex 32 gives")
        return value

    @field_validator("hospital_languages")
    @classmethod
    def _known_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [language for language in value if language not in SPOKEN_LANGUAGES]
        if unknown or not value:
            raise ValueError(f"must be a comma-separated list out of {', '.join(SPOKEN_LANGUAGES)}")
        return tuple(dict.fromkeys(value))

    @field_validator("hospital_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone of the IANA database, such as America/New_York")
        return value

    @field_validator("hospital_country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("must be a country's two letters (ISO 3166), such as US")
        return value.upper()

    @field_validator("database_url", mode="after")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme, separator, rest = value.get_secret_value().partition("://")
        if scheme not in ("postgres", "postgresql") or not separator:
            raise ValueError("must begin with postgres:// or postgresql://")
        return SecretStr(f"postgresql://{rest}")

    @field_validator("redis_url", mode="after")
    @classmethod
    def _redis(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("redis", "rediss"):
            raise ValueError("must begin with redis:// or rediss://")
        if parts.scheme == "redis" or "ssl_cert_reqs=" in parts.query:
            return value
        # Celery refuses a rediss:// without it; all of its readers, Celery, kombu, redbeat and redis-py, take it from here.
        query = "&".join(filter(None, (parts.query, f"ssl_cert_reqs={info.data.get('redis_cert_reqs', 'required')}")))
        return SecretStr(parts._replace(query=query).geturl())

    @field_validator("openai_base_url", "stt_base_url", "llm_base_url", "tts_base_url", "twilio_api_base_url", "public_url", mode="after")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None:
            _require_http(value)
        return value and value.rstrip("/")

    @field_validator("n8n_webhook_url", mode="after")
    @classmethod
    def _http_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _require_http(value.get_secret_value())
        return value

    @field_validator("twilio_from_number", "front_desk_number", mode="after")
    @classmethod
    def _possible(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not _possible_number(value, info.data.get("hospital_country", "US")):
            raise ValueError("must be a telephone number, best as +15551234567")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _every_fault_at_once(cls, values: dict[str, Any], check: ModelWrapValidatorHandler[Self]) -> Self:
        faults = _wrong_in_production(values)
        try:
            settings = check(values)
        except ValidationError as error:
            raise SettingsError(_readable([*_faults(error), *faults])) from None
        if faults:
            raise SettingsError(_readable(faults))
        return settings

    def has_provider(self, kind: Literal["stt", "llm", "tts"]) -> bool:
        """Whether a key or a base URL is set for a provider; without either the stand-in takes its place."""
        own = (getattr(self, f"{kind}_base_url"), getattr(self, f"{kind}_api_key"))
        return any((*own, self.openai_base_url, self.openai_api_key))

    def _provider(self, kind: Literal["stt", "llm", "tts"], model: str) -> Provider:
        own_url = getattr(self, f"{kind}_base_url")
        own_key = getattr(self, f"{kind}_api_key")
        # The shared key belongs to the shared base URL: another server never sees it.
        shared_key = None if own_url else self.openai_api_key
        return Provider(
            base_url=own_url or self.openai_base_url or OPENAI_BASE_URL,
            api_key=own_key or shared_key or SecretStr("none"),
            model=model,
        )

    @cached_property
    def stt(self) -> Provider:
        """Live transcription."""
        return self._provider("stt", self.stt_model)

    @cached_property
    def llm(self) -> Provider:
        """The language model."""
        return self._provider("llm", self.llm_model)

    @cached_property
    def tts(self) -> Provider:
        """Speech synthesis."""
        default = SPEECH_MODEL if self.tts_backend == "speech" else REALTIME_MODEL
        return self._provider("tts", self.tts_model or default)

    @cached_property
    def tts_fallback(self) -> Provider:
        """The `/audio/speech` backend, for what Realtime speech says wrongly."""
        return self._provider("tts", SPEECH_MODEL)

    @property
    def timezone(self) -> ZoneInfo:
        """The hospital's one time zone."""
        return ZoneInfo(self.hospital_timezone)

    def models_with_shutdown_date(self) -> list[tuple[str, str, datetime.date]]:
        """(variable, model, date) of each configured model that its provider will switch off."""
        configured = {
            "STT_MODEL": self.stt.model,
            "LLM_MODEL": self.llm.model,
            "LLM_FALLBACK_MODEL": self.llm_fallback_model,
            "TTS_MODEL": self.tts.model,
        }
        return [(name, model, SHUTDOWN_DATES[model]) for name, model in configured.items() if model in SHUTDOWN_DATES]


def _require_http(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and name a host")


def _possible_number(number: str, country: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, country))
    except phonenumbers.NumberParseException:
        return False


def _wrong_in_production(values: dict[str, Any]) -> list[str]:
    if values.get("app_env") != "production":
        return []
    faults = [f"{name.upper()}: is required in production" for name in REQUIRED_IN_PRODUCTION if not values.get(name)]
    if values.get("lilly_without"):
        faults.append("LILLY_WITHOUT: is for measurements, and refused in production")
    shared = values.get("openai_api_key") or values.get("openai_base_url")
    for kind in ("stt", "llm", "tts"):
        if not (shared or values.get(f"{kind}_api_key") or values.get(f"{kind}_base_url")):
            faults.append(f"{kind.upper()}_API_KEY or OPENAI_API_KEY: a key or base URL is required in production")
    return faults


def load_settings(**overrides: Any) -> Settings:
    """Read the environment (and `.env` in development).

    Raises `SettingsError` with every fault, one a line, without the values.
    """
    env_file = None if os.environ.get("APP_ENV", "development") != "development" or "app_env" in overrides else ROOT / ".env"
    return Settings(_env_file=env_file, **overrides)


def _faults(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_url=False, include_input=False)
    ]


def _readable(faults: list[str]) -> str:
    return "\n".join(["The settings are wrong:", *(f"  {fault}" for fault in faults)])


def main() -> None:
    """Print what the web server must know before it loads the application: APP_ENV, PORT and WEB_CONCURRENCY."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.exit(str(error))
    print(settings.app_env, settings.port, settings.web_concurrency)


if __name__ == "__main__":
    main()
