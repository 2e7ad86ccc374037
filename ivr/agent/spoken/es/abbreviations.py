"""Spanish abbreviations: titles, streets, and what is short in letters. Pure."""

import re

from ivr.agent.spoken.rules import SPACE, Match, Rule, gap, last_stop

_TITLES = {
    "dr": "doctor",
    "dra": "doctora",
    "dres": "doctores",
    "dras": "doctoras",
    "sr": "señor",
    "sra": "señora",
    "sres": "señores",
    "sras": "señoras",
    "srta": "señorita",
    "prof": "profesor",
    "profa": "profesora",
    "lic": "licenciado",
    "sto": "santo",
    "sta": "santa",
    "mr": "míster",
    "st": "saint",
}
_OTHERS = {
    "ud": "usted",
    "uds": "ustedes",
    "vd": "usted",
    "vds": "ustedes",
    "av": "avenida",
    "avda": "avenida",
    "ave": "avenida",
    "blvd": "bulevar",
    "blvr": "bulevar",
    "depto": "departamento",
    "dpto": "departamento",
    "hab": "habitación",
    "ext": "extensión",
    "tel": "teléfono",
    "núm": "número",
    "nro": "número",
    "etc": "etcétera",
    "aprox": "aproximadamente",
}
_WORDS = _TITLES | _OTHERS

_START = r"(?<![^\W_])"
_DOTTED = re.compile(rf"{_START}(?i:({'|'.join(_WORDS)}))\.")
_UNDOTTED = re.compile(rf"{_START}(Dra?|Sra?|Srta)(?={SPACE}[A-ZÁÉÍÓÚÑ])")
_EXAMPLE = re.compile(rf"{_START}p\.{SPACE}?ej\.", re.IGNORECASE)
_STATES = re.compile(rf"{_START}EE\.?{SPACE}?UU\.?(?![^\W_])")


def _dotted(match: Match) -> str:
    return _WORDS[match[1].lower()] + last_stop(match) + gap(match)


RULES = (
    Rule(_EXAMPLE, lambda match: "por ejemplo" + gap(match), "."),
    Rule(_DOTTED, _dotted, "."),
    Rule(_UNDOTTED, lambda match: _TITLES[match[1].lower()], "DS"),
    Rule(_STATES, lambda match: "Estados Unidos" + (last_stop(match) if match[0].endswith(".") else ""), "E"),
)
