"""What kind of answer a reply asks for, so that endpointing knows how patient to be. Pure."""

import re
from typing import Literal

ExpectedAnswer = Literal["yes_no", "date", "number", "name", "open"]

_DATE = {
    "en": r"date of birth|birth ?date|birthday|born|what (?:day|date)|which (?:day|date)",
    "es": r"fecha de nacimiento|naci[óo]|qué (?:día|fecha)",
}
_NUMBER = {
    "en": r"(?:phone|telephone|mobile|policy|member|insurance) (?:number|id)|number (?:can|should|to) (?:we|I)|digits",
    "es": r"número (?:de (?:teléfono|póliza|móvil|celular))|teléfono|dígitos",
}
_NAME = {
    "en": r"\bname\b|spell|who am I speaking|who is calling",
    "es": r"\bnombre\b|\bapellidos?\b|deletre|con quién hablo|cómo se llama",
}
_OPEN = {
    "en": r"\b(?:what|which|when|where|who|how|why)\b",
    "es": r"\b(?:qué|cuál(?:es)?|cuándo|dónde|quién|cómo|por qué)\b",
}


def expected_answer(reply: str, language: str) -> ExpectedAnswer:
    """The kind of answer that the last question of `reply` asks for; "open" if nothing is asked.

    A date of birth or a number outranks a name when several are asked for at once: the answer ends with the longer one.
    """
    question = _last_question(reply)
    if question is None:
        return "open"
    for kind, words in (("date", _DATE), ("number", _NUMBER), ("name", _NAME)):
        if re.search(words.get(language, words["en"]), question, re.IGNORECASE):
            return kind  # type: ignore[return-value]
    if re.search(_OPEN.get(language, _OPEN["en"]), question, re.IGNORECASE):
        return "open"
    # "The first or the second?" is a choice; "Would you like me to book it?" is a yes or no.
    return "open" if re.search(r"\b(?:or|o)\b", question) else "yes_no"


def _last_question(reply: str) -> str | None:
    sentences = re.split(r"(?<=[.!?])\s+", reply.strip())
    if not sentences:
        return None
    if sentences[-1].endswith("?"):
        return sentences[-1]
    # "Please tell me your date of birth." asks without a question mark.
    asks = r"\b(?:please|tell me|may I have|I need|I'll need|dígame|por favor|necesito|me dice|indíqueme)\b"
    return sentences[-1] if re.search(asks, sentences[-1], re.IGNORECASE) else None
