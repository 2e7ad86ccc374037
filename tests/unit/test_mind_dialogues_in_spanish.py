"""Whole conversations with the rule-based mind in Spanish, as the caller's words and what must be said and called in answer."""

import pytest

from tests.unit.front_desk import Dialogue, Step, one_appointment, play, two_appointments

TOMORROW_AFTERNOON = {"date_from": "2026-11-23", "date_to": "2026-11-23", "part_of_day": "afternoon"}
GOODBYE = "Gracias por llamar. ¡Adiós!"
ASKED: list[tuple[str, dict[str, object]]] = [("hospital_information", {})]

DIALOGUES = [
    Dialogue(
        "a booking in Spanish, the call still being taken for English",
        [
            Step(
                "Tienen un cardiólogo mañana por la tarde.",
                "¡Sí! Hay cita con Dr. Samir a las 2:30 y a las 3:00 de la tarde. ¿Quiere que la reserve?",
                [("list_slots", {"specialty": "cardiology", **TOMORROW_AFTERNOON})],
            ),
            Step("La primera, por favor.", "Muy bien. ¿Me dice su nombre completo y su fecha de nacimiento?"),
            Step("Me llamo Lucia Fernández.", "Gracias. ¿Y su fecha de nacimiento, por favor?"),
            Step(
                "así el 12 de julio de 1990.",
                "Su cita con Dr. Samir queda reservada para mañana a las 2:30 de la tarde. ¿Puedo ayudarle en algo más?",
                [("identify_patient", {"name": "Lucia Fernández", "date_of_birth": "1990-07-12"}), ("book_appointment", {"slot_id": 1})],
            ),
            Step("No eso es todo gracias.", GOODBYE, [("end_call", {})]),
        ],
    ),
    Dialogue(
        "a booking in Spanish that begins with nothing but the wish",
        [
            Step("Hola, quisiera pedir una cita.", "Por supuesto. ¿Con qué especialidad o doctor desea la cita?"),
            Step(
                "con un dermatólogo",
                "Por supuesto. Hay cita con Dr. Kim el martes 24 de noviembre a las 9:00 y a las 10:30 de la mañana. ¿Quiere",
                [("list_slots", {"specialty": "dermatology"})],
            ),
            Step("Sí confirmela.", "¿Cuál prefiere, las 9:00 o las 10:30?"),
            Step("La segunda", "Muy bien. ¿Me dice su nombre completo y su fecha de nacimiento?"),
            Step("¿Cuál es el horario de atención los sábados?", "Lo siento, no puedo decírselo. ¿Me dice su nombre completo", ASKED),
            Step(
                "Mi nombre es María González y nací el 4 de marzo de 1982.",
                "Su cita con Dr. Kim queda reservada para el martes 24 de noviembre a las 10:30 de la mañana.",
                [("identify_patient", {"name": "María González", "date_of_birth": "1982-03-04"}), ("book_appointment", {})],
            ),
            Step("No gracias.", GOODBYE, [("end_call", {})]),
        ],
        language="es",
    ),
    Dialogue(
        "a move in Spanish although the doctor's name was heard together with the next word",
        [
            Step(
                "Quiero cambiar mi cita con la doctora Quimal jueves a las tres y media.",
                "Por supuesto. ¿Me dice su nombre completo y su fecha de nacimiento?",
            ),
            Step(
                "Me llamo Lucía Fernández, nací el doce de julio de mil novecientos noventa.",
                "Su cita queda cambiada. Le atenderá Dr. Kim el jueves 26 de noviembre a las 3:30 de la tarde.",
                [
                    ("identify_patient", {"date_of_birth": "1990-07-12"}),
                    ("list_my_appointments", {}),
                    ("list_slots", {"date_from": "2026-11-26", "not_before": "15:30"}),
                    ("reschedule_appointment", {"appointment_id": 1}),
                ],
            ),
        ],
        one_appointment,
        "es",
    ),
    Dialogue(
        "a cancellation and a list of doctors in Spanish",
        [
            Step("Necesito cancelar mi cita del viernes.", "Por supuesto. ¿Me dice su nombre completo y su fecha de nacimiento?"),
            Step(
                "Lucía Fernández, el doce de julio de 1990",
                "Tiene una cita con Dr. Chen el viernes 27 de noviembre a las 10:00 de la mañana. ¿Quiere que la cancele?",
                [("identify_patient", {"name": "Lucía Fernández"}), ("list_my_appointments", {})],
            ),
            Step("Si por favor.", "queda cancelada. ¿Puedo ayudarle en algo más?", [("cancel_appointment", {"appointment_id": 2})]),
            Step("que médicos tienen en dermatología.", "En dermatología tenemos a Dr. Kim. ¿Quiere una cita?", [("list_doctors", {})]),
            Step("no, nada más", GOODBYE, [("end_call", {})]),
        ],
        two_appointments,
        "es",
    ),
]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)
def test_dialogue(dialogue: Dialogue) -> None:
    play(dialogue)
