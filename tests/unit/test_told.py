"""What an answer tells of an appointment in the clauses after "you're booked" is right, too; what it says of other things stays."""

from datetime import date

import pytest

from ivr.agent.claims import unproven
from tests.unit.test_claims import after

VISIT = {"appointment_id": 1, "doctor": "Dr. Samir", "date": "2026-11-24", "weekday": "Tuesday", "time": "14:30", "status": "booked"}
OLD = VISIT | {"doctor": "Dr. Chen", "date": "2026-11-27", "weekday": "Friday", "time": "10:00"}
TODAY = date(2026, 11, 22)
"""A Sunday."""

WRONG = """
You're booked. | That's Friday at ten with Dr. Chen.
You're booked. | That's with Dr. Chen.
You're booked. | It's on Friday at half past two.
You're booked. | So, that is Tuesday at ten.
Your appointment is confirmed. | You'll see Dr. Chen on Tuesday.
You're booked. | Friday at ten with Dr. Chen.
You're booked, Maria, | for Friday at ten with Dr. Chen.
I've booked it for you: | Friday, November 27, at ten in the morning, with Dr. Chen.
You're booked. | Your appointment is on Friday at ten.
You're booked. | The time is 3:30 PM.
You're booked. | That's tomorrow at half past two.
You're booked. | Thank you for waiting. | Your visit is with Dr. Chen.
You're booked. | That's Tuesday at half past two. | It's with Dr. Chen.
You're booked. | Dr. Chen will be seeing you.
You're booked. | It's the third of December.
You're all set. | That's Friday at ten with Dr. Chen, anything else?
You're booked. | And that's at three thirty, so please come at three fifteen.
Su cita queda reservada. | Es el viernes a las diez con el doctor Chen.
Su cita queda reservada. | Es con el doctor Chen.
Queda reservada. | Sería un placer verle. | Su cita es el viernes a las diez.
Su cita está confirmada, María, | para el viernes a las diez.
Su cita queda reservada. | El viernes a las diez y media, con el doctor Chen.
Su cita queda reservada. | Le atenderá el doctor Chen.
Su cita queda reservada. | El doctor Chen le atenderá.
Su cita queda reservada. | Eso es mañana a las dos y media.
""".strip().splitlines()

RIGHT = """
You're booked. | That's Tuesday at half past two with Dr. Samir.
You're booked. | It's the day after tomorrow.
You're booked. | It's at 2:30 p.m. with Dr. Samir. | Anything else?
You're booked, Maria, | for Tuesday, November 24, at half past two.
You're booked. | We are closed on Friday.
You're booked. | Shall I also look for a time on Friday?
You're booked. | Please come ten minutes before, at two twenty.
You're booked. | It's best to arrive at two fifteen.
You're booked. | You'll see the nurse at two fifteen first.
You're booked. | That's Tuesday at half past two, shall I look at Friday with Dr. Chen too?
You're booked. | That's Tuesday at half past two, so please come at two fifteen.
You're booked. | On Friday I also have ten o'clock with Dr. Chen.
You're booked. | Friday at ten with Dr. Chen would be free, too.
You're booked. | For the second visit, would Friday at ten be good?
You're booked. | For the second visit I have two times: | Friday at ten with Dr. Chen, | or Monday at nine with Dr. Kim.
You're booked. | The pharmacy opens at eight on Friday.
You're booked. | Dr. Chen sends his regards.
You're booked. | Your other appointment is on Friday at ten with Dr. Chen.
You're booked. | You also have an appointment on Friday at ten with Dr. Chen.
You're booked. | Your visit with Dr. Chen on Friday at ten stays as it is.
You're booked. | It's on the third floor of the main building.
You're booked. | It's in room nine.
You're booked. | If you can't come, call us before Friday.
You're booked. | We'll text you on Monday at ten.
You're booked. | Is that Friday at ten?
You're booked. | Would you like Friday at ten with Dr. Chen, too?
You're booked. | Tomorrow we open at eight.
You're booked. | That's a week from Tuesday in the other building, isn't it?
You're booked. | The lab is open until five on Friday.
You're booked. | Parking is free on Friday.
You're booked. | It's Dr. Samir's first day, on Tuesday.
You're booked. | About the flu shot: | that's on Friday at ten.
You're booked. | That's instead of Friday at ten with Dr. Chen.
You're booked. | That's not Friday but Tuesday.
Su cita queda reservada. | Es el martes a las dos y media con el doctor Samir.
Su cita queda reservada. | Es el martes 24 de noviembre a las dos y media.
Su cita queda reservada. | El viernes estamos cerrados.
Su cita queda reservada. | ¿Busco también el viernes a las diez?
Su cita queda reservada. | Venga a las dos y cuarto, por favor.
Su cita queda reservada. | El viernes también tengo a las diez con el doctor Chen.
Su cita queda reservada. | Su otra cita es el viernes a las diez.
Su cita queda reservada. | La farmacia abre a las ocho.
Su cita queda reservada. | Es en el tercer piso.
Su cita queda reservada. | Mañana abrimos a las ocho.
Su cita queda reservada. | El doctor Chen habla inglés.
Su cita queda reservada. | Para el viernes tendría que llamar otra vez.
I have two times for you. | Friday at ten with Dr. Chen.
Dr. Chen is free. | That's Friday at ten.
""".strip().splitlines()


def caught(answer: str, tool: str, *before: dict[str, object]) -> list[bool]:
    """Of each clause, whether it is withheld after a tool that has made the visit."""
    clauses = answer.split(" | ")
    rounds = [*after("list_my_appointments", ok=True, appointments=list(before)), *after(tool, ok=True, state="done", appointment=VISIT)]
    return [unproven(clause, rounds, today=TODAY, said=clauses[:n]) for n, clause in enumerate(clauses)]


@pytest.mark.parametrize("answer", WRONG)
def test_details_of_another_appointment_are_found_after_the_claim(answer: str) -> None:
    *before, last = caught(answer, "book_appointment")
    assert last and not any(before)


@pytest.mark.parametrize("answer", RIGHT)
def test_right_details_and_other_matters_raise_no_alarm(answer: str) -> None:
    assert not any(caught(answer, "book_appointment"))


def test_what_has_been_moved_is_not_told_with_its_old_day() -> None:
    assert caught("I've moved your appointment. | That's Friday at ten with Dr. Chen.", "reschedule_appointment", OLD)[-1]
    assert not caught("I've moved it from Friday. | That's Tuesday at half past two.", "reschedule_appointment", OLD)[-1]


def test_your_appointment_is_none_that_has_been_cancelled() -> None:
    assert caught("It's cancelled. | That was Friday at ten with Dr. Chen.", "cancel_appointment")[-1]
    assert not caught("It's cancelled. | Your appointment is on Friday at ten with Dr. Chen.", "cancel_appointment")[-1]


def test_details_say_nothing_where_nothing_was_claimed() -> None:
    assert not unproven("That's Friday at ten with Dr. Chen.", [], today=TODAY, said=["I have one time for you."])
