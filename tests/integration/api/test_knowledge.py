"""What callers are told, as the desk keeps it: one answer for each topic and language."""

from ivr.models import AuditEntry
from ivr.queue import BookingStates
from tests.integration.api.desk import Desk
from tests.integration.on_the_line import OnTheLine

PARKING = {"topic": "parking", "language": "en", "words": ["car park"], "text": "There is a garage on Mill Street."}


def test_an_answer_is_added_changed_and_removed_and_callers_are_told_so_at_once(admin: Desk, carried_out_here: BookingStates) -> None:
    caller = OnTheLine(carried_out_here)
    made = admin.post("/knowledge", PARKING)
    path, question = f"/knowledge/{made['id']}", {"query": "Is there a car park?"}
    assert admin.get(path) == made and made.items() >= PARKING.items()
    assert caller.uses("hospital_information", **question)["information"][0]["text"] == PARKING["text"]
    admin.change(path, {"text": "The garage is closed."})
    assert caller.uses("hospital_information", **question)["information"][0]["text"] == "The garage is closed."
    admin.remove(path)
    assert caller.fails("hospital_information", **question) == "not_found"
    assert [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)] == ["created", "changed", "removed"]


def test_there_is_one_answer_for_a_topic_in_a_language(admin: Desk) -> None:
    admin.post("/knowledge", PARKING)
    assert admin.post("/knowledge", PARKING, status=409)["code"] == "already_exists"
    spanish = admin.post("/knowledge", PARKING | {"language": "es", "text": "Hay un garaje."})
    admin.post("/knowledge", PARKING | {"topic": "hours"})
    assert [entry["topic"] for entry in admin.get("/knowledge")["items"]] == ["hours", "parking", "parking"]
    assert [entry["id"] for entry in admin.get("/knowledge", topic="parking", language="es")["items"]] == [spanish["id"]]
    assert admin.change(f"/knowledge/{spanish['id']}", {"language": "en"}, status=409)["code"] == "already_exists"
    assert admin.post("/knowledge", PARKING | {"topic": "Car Park", "text": " "}, status=422)["code"] == "invalid_input"


def test_what_no_database_can_keep_is_refused_in_lists_of_words_too(admin: Desk) -> None:
    refusal = admin.post("/knowledge", PARKING | {"words": ["car park", "a\0b"]}, status=422)
    assert (refusal["code"], refusal["errors"][0]["field"]) == ("invalid_input", "words")
