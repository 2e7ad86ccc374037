"""Messages through Twilio's REST: sent with a callback that names our id, found again, refused by Twilio's own code."""

from datetime import UTC, datetime, timedelta

import pytest

from ivr.clients import twilio
from ivr.clients.twilio import TwilioCarrier
from ivr.errors import ProviderError
from tests.contracts.offline_server import OfflineServer
from tests.contracts.test_twilio_client import CALLER, HOSPITAL, settings

BODY = "Mercy: your appointment is booked."


@pytest.fixture
def carrier(stand_in: OfflineServer) -> TwilioCarrier:
    stand_in.forget_calls()
    made = twilio.carrier(settings(stand_in.url, twilio_from_number=HOSPITAL))
    assert made is not None
    return made


def test_a_message_that_was_sent_is_found_by_its_text_and_number(carrier: TwilioCarrier) -> None:
    since = datetime.now(UTC)
    assert carrier.find(CALLER, BODY, since) == []

    sid = carrier.send(CALLER, BODY, 7)

    assert carrier.find(CALLER, BODY, since) == [sid]
    assert carrier.find(CALLER, f"{BODY} Twice.", since) == []
    assert carrier.find("+15550198235", BODY, since) == []
    assert carrier.find(CALLER, BODY, since + timedelta(minutes=5)) == []

    again = carrier.send(CALLER, BODY, 8)
    assert sorted(carrier.find(CALLER, BODY, since)) == sorted((sid, again))


def test_what_twilio_refuses_is_told_by_its_own_code(carrier: TwilioCarrier) -> None:
    with pytest.raises(ProviderError) as failure:
        carrier.send("12", BODY, 7)

    assert (failure.value.provider_code, failure.value.retryable) == ("21211", False)


@pytest.mark.parametrize("missing", ["twilio_account_sid", "twilio_auth_token", "twilio_from_number"])
def test_without_an_account_a_token_or_a_number_there_is_no_carrier(stand_in: OfflineServer, missing: str) -> None:
    assert twilio.carrier(settings(stand_in.url, **({"twilio_from_number": HOSPITAL} | {missing: None}))) is None
