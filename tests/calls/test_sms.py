"""Text messages through a running Lilly: sent by a worker, reported and answered over Twilio's signed webhooks."""

import secrets

import pytest
import requests

from ivr import sms
from ivr.models import Appointment, SmsKind, SmsMessage, SmsOptOut, database
from ivr.stack import Stack
from tests.calls.test_telephone import post
from tests.contracts.offline_server import wait_until

pytestmark = pytest.mark.timeout(120)

PATIENT = "+12025550188"


@pytest.fixture
def message(stack: Stack) -> SmsMessage:
    """A confirmation that waits to be sent."""
    with database.connection_context():
        appointment = Appointment.select().where(Appointment.status == "booked").order_by(Appointment.starts_at.desc()).first()
        written = sms.write_for(SmsKind.BOOKED, appointment, f"test:{secrets.token_hex(8)}", "es")
        SmsMessage.update(to_number=PATIENT).where(SmsMessage.id == written.id).execute()
        return written


def state_of(message: SmsMessage) -> str:
    with database.connection_context():
        return str(SmsMessage.get_by_id(message.id).state)


def opted_out() -> bool:
    with database.connection_context():
        return bool(SmsOptOut.select().where(SmsOptOut.number == PATIENT).exists())


def test_a_message_is_sent_once_and_its_delivery_is_reported(stack: Stack, message: SmsMessage) -> None:
    assert wait_until(lambda: state_of(message) == "delivered", 30)

    with database.connection_context():
        sid = SmsMessage.get_by_id(message.id).sid
    sent = requests.get(f"{stack.offline_url}/control/twilio", timeout=10).json()["messages"]
    mine = [(one["sid"], "reservada" in one["body"]) for one in sent if one["to"] == PATIENT]
    assert mine == [(sid, True)]


def test_who_replies_stop_is_left_alone_until_they_reply_start(stack: Stack) -> None:
    for text, is_out in (("Hola", False), ("PARAR", True), ("START", False)):
        answer = post(stack, "/voice/sms-incoming", {"From": PATIENT, "To": "+12025550100", "Body": text})

        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        assert answer.text.endswith("<Response />")
        assert opted_out() == is_out


def test_nobody_but_twilio_is_listened_to(stack: Stack) -> None:
    forms = {"/voice/sms-incoming": {"From": PATIENT, "Body": "STOP"}, "/voice/sms-status?message=1": {"MessageSid": "SM" + "0" * 32}}
    for path, form in forms.items():
        assert post(stack, path, form, signature="wrong").status_code == 403
    assert not opted_out()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/voice/sms-status", {"MessageSid": "SM" + "0" * 32, "MessageStatus": "sent"}),
        ("/voice/sms-status?message=99999999999", {"MessageSid": "SM" + "0" * 32, "MessageStatus": "sent"}),
        ("/voice/sms-status?message=1", {"MessageSid": "nonsense", "MessageStatus": "sent"}),
        ("/voice/sms-status?message=1", {"MessageSid": "SM" + "0" * 32, "MessageStatus": "<script>"}),
        ("/voice/sms-incoming", {"From": "nobody", "Body": "STOP"}),
    ],
)
def test_rubbish_is_refused(stack: Stack, path: str, form: dict[str, str]) -> None:
    assert post(stack, path, form).status_code == 400


def test_a_report_of_an_unknown_message_is_taken_without_complaint(stack: Stack) -> None:
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}

    assert post(stack, "/voice/sms-status?message=2147483647", form).status_code == 204
