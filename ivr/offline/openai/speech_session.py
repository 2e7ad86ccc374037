"""A Realtime speech session: it reads aloud what it is given, as a speech model that is told to does."""

import asyncio
import time
from typing import Any, ClassVar

from openai.types.realtime.conversation_item_create_event_param import ConversationItemCreateEventParam
from openai.types.realtime.response_cancel_event_param import ResponseCancelEventParam
from openai.types.realtime.response_create_event_param import ResponseCreateEventParam
from openai.types.realtime.session_update_event_param import SessionUpdateEventParam

from ivr.offline.openai.catalogue import REALTIME_VOICES, require_voice
from ivr.offline.openai.errors import invalid, not_offered
from ivr.offline.openai.spoken_audio import language_of
from ivr.offline.openai.spoken_response import Manner, Order, SpokenResponse, text_to_read
from ivr.offline.openai.validation import check_range
from ivr.offline.openai.wire import Handler, Wire, log_failure
from ivr.offline.stand_in import StandIn, new_id

SESSION_S = 3600


class SpeechSession:
    """Speaks: text in, audio and its transcript out."""

    params: ClassVar[dict[str, Any]] = {
        "session.update": SessionUpdateEventParam,
        "conversation.item.create": ConversationItemCreateEventParam,
        "response.create": ResponseCreateEventParam,
        "response.cancel": ResponseCancelEventParam,
    }

    def __init__(self, stand_in: StandIn, wire: Wire, model: str) -> None:
        self._stand_in = stand_in
        self._wire = wire
        self._has_spoken = False
        self._items: list[dict[str, Any]] = []
        self._running: dict[str, tuple[SpokenResponse, asyncio.Task[None]]] = {}
        self._conversation_id = new_id("conv")
        self._session: dict[str, Any] = {
            "type": "realtime",
            "object": "realtime.session",
            "id": new_id("sess"),
            "model": model,
            "output_modalities": ["audio"],
            "instructions": "You are a helpful assistant.",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "truncation": "auto",
            "expires_at": int(time.time()) + SESSION_S,
        }
        self._input: dict[str, Any] = {"format": {"type": "audio/pcm", "rate": 24000}, "transcription": None, "turn_detection": None}
        self._output: dict[str, Any] = {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0}

    def handler(self, kind: str) -> Handler:
        return {
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "response.create": self._create,
            "response.cancel": self._cancel,
        }[kind]

    async def open(self) -> None:
        await self._wire.send("session.created", session=self._as_dict())

    async def close(self) -> None:
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _as_dict(self) -> dict[str, Any]:
        return self._session | {"audio": {"input": self._input, "output": self._output}}

    async def _update(self, event: dict[str, Any]) -> None:
        session = dict(event["session"])
        if session["type"] != "realtime":
            detail = "Passing a transcription session update event to a realtime session is not allowed."
            raise invalid(detail, "session.type", "invalid_value")
        if session.get("model", self._session["model"]) != self._session["model"]:
            raise invalid("The model cannot be changed while a session is open.", "session.model", "invalid_value")
        audio = session.pop("audio", {})
        output = audio.get("output", {})
        self._check_output(output, "session.audio.output")
        _check_modalities(session.get("output_modalities"), "session.output_modalities")
        if output.get("voice", self._output["voice"]) != self._output["voice"] and self._has_spoken:
            raise invalid("Cannot update a conversation's voice if assistant audio is present.", code="cannot_update_voice")
        self._input |= audio.get("input", {})
        self._output |= output
        self._session |= session
        await self._wire.send("session.updated", session=self._as_dict())

    async def _create_item(self, event: dict[str, Any]) -> None:
        item = {"id": new_id("item"), "object": "realtime.item", "status": "completed"} | event["item"]
        previous = self._items[-1]["id"] if self._items else None
        self._items.append(item)
        for kind in ("conversation.item.added", "conversation.item.done"):
            await self._wire.send(kind, item=item, previous_item_id=previous)

    async def _create(self, event: dict[str, Any]) -> None:
        params = event.get("response", {})
        output = params.get("audio", {}).get("output", {})
        self._check_output(output, "response.audio.output")
        _check_modalities(params.get("output_modalities"), "response.output_modalities")
        out_of_band = self._is_out_of_band(params)
        order = self._order(params, self._output | output, None if out_of_band else self._conversation_id)
        self._has_spoken = True
        response = SpokenResponse(self._stand_in, self._wire, order)
        task = asyncio.get_running_loop().create_task(response.run())
        self._running[response.id] = response, task
        task.add_done_callback(lambda _: self._running.pop(response.id, None))
        task.add_done_callback(log_failure)
        # A task that is cancelled before its first step would end without its last event.
        await asyncio.sleep(0)

    def _order(self, params: dict[str, Any], output: dict[str, Any], conversation_id: str | None) -> Order:
        instructions = params.get("instructions") or self._session["instructions"]
        text = text_to_read(params.get("input", self._items), instructions)
        if text is None:
            raise not_offered("A response without anything to read aloud", "response.input")
        limit = params.get("max_output_tokens", self._session["max_output_tokens"])
        if limit != "inf":
            check_range(limit, 1, 4096, "response.max_output_tokens")
        max_tokens = None if limit == "inf" else limit
        spoken_as = Manner(output["voice"], output["format"], language_of(text, instructions), self._session["model"])
        return Order(text, spoken_as, conversation_id, max_tokens, params.get("metadata"))

    def _is_out_of_band(self, params: dict[str, Any]) -> bool:
        conversation = params.get("conversation", "auto")
        if conversation not in ("auto", "none"):
            raise invalid(
                f"Invalid value: '{conversation}'. Supported values are: 'auto' and 'none'.", "response.conversation", "invalid_value"
            )
        if conversation == "auto" and self._in_conversation():
            message = (
                "Conversation already has an active response in progress. Wait until the response is finished before creating a new one."
            )
            raise invalid(message, code="conversation_already_has_active_response")
        return bool(conversation == "none")

    async def _cancel(self, event: dict[str, Any]) -> None:
        # Without an id only a response in the default conversation is meant; one out of band has to be named.
        _, task = self._running.get(event.get("response_id", self._in_conversation()), (None, None))
        if task is None:
            raise invalid("Cancellation failed: no active response found", code="response_cancel_not_active")
        task.cancel()

    def _in_conversation(self) -> str:
        return next((id for id, (response, _) in self._running.items() if response.order.conversation_id), "")

    def _check_output(self, output: dict[str, Any], path: str) -> None:
        if "voice" in output:
            require_voice(output["voice"], REALTIME_VOICES, f"{path}.voice")
        check_range(output.get("speed"), 0.25, 1.5, f"{path}.speed")
        if output.get("speed", 1) != 1:
            raise not_offered("Another speed", f"{path}.speed")
        if output.get("format", self._output["format"]).get("type") not in ("audio/pcm", "audio/pcmu"):
            raise not_offered(f"The format {output['format'].get('type')}", f"{path}.format.type")


def _check_modalities(modalities: list[str] | None, path: str) -> None:
    if modalities in (None, ["audio"]):
        return
    if modalities == ["text"]:
        raise not_offered("Text without audio", path)
    raise invalid(f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio'].", path, "invalid_value")
