"""The stand-in's models, through the SDK."""

import openai
import pytest
from openai import OpenAI


def test_the_list_holds_every_default_model(openai_client: OpenAI) -> None:
    names = {model.id for model in openai_client.models.list()}
    assert {"gpt-live-transcribe", "gpt-6-luna", "gpt-realtime-2.1-mini", "gpt-4o-mini-tts"} <= names


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-4o-mini-tts", "2027-01-06"),
        ("gpt-4.1-mini", "2027-01-14"),
        ("whisper-1", "2027-02-26"),
        ("gpt-6-luna", None),
        ("gpt-live-transcribe", None),
    ],
)
def test_a_model_tells_when_it_is_switched_off(openai_client: OpenAI, model: str, day: str | None) -> None:
    assert openai_client.models.retrieve(model).shutdown_date == day


def test_an_unknown_model_is_not_found(openai_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        openai_client.models.retrieve("gpt-9")
    assert caught.value.code == "model_not_found"


def test_a_wrong_key_is_an_authentication_error(openai_client: OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        openai_client.with_options(api_key="sk-refused").models.list()
    assert caught.value.code == "invalid_api_key"


def test_an_unknown_route_is_not_found_in_the_providers_shape(openai_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        openai_client.embeddings.create(model="text-embedding-3-small", input="x")
    assert caught.value.type == "invalid_request_error"
