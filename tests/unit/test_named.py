"""What is said to be done is said of the right doctor at the right time; what cannot be read raises no alarm."""

from datetime import date
from typing import Any

import pytest

from ivr.agent.claims import unproven
from ivr.agent.claims.named import named_in, named_times
from ivr.agent.history import Round
from ivr.agent.model import ToolCall

SAMIR = {"appointment_id": 1, "doctor": "Dr. Samir", "date": "2026-11-30", "weekday": "Monday", "time": "14:30", "status": "booked"}
NUNEZ = SAMIR | {"appointment_id": 2, "doctor": "Dr. Muñoz", "time": "09:00"}

RIGHT = [
    "You're booked with Dr. Samir on Monday at 2:30 PM.",
    "You're booked with Doctor Samir at half past two.",
    "I've booked Dr. Samir's first time, at 14:30.",
    "Booked with Dr. Adam Samir at two thirty in the afternoon.",
    "It's booked for two thirty on Monday.",
    "You're booked at 2:30.",
    "You're booked at 2:30 p.m. for 30 minutes.",
    "You're booked at 2:30 PM, please come at 2:15 PM.",
    "Your appointment has been moved from 9:00 AM to 2:30 PM.",
    "I've moved your 9:00 appointment.",
    "I've moved your 9 AM appointment with Dr. Samir.",
    "I've moved you from Dr. Kim to Dr. Samir.",
    "You're booked with the doctor you asked for.",
    "You're booked with dr. kim, was it?",
    "You're booked at 12 Hospital Road.",
    "It's booked for five minutes more.",
    "You're booked in room 9 on the third floor.",
    "Su cita queda reservada con el doctor Samir a las dos y media.",
    "Su cita queda reservada a las dos y media de la tarde.",
    "Le he reservado el lunes a las 14:30 con el Dr. Samir.",
    "Queda reservada para las 2:30 p. m. con el Dr. Samir.",
    "He cambiado su cita de las 9:00.",
    "Su cita queda reservada en cinco minutos.",
]

WRONG = [
    "You're booked with Dr. Kim on Monday at 2:30 PM.",
    "You're booked with Dr. Samir on Monday at 3:30 PM.",
    "You're booked with Doctor Kim.",
    "I've booked Dr. Kim's first time.",
    "You're booked at 2:30 AM.",
    "You're booked at half past three.",
    "You're booked at a quarter to three.",
    "You're booked at two.",
    "You're booked at 2 o'clock.",
    "It's booked for two fifteen on Monday.",
    "It's booked at two thirty in the morning.",
    "You're booked at noon.",
    "Your appointment has been moved to 9:00 AM.",
    "Su cita queda reservada con la doctora Kim a las dos y media.",
    "Su cita queda reservada a las tres y media.",
    "Su cita queda reservada a las tres menos cuarto.",
    "Su cita queda reservada a las dos y media de la mañana.",
    "Le he reservado el lunes a las 15:30.",
    "Queda reservada para las dos.",
]

TODAY = date(2026, 11, 28)
"""A Saturday."""

RIGHT_DAY = [
    "You're booked on Monday, November 30, at 2:30 PM.",
    "You're booked for the thirtieth of November.",
    "You're booked on November 30th.",
    "You're booked on the 30th.",
    "You're booked on the 3rd floor.",
    "You're booked for Nov. 30 at half past two.",
    "You're booked the day after tomorrow at 2:30 PM.",
    "I've booked it today, for Monday at 2:30 PM.",
    "You're booked, and we'll text you on Sunday.",
    "You're booked, please call us before Friday if you can't come.",
    "Your date of birth, March 4, 1982, is confirmed and you're booked.",
    "Su cita queda reservada para el lunes 30 de noviembre a las dos y media.",
    "Su cita queda reservada para pasado mañana.",
    "Su cita queda reservada para el lunes por la mañana.",
    "Queda reservada para el treinta de noviembre.",
    "Queda reservada, le enviaremos un mensaje el domingo.",
    "Está reservada para el lunes 2 de la tarde.",
]

WRONG_DAY = [
    "You're booked with Dr. Samir on Wednesday at 2:30 PM.",
    "You're booked on Tuesday, November 30.",
    "You're booked on Monday, December 1.",
    "You're booked for the third of March.",
    "You're booked on March 3rd.",
    "You're booked on the 3rd at 2:30 PM.",
    "You're booked for the thirty-first of November.",
    "You're booked for the twenty fourth of November.",
    "You're booked tomorrow at 2:30 PM.",
    "You're booked for today.",
    "Su cita queda reservada para el miércoles a las dos y media.",
    "Su cita queda reservada para el 3 de marzo.",
    "Su cita queda reservada para el lunes 30 de diciembre.",
    "Su cita queda reservada para el tres de marzo.",
    "Queda reservada para el treinta y uno de noviembre.",
    "Queda reservada para mañana a las dos y media.",
    "Queda reservada para hoy.",
]

TIMES = [
    ("at a quarter past two", {"02:15", "14:15"}),
    ("at a quarter to one", {"00:45", "12:45"}),
    ("at twelve thirty p.m.", {"12:30"}),
    ("at 12 AM", {"00:00"}),
    ("at nine o'clock", {"09:00", "21:00"}),
    ("at noon", {"12:00"}),
    ("a la una y cuarto de la tarde", {"13:15"}),
    ("a las nueve y cinco", {"09:05", "21:05"}),
    ("a las once menos diez de la mañana", {"10:50"}),
    ("at 25:99", set()),
    ("for 15 minutes, at 5 Main Street", set()),
]


@pytest.mark.parametrize("text", RIGHT)
def test_the_right_doctor_and_time_and_what_cannot_be_read_raise_no_alarm(text: str) -> None:
    assert not named_in(text).contradict([SAMIR])


@pytest.mark.parametrize("text", WRONG)
def test_another_doctor_or_time_than_the_results_is_found(text: str) -> None:
    assert named_in(text).contradict([SAMIR])


@pytest.mark.parametrize("text", RIGHT_DAY)
def test_the_right_day_and_days_of_something_else_raise_no_alarm(text: str) -> None:
    assert not named_in(text, TODAY).contradict([SAMIR])


@pytest.mark.parametrize("text", WRONG_DAY)
def test_another_day_than_the_results_is_found(text: str) -> None:
    assert named_in(text, TODAY).contradict([SAMIR])


def test_tomorrow_says_nothing_where_today_is_not_known() -> None:
    assert not named_in("You're booked tomorrow at 2:30 PM.").contradict([SAMIR])


@pytest.mark.parametrize("text", ["I've moved your Friday appointment.", "I've moved it from Friday.", "He cambiado su cita del viernes."])
def test_what_is_moved_may_be_called_by_its_old_day(text: str) -> None:
    assert not named_in(text, moved=True).contradict([SAMIR])
    assert named_in(text).contradict([SAMIR])


@pytest.mark.parametrize(("text", "times"), TIMES)
def test_a_time_is_read_as_what_it_may_mean(text: str, times: set[str]) -> None:
    assert {f"{one:%H:%M}" for one in named_times(text)} == times


def test_one_of_several_appointments_is_enough_and_none_says_nothing() -> None:
    assert not named_in("You have a visit booked with Dr. Munoz at 9 AM.").contradict([SAMIR, NUNEZ])
    assert named_in("You have a visit booked with Dr. Kim.").contradict([SAMIR, NUNEZ])
    assert not named_in("You're booked with Dr. Kim at 9.").contradict([])


def after(name: str, **result: Any) -> list[Round]:
    return [Round(calls=[ToolCall("call_1", name, "{}")], results={"call_1": result})]


@pytest.mark.parametrize(
    ("name", "result", "text", "caught"),
    [
        ("book_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "You're booked with Dr. Samir at 2:30 PM.", False),
        ("book_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "You're booked with Dr. Kim at 2:30 PM.", True),
        ("book_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "Su cita queda reservada a las tres.", True),
        ("book_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "You're booked on Tuesday at 2:30 PM.", True),
        ("reschedule_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "I've moved your Friday visit.", False),
        ("cancel_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "I've cancelled your Friday visit.", True),
        ("reschedule_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "I've moved it to 3:30 PM.", True),
        ("cancel_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "I've cancelled your visit with Dr. Kim.", True),
        ("list_my_appointments", {"ok": True, "appointments": [SAMIR, NUNEZ]}, "You have one booked at 9 AM.", False),
        ("list_my_appointments", {"ok": True, "appointments": [SAMIR, NUNEZ]}, "You have one booked at 10 AM.", True),
        ("book_appointment", {"ok": True, "state": "done", "appointment": SAMIR}, "Shall I ask Dr. Kim at 3 PM too?", False),
        ("book_appointment", {"ok": True, "state": "done", "appointment": {"appointment_id": 1}}, "You're booked at 3 PM.", False),
    ],
)
def test_a_claim_is_held_against_the_result_that_bears_it_out(name: str, result: dict[str, Any], text: str, caught: bool) -> None:
    assert unproven(text, after(name, **result)) is caught
