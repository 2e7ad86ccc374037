"""The stand-in's strictness, by the SDK's own types."""

from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.realtime.response_create_event_param import ResponseCreateEventParam
from openai.types.realtime.session_update_event_param import SessionUpdateEventParam

from ivr.offline.openai.errors import ApiError
from ivr.offline.openai.validation import check, check_range

LISTENING = {
    "format": {"type": "audio/pcmu"},
    "noise_reduction": None,
    "turn_detection": None,
    "transcription": {"model": "x", "keywords": ["a"]},
}


def listen(**settings: Any) -> dict[str, Any]:
    """A `session.update` of a transcription session."""
    return update(type="transcription", audio={"input": settings})


def update(**session: Any) -> dict[str, Any]:
    """A `session.update`."""
    return {"type": "session.update", "session": session}


@pytest.mark.parametrize(
    "event",
    [
        listen(**LISTENING),
        update(type="realtime", output_modalities=["audio"], audio={"output": {"voice": "alloy", "speed": 1}}),
        update(type="realtime", max_output_tokens="inf"),
        update(type="realtime", audio={"output": {"voice": {"id": "voice_1"}}}),
    ],
)
def test_what_the_sdk_can_send_is_accepted(event: dict[str, Any]) -> None:
    check(event, SessionUpdateEventParam)


@pytest.mark.parametrize(
    ("event", "param", "code"),
    [
        (listen(gain=1), "session.audio.input.gain", "unknown_parameter"),
        (update(type="transcription", model="x"), "session.model", "unknown_parameter"),
        (update(type="other"), "session.type", "invalid_value"),
        (update(), "session.type", "missing_required_parameter"),
        (
            update(type="transcription", audio={"input": {"transcription": {"model": 4}}}),
            "session.audio.input.transcription.model",
            "invalid_type",
        ),
        (
            update(type="transcription", audio={"input": {"turn_detection": {"type": "vad"}}}),
            "session.audio.input.turn_detection.type",
            "invalid_value",
        ),
        (update(type="realtime", output_modalities="audio"), "session.output_modalities", "invalid_type"),
        (update(type="realtime", output_modalities=["smell"]), "session.output_modalities[0]", "invalid_value"),
        (update(type="realtime", max_output_tokens=True), "session.max_output_tokens", "invalid_type"),
        ({"type": "session.update"}, "session", "missing_required_parameter"),
        ({"type": "session.update", "session": "x"}, "session", "invalid_type"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(event: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        check(event, SessionUpdateEventParam)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_items_of_a_response_are_told_apart_by_role_and_type() -> None:
    user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    check({"type": "response.create", "response": {"input": [user]}}, ResponseCreateEventParam)
    wrong = user | {"content": [{"type": "output_text", "text": "Hello"}]}
    with pytest.raises(ApiError) as caught:
        check({"type": "response.create", "response": {"input": [wrong]}}, ResponseCreateEventParam)
    assert caught.value.param == "response.input[0].content[0].type"


def test_messages_may_hold_text_or_parts() -> None:
    for content in ("Hello", [{"type": "text", "text": "Hello"}]):
        check({"model": "m", "messages": [{"role": "user", "content": content}]}, CompletionCreateParamsNonStreaming)


@pytest.mark.parametrize(
    ("value", "bounds", "code"),
    [(5, (1, 4), "integer_above_max_value"), (0, (1, 4), "integer_below_min_value"), (2.5, (0.0, 2.0), "decimal_above_max_value")],
)
def test_numbers_out_of_range_are_refused(value: float, bounds: tuple[float, float], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_range(value, *bounds, "n")
    assert caught.value.code == code


def test_numbers_in_range_and_missing_ones_are_accepted() -> None:
    for value in (None, 1, 4):
        check_range(value, 1, 4, "n")
