"""What kind of answer a reply asks for."""

import pytest

from ivr.agent.expected_answer import expected_answer


@pytest.mark.parametrize(
    ("reply", "language", "kind"),
    [
        ("Yes! Dr. Samir is free at 2:30. Would you like me to book it?", "en", "yes_no"),
        ("May I have your name and date of birth, please?", "en", "date"),
        ("Could you give me your telephone number?", "en", "number"),
        ("What is your name?", "en", "name"),
        ("Please spell your last name.", "en", "name"),
        ("Please tell me your date of birth.", "en", "date"),
        ("How can I help you today?", "en", "open"),
        ("Which one would you like, 2:30 or 3:00?", "en", "open"),
        ("You're booked with Dr. Kim.", "en", "open"),
        ("", "en", "open"),
        ("¿Se la reservo?", "es", "yes_no"),
        ("¿Me dice su nombre y su fecha de nacimiento?", "es", "date"),
        ("¿Cuál es su número de teléfono?", "es", "number"),
        ("¿Cómo se llama usted?", "es", "name"),
        ("¿En qué puedo ayudarle?", "es", "open"),
    ],
)
def test_the_last_question_decides(reply: str, language: str, kind: str) -> None:
    assert expected_answer(reply, language) == kind
