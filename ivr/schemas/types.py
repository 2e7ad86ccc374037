"""The kinds of values that schemas are made of, and what all schemas of requests have in common."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializationInfo,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

MOST_REASON_CHARACTERS = 200
LARGEST_ID = 2**31 - 1
"""Ids are PostgreSQL's integers."""
FIRST_YEAR, LAST_YEAR = 1900, 2999

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?")


def _day(value: Any) -> Any:
    # Pydantic would take a number for seconds since 1970.
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("must be a day as YYYY-MM-DD")
    return date.fromisoformat(value) if isinstance(value, str) else value


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(_TIME_OF_DAY, value):
        raise ValueError("must be a time of day as HH:MM")
    return time.fromisoformat(value) if isinstance(value, str) else value


def _instant(value: Any) -> Any:
    if isinstance(value, str) and not _INSTANT.fullmatch(value):
        raise ValueError("must be a time as 2026-11-23T09:00:00-05:00")
    return datetime.fromisoformat(value.upper()) if isinstance(value, str) else value


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must name its zone, as in 2026-11-23T09:00:00-05:00")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _in_the_hospital(value: datetime, info: SerializationInfo) -> str:
    zone = (info.context or {}).get("zone")
    return value.astimezone(zone).isoformat()


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_REASON_CHARACTERS)]
PartOfDay = Literal["morning", "afternoon", "evening"]
Language = Annotated[str, Field(pattern="^[a-z]{2}$", description="ISO 639-1", examples=["en"])]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A day as YYYY-MM-DD."""
TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": _TIME_OF_DAY}),
]
"""A time of day in the hospital, HH:MM."""
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    AfterValidator(_zoned),
    PlainSerializer(_in_the_hospital, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time with its zone; written in the hospital's, where the serialization's context names that."""


class Arguments(BaseModel):
    """Base of requests: unknown fields are refused, so that a misread argument is answered instead of ignored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _storable(cls, value: object) -> object:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("must not hold a NUL character")
        return value


ABSENT: Any = None
"""The default of what a change leaves as it is; null is not that, and refused where the column takes none."""


class Change(Arguments):
    """Base of changes: what is not given stays as it is."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema)
        for part in handler.resolve_ref_schema(schema).get("properties", {}).values():
            part.pop("default", None)
        return schema

    def given(self) -> dict[str, Any]:
        """The columns that are to change."""
        return self.model_dump(exclude_unset=True)


class Shown(BaseModel):
    """Base of answers: made from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)
