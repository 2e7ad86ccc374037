"""Which form a Spanish number takes from the words around it. Pure."""

import re

from ivr.agent.spoken.es.numerals import Form

_MASCULINE = frozenset(
    "día días problema problemas programa programas síntoma síntomas idioma idiomas mapa mapas tema temas sistema sistemas".split()
)
_FEMININE = frozenset(
    "noche noches tarde tardes vez veces mujer mujeres clase clases mano manos parte partes torre torres calle calles".split()
)
_FEMININE_ENDING = re.compile(r"(?:as?|ión|iones|dad|dades)$")
_NO_NOUN = frozenset(
    "y e o u de del a al en para por con sin es está están son fue no ni que pero si ya se le la las lo los el un una más menos"
    " libre libres disponible disponibles hasta desde antes después entonces además hoy mañana"
    " como cuando tiene hay queda quedan punto coma".split()
)
_COUNTED_IN = frozenset(
    "número opción habitación sala piso consultorio cuarto extensión línea puerta nivel torre página paso día grupo tipo código cama unidad"
    " edificio ruta año el del al".split()
)
_WORD_BEFORE = re.compile(r"([^\W\d_]+)\s$")
_WORD_AFTER = re.compile(r"\s([^\W\d_]+)")


def form(one: bool, before: str, after: str) -> Form:
    """The form of a number between these texts; `one` tells that it is 1 itself, whose noun is in the singular."""
    previous = _WORD_BEFORE.search(before)
    if previous and previous[1].lower() in ("la", "las"):
        return "feminine"
    following = _WORD_AFTER.match(after)
    if not following or (previous and previous[1].lower() in _COUNTED_IN):
        return "full"
    noun = following[1].lower()
    if noun == "mil":
        return "short"
    if noun in _NO_NOUN or not (one or noun.endswith("s")):
        return "full"
    return noun_form(noun)


def noun_form(noun: str) -> Form:
    """The form before this noun."""
    if noun in _FEMININE or (_FEMININE_ENDING.search(noun) and noun not in _MASCULINE):
        return "feminine"
    return "short"
