"""The conversation as the model sees it."""

from ivr.agent.history import History, Round
from ivr.agent.model import ToolCall


def test_what_was_not_heard_is_not_remembered() -> None:
    history = History()
    exchange = history.open("Which doctors?")
    exchange.rounds.append(Round("We have Dr. Kim. And Dr. Chen."))
    history.settle(exchange, "We have Dr. —")
    assert history.messages() == [{"role": "user", "content": "Which doctors?"}, {"role": "assistant", "content": "We have Dr. —"}]


def test_an_exchange_that_was_not_heard_at_all_is_gone() -> None:
    history = History()
    history.settle(history.open("Which doctors?"), "")
    assert history.messages() == []


def test_tool_results_stay_though_nothing_was_heard() -> None:
    history = History()
    exchange = history.open("Book it.")
    call = ToolCall("c1", "book_appointment", "{}")
    exchange.rounds.append(Round("", [call]))
    history.settle(exchange, "")
    assert [message["role"] for message in history.messages()] == ["user"]
    exchange.rounds[0].results["c1"] = {"ok": True}
    assert [message["role"] for message in history.messages()] == ["user", "assistant", "tool"]


def test_words_that_were_heard_are_shared_out_over_the_rounds() -> None:
    history = History()
    exchange = history.open("Book it.")
    exchange.rounds += [Round("Let me look.", [ToolCall("c1", "list_slots", "{}")], {"c1": {}}), Round("There is one at three.")]
    history.settle(exchange, "Let me look. There is —")
    assert [message["content"] for message in history.messages() if message["role"] == "assistant"] == ["Let me look.", "There is —"]


def test_arguments_that_are_no_json_do_not_spoil_the_history() -> None:
    history = History()
    exchange = history.open("Book it.")
    exchange.rounds.append(Round("", [ToolCall("c1", "x", "{oops")], {"c1": {"ok": False}}))
    assert history.messages()[1]["tool_calls"][0]["function"]["arguments"] == "{}"
