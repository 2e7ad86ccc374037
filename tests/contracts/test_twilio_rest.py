"""The Twilio stand-in under the official SDK: its shapes, its errors, and the caller's side door."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from aiohttp import web
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.offline.faults import Faults
from ivr.offline.telephone.rest import TwilioRest
from tests.calls.fake_lilly import serving
from tests.contracts.offline_server import wait_until

ACCOUNT = "AC" + "1" * 32
CALL = "CA" + "2" * 32
CALLER, HOSPITAL = "+12025550143", "+12025550100"


class Redirected(TwilioHttpClient):
    """The SDK's HTTP client with another host."""

    def __init__(self, base_url: str, timeout_s: float = 3.0) -> None:
        super().__init__(timeout=timeout_s)
        self._base_url = base_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._base_url), *args, **kwargs)


class Exchange:
    """The stand-in's address, its faults, and its side door."""

    def __init__(self, url: str, faults: Faults) -> None:
        self.url = url
        self.faults = faults

    def get(self, path: str) -> Any:
        """A control route's answer."""
        response = requests.get(self.url + path, timeout=5)
        response.raise_for_status()
        return response.json()


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """Twilio's part of the stand-in, alone."""
    faults, app = Faults(), web.Application()
    TwilioRest(faults).add_to(app)
    with serving(app) as url:
        yield Exchange(url, faults)


@pytest.fixture
def twilio(exchange: Exchange) -> Client:
    """The official SDK, talking to the stand-in."""
    return Client(ACCOUNT, "any token", http_client=Redirected(exchange.url))


@pytest.fixture
def call(exchange: Exchange) -> str:
    """A call that a caller has registered."""
    body = {"sid": CALL, "account_sid": ACCOUNT, "from": CALLER, "to": HOSPITAL, "status": "in-progress"}
    requests.post(exchange.url + "/control/twilio/calls", json=body, timeout=3).raise_for_status()
    return CALL


def refusal(ask: Callable[[], Any]) -> tuple[int, int | None]:
    """The HTTP status and Twilio's code of a request that fails."""
    with pytest.raises(TwilioRestException) as error:
        ask()
    return error.value.status, error.value.code


def test_a_call_can_be_looked_up(twilio: Client, call: str) -> None:
    found = twilio.calls(call).fetch()

    assert (found.sid, found._from, found.to) == (CALL, CALLER, HOSPITAL)
    assert (found.status, found.direction, found.account_sid) == ("in-progress", "inbound", ACCOUNT)
    assert found.start_time is not None
    assert [listed.sid for listed in twilio.calls.list(limit=5)] == [CALL]


def test_ending_a_call_reaches_its_caller_and_shows_in_its_status(exchange: Exchange, twilio: Client, call: str) -> None:
    assert twilio.calls(call).update(status="completed").status == "completed"

    assert exchange.get(f"/control/twilio/calls/{call}/orders") == {"orders": [{"kind": "completed"}], "ended": True}
    assert twilio.calls(call).fetch().duration is not None


def test_a_redirect_reaches_its_caller(exchange: Exchange, twilio: Client, call: str) -> None:
    twilio.calls(call).update(twiml="<Response><Hangup/></Response>")
    twilio.calls(call).update(url="https://lilly.example/next", method="POST")

    orders = exchange.get(f"/control/twilio/calls/{call}/orders")["orders"]
    assert orders[0] == {"kind": "redirect", "twiml": "<Response><Hangup/></Response>"}
    assert orders[1] == {"kind": "redirect", "url": "https://lilly.example/next", "method": "POST"}
    assert exchange.get(f"/control/twilio/calls/{call}/orders?after=1")["orders"] == orders[1:]


def test_a_caller_that_waits_is_told_at_once(exchange: Exchange, twilio: Client, call: str) -> None:
    told: list[Any] = []
    waiting = threading.Thread(target=lambda: told.append(exchange.get(f"/control/twilio/calls/{call}/orders")))
    waiting.start()
    twilio.calls(call).update(status="completed")
    waiting.join(5)

    assert told == [{"orders": [{"kind": "completed"}], "ended": True}]


def test_a_call_that_is_over_cannot_be_changed(twilio: Client, call: str) -> None:
    twilio.calls(call).update(status="completed")

    assert refusal(lambda: twilio.calls(call).update(twiml="<Response/>")) == (400, 21220)


def test_an_outbound_call_is_written_down(twilio: Client) -> None:
    created = twilio.calls.create(to=CALLER, from_=HOSPITAL, twiml="<Response/>")

    assert (created.status, created.direction) == ("queued", "outbound-api")
    assert twilio.calls(created.sid).fetch().to == CALLER


def test_a_message_is_accepted_and_kept(exchange: Exchange, twilio: Client) -> None:
    sent = twilio.messages.create(to=CALLER, from_=HOSPITAL, body="See you on Monday at 2:30 PM.")

    assert (sent.status, sent.num_segments, sent.direction) == ("queued", "1", "outbound-api")
    kept = exchange.get("/control/twilio")["messages"]
    assert [(message["to"], message["body"]) for message in kept] == [(CALLER, "See you on Monday at 2:30 PM.")]


def test_a_messages_delivery_is_called_back_signed(twilio: Client, deliveries: tuple[str, list[dict[str, str]]]) -> None:
    address, received = deliveries
    sent = twilio.messages.create(to=CALLER, from_=HOSPITAL, body="Hello.", status_callback=address + "/sms-status")

    assert wait_until(lambda: len(received) == 2)
    assert [form["MessageStatus"] for form in received] == ["sent", "delivered"]
    assert {form["MessageSid"] for form in received} == {sent.sid}
    assert all(form["signature"] for form in received)


@pytest.fixture
def deliveries() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Somewhere that delivery reports can be posted, and those that were."""
    received: list[dict[str, str]] = []

    async def receive(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        received.append(form | {"signature": request.headers.get("X-Twilio-Signature", "")})
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/sms-status", receive)
    with serving(app) as address:
        yield address, received


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"to": "5551234", "from_": HOSPITAL, "body": "Hello."}, 21211),
        ({"to": CALLER, "from_": "+1", "body": "Hello."}, 21212),
        ({"to": CALLER, "body": "Hello."}, 21603),
        ({"to": CALLER, "from_": HOSPITAL}, 21602),
        ({"to": CALLER, "from_": HOSPITAL, "body": "x" * 1601}, 21617),
        ({"to": CALLER, "from_": HOSPITAL, "body": "Hello.", "status_callback": "nowhere"}, 21609),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused_with_twilios_code(twilio: Client, message: dict[str, str], code: int) -> None:
    assert refusal(lambda: twilio.messages.create(**message)) == (400, code)


def test_an_unknown_call_is_not_found_and_says_where_to_read_more(exchange: Exchange, twilio: Client) -> None:
    assert refusal(lambda: twilio.calls("CA" + "9" * 32).fetch()) == (404, 20404)

    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA0.json"
    error = requests.get(exchange.url + path, auth=(ACCOUNT, "token"), timeout=3).json()
    assert error.keys() == {"code", "message", "more_info", "status"}


def test_without_the_accounts_credentials_nothing_is_told(exchange: Exchange, call: str) -> None:
    stranger = Client("AC" + "3" * 32, "token", account_sid=ACCOUNT, http_client=Redirected(exchange.url))
    assert refusal(lambda: stranger.calls(call).fetch()) == (401, 20003)

    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=0))
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{call}.json"
        assert session.get(exchange.url + path, timeout=3).status_code == 401
        assert session.get(exchange.url + path, auth=(ACCOUNT, ""), timeout=3).status_code == 401


@pytest.mark.parametrize(("kind", "answer"), [("status_429", (429, 20429)), ("status_500", (500, 20500))])
def test_faults_can_be_ordered(exchange: Exchange, twilio: Client, call: str, kind: str, answer: tuple[int, int]) -> None:
    exchange.faults.add({"target": "twilio", "kind": kind})

    assert refusal(lambda: twilio.calls(call).fetch()) == answer
    assert twilio.calls(call).fetch().sid == call


@pytest.mark.parametrize("kind", ["stall", "drop"])
def test_a_stall_or_a_drop_leaves_the_client_without_an_answer(exchange: Exchange, twilio: Client, call: str, kind: str) -> None:
    exchange.faults.add({"target": "twilio", "kind": kind})
    impatient = Client(ACCOUNT, "token", http_client=Redirected(exchange.url, timeout_s=0.3))

    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        impatient.calls(call).fetch()
    assert twilio.calls(call).fetch().sid == call
