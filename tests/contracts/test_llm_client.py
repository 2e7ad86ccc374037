"""The model's replies come as events, over kept connections, within their limits, whatever the provider does."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ivr.agent.model import Finished, ModelEvent, TextDelta, ToolCall, ToolNamed
from ivr.clients.llm import ChatLimits, OpenAIChat
from ivr.errors import ProviderError
from tests.contracts.offline_server import OfflineServer, wait_until
from tests.contracts.provider import Threads, provider, took_s

MODEL = "gpt-6-luna"
FALLBACK = "gpt-5.4-mini"
QUICK = ChatLimits(first_token_s=1.0, stall_s=0.4, hedge_after_s=0.3)
WITHOUT_HEDGE = ChatLimits(first_token_s=0.6, stall_s=0.4, hedge_after_s=None)
PATIENT = ChatLimits(first_token_s=10.0, stall_s=10.0, hedge_after_s=None)
"""Nothing is late but what never comes, however busy the machine is."""

TEXT = "Of course. Which day would suit you best?"
MESSAGES = [{"role": "system", "content": "Hospital: Riverside"}, {"role": "user", "content": "I need a heart doctor."}]
TOOL = {
    "type": "function",
    "function": {
        "name": "list_doctors",
        "description": "Doctors",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"specialty": {"type": ["string", "null"]}},
            "required": ["specialty"],
            "additionalProperties": False,
        },
    },
}

Open = Callable[..., OpenAIChat]


@pytest.fixture
def open_chat(stand_in: OfflineServer) -> Iterator[Open]:
    opened: list[OpenAIChat] = []
    stand_in.replies(list=[{"text": TEXT}])

    def open_one(fallback: str | None = None, *, model: str = MODEL, limits: ChatLimits = QUICK, **options: Any) -> OpenAIChat:
        opened.append(OpenAIChat(provider(stand_in.url, model), fallback, limits=limits, **options))
        return opened[-1]

    yield open_one
    for chat in opened:
        chat.close()


def said(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def failure_of(chat: OpenAIChat) -> ProviderError:
    with pytest.raises(ProviderError) as failure:
        list(chat.stream(MESSAGES, []))
    return failure.value


def requests(stand_in: OfflineServer) -> int:
    return int(stand_in.get("/control/stats")["requests"].get("POST /v1/chat/completions", 0))


def connections(stand_in: OfflineServer) -> int:
    return int(stand_in.get("/control/stats")["connections"])


def test_text_comes_in_pieces_and_ends_once(open_chat: Open) -> None:
    events = list(open_chat().stream(MESSAGES, []))
    assert said(events) == TEXT
    assert sum(isinstance(event, TextDelta) for event in events) > 3
    assert [event for event in events if isinstance(event, Finished)] == [events[-1]] == [Finished("stop")]


def test_a_tool_is_named_before_its_call_is_whole(stand_in: OfflineServer, open_chat: Open) -> None:
    stand_in.replies(list=[{"calls": [{"name": "list_doctors", "arguments": {"specialty": "cardiology"}}]}])
    events = list(open_chat().stream(MESSAGES, [TOOL]))
    named, call, finished = events
    assert (named, finished) == (ToolNamed("list_doctors"), Finished("tool_calls"))
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments) == ("list_doctors", '{"specialty":"cardiology"}')


def test_the_model_is_told_not_to_reason_and_where_its_cache_is(stand_in: OfflineServer, open_chat: Open) -> None:
    list(open_chat().stream(MESSAGES, [TOOL]))
    list(open_chat().stream([*MESSAGES, {"role": "assistant", "content": TEXT}, {"role": "user", "content": "Monday."}], []))
    first, second = (item["request"] for item in stand_in.get("/control/completions")["items"][-2:])
    assert (first["model"], first["reasoning_effort"], first["parallel_tool_calls"], first["stream"]) == (MODEL, "none", True, True)
    assert first["tools"] == [TOOL] and "tools" not in second and "parallel_tool_calls" not in second
    assert first["prompt_cache_key"] == second["prompt_cache_key"]
    assert "Riverside" not in first["prompt_cache_key"]
    assert first["max_completion_tokens"] < 1000


def test_an_older_model_is_not_sent_what_it_refuses(open_chat: Open) -> None:
    assert said(list(open_chat(model="gpt-4.1").stream(MESSAGES, [TOOL]))) == TEXT


def test_replies_one_after_the_other_share_a_connection(stand_in: OfflineServer, open_chat: Open) -> None:
    chat = open_chat()
    list(chat.stream(MESSAGES, []))
    before = connections(stand_in)
    for _ in range(5):
        list(chat.stream(MESSAGES, []))
    assert connections(stand_in) == before


def test_a_consumer_that_stops_at_the_end_keeps_the_connection_too(stand_in: OfflineServer, open_chat: Open) -> None:
    chat = open_chat()
    for _ in range(4):
        for event in chat.stream(MESSAGES, []):
            if isinstance(event, Finished):
                break
        wait_until(lambda: stand_in.open_now("completions") == 0)
        before = connections(stand_in)
    assert connections(stand_in) == before


def test_warming_opens_connections_that_the_first_reply_uses(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, threads, before = open_chat(spares=2), Threads(), connections(stand_in)
    chat.warm()
    chat.warm()
    assert wait_until(lambda: connections(stand_in) == before + 2 and not threads.left)
    list(chat.stream(MESSAGES, []))
    assert connections(stand_in) == before + 2


def test_a_cancelled_connection_is_replaced_once_the_pool_is_warm(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, threads = open_chat(spares=2, limits=PATIENT), Threads()
    chat.warm()
    assert wait_until(lambda: not threads.left)
    before = connections(stand_in)
    stand_in.fault("llm", "stall")
    reply = iter(chat.stream(MESSAGES, []))
    next(reply)
    reply.close()  # type: ignore[attr-defined]
    assert wait_until(lambda: connections(stand_in) == before + 1 and not threads.left)


def test_a_reply_that_is_given_up_after_its_end_touches_no_other(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, threads = open_chat(limits=PATIENT), Threads()
    given_up = iter(chat.stream(MESSAGES, []))
    next(given_up)
    assert wait_until(lambda: not threads.left)
    before = connections(stand_in)
    stand_in.profile("fixed")
    other = iter(chat.stream(MESSAGES, []))
    first = next(other)
    assert stand_in.open_now("completions") == 1
    given_up.close()  # type: ignore[attr-defined]
    assert said([first, *other]) == TEXT
    assert connections(stand_in) == before


def test_warming_a_provider_that_is_away_only_warns() -> None:
    threads = Threads()
    chat = OpenAIChat(provider("http://127.0.0.1:9", MODEL))
    chat.warm()
    assert wait_until(lambda: not threads.left)
    assert failure_of(chat).code == "unavailable"


@pytest.mark.parametrize("kind", ["status_429", "status_500", "drop", "garbage"])
def test_a_failure_before_the_first_token_is_tried_again_once_at_once(stand_in: OfflineServer, open_chat: Open, kind: str) -> None:
    chat = open_chat()
    stand_in.fault("llm", kind, after_ms=0)
    assert said(list(chat.stream(MESSAGES, []))) == TEXT


@pytest.mark.parametrize(
    ("kind", "code"), [("status_429", "rate_limited"), ("status_500", "unavailable"), ("drop", "dropped"), ("garbage", "garbage")]
)
def test_a_second_failure_is_told(stand_in: OfflineServer, open_chat: Open, kind: str, code: str) -> None:
    stand_in.fault("llm", kind, after_ms=0, count=5)
    chat, before = open_chat(limits=PATIENT), requests(stand_in)
    failure = failure_of(chat)
    assert (failure.code, failure.retryable) == (code, True)
    assert requests(stand_in) == before + 2


def test_what_is_refused_is_not_tried_again(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, before = open_chat(model="gpt-nonsense", limits=PATIENT), requests(stand_in)
    failure = failure_of(chat)
    assert (failure.code, failure.retryable) == ("refused", False)
    assert requests(stand_in) == before + 1


def test_the_fallback_model_answers_for_one_that_is_refused(stand_in: OfflineServer, open_chat: Open) -> None:
    assert said(list(open_chat(FALLBACK, model="gpt-nonsense").stream(MESSAGES, [TOOL]))) == TEXT


@pytest.mark.parametrize("kind", ["status_429", "status_500"])
def test_the_fallback_model_answers_for_one_that_is_overloaded(stand_in: OfflineServer, open_chat: Open, kind: str) -> None:
    stand_in.fault("llm", kind)
    assert said(list(open_chat(FALLBACK).stream(MESSAGES, []))) == TEXT
    assert stand_in.get("/control/completions")["items"][-1]["request"]["model"] == FALLBACK


def test_a_first_token_that_is_late_gets_a_second_request_beside_it(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, before = open_chat(), requests(stand_in)
    stand_in.fault("llm", "stall", after_ms=0)
    assert said(list(chat.stream(MESSAGES, []))) == TEXT
    assert requests(stand_in) == before + 2
    assert wait_until(lambda: stand_in.open_now("completions") == 0, 1.0)


def test_there_is_one_second_request_and_no_third(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, before = open_chat(), requests(stand_in)
    stand_in.fault("llm", "stall", after_ms=0, count=5)
    assert failure_of(chat).code == "timeout"
    assert requests(stand_in) == before + 2
    assert wait_until(lambda: stand_in.open_now("completions") == 0, 1.0)


def test_hedging_can_be_switched_off_and_the_limit_holds(stand_in: OfflineServer, open_chat: Open) -> None:
    chat, before = open_chat(limits=WITHOUT_HEDGE), requests(stand_in)
    stand_in.fault("llm", "stall", after_ms=0)
    began_s = time.monotonic()
    assert failure_of(chat).code == "timeout"
    assert time.monotonic() - began_s > 0.5
    assert requests(stand_in) == before + 1


@pytest.mark.parametrize(("kind", "code"), [("stall", "timeout"), ("drop", "dropped"), ("garbage", "garbage")])
def test_a_stream_that_breaks_in_the_middle_is_told_after_what_came(stand_in: OfflineServer, open_chat: Open, kind: str, code: str) -> None:
    stand_in.fault("llm", kind)
    events: list[ModelEvent] = []
    with pytest.raises(ProviderError) as failure:
        events.extend(open_chat(limits=WITHOUT_HEDGE).stream(MESSAGES, []))
    assert failure.value.code == code
    assert said(events) == "" or TEXT.startswith(said(events))
    assert requests(stand_in) >= 1


def test_closing_the_iterator_cancels_the_request(stand_in: OfflineServer, open_chat: Open) -> None:
    stand_in.profile("fixed")
    chat, threads = open_chat(limits=WITHOUT_HEDGE), Threads()
    reply = iter(chat.stream(MESSAGES, []))
    next(reply)
    assert stand_in.open_now("completions") == 1
    assert took_s(reply.close) < 0.1  # type: ignore[attr-defined]
    assert wait_until(lambda: stand_in.open_now("completions") == 0 and not threads.left, 1.0)


def test_a_reply_that_is_given_up_before_its_first_token_is_cancelled_too(stand_in: OfflineServer, open_chat: Open) -> None:
    stand_in.fault("llm", "stall", after_ms=0)
    chat, threads = open_chat(limits=WITHOUT_HEDGE), Threads()
    assert failure_of(chat).code == "timeout"
    assert wait_until(lambda: stand_in.open_now("completions") == 0 and not threads.left, 1.0)


def test_replies_to_several_calls_at_once_do_not_mix(stand_in: OfflineServer, open_chat: Open) -> None:
    rules = [{"match": f"^caller {number}$", "text": f"Hello caller number {number}."} for number in range(8)]
    stand_in.replies(rules=rules)
    chat, heard = open_chat(), {}

    def ask(number: int) -> None:
        heard[number] = said(list(chat.stream([{"role": "user", "content": f"caller {number}"}], [])))

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(5)
    assert heard == {number: f"Hello caller number {number}." for number in range(8)}
