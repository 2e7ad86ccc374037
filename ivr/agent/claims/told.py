"""What an answer goes on to tell of an appointment, once it has said that this is booked, moved or cancelled. Pure.

"You're booked. That's Friday at ten with Dr. Chen." tells of it, as does a mere "Friday at ten." right after it. What the words do
not clearly say of this appointment, opening hours or another offer for instance, is not held against its result.
"""

import re

from ivr.agent.claims.days import DAY_WORDS, any_of

_SO = r"^(?:(?:and|so|okay|great|perfect|again|then|y|entonces|bueno|bien|perfecto|listo|así que),? )*"
_DOCTOR = r"(?:(?:dra?|doctora?) +\w+)"
_WORD = (
    rf"(?:{any_of(DAY_WORDS)}|forty|fifty|half|quarter|past|noon|midday|o'clock|sharp|morning|afternoon|evening|[ap]\.? ?m"
    rf"|y|media|cuarto|menos|mediodía|en punto|tarde|noche|\d{{1,2}}(?::\d\d|st|nd|rd|th|º)?|{_DOCTOR})"
)
_LINK = r"(?:on|at|for|with|in|the|of|this|next|a|to|el|la|las|al|para|con|de|del|por|este)"
_DETAIL = rf"(?:{_LINK} )*{_WORD}\b"
_BARE = re.compile(rf"{_SO}(?:{_DETAIL} ?)++$")

_IS = r"(?:'s| is| was| will be|'ll be)(?: now| set)?"
_THAT = re.compile(rf"{_SO}(?:(?:that|it|this){_IS}|(?:eso |esto )?(?:es|era|será)) (?={_DETAIL})")
_APPOINTMENT = re.compile(
    rf"{_SO}(?:(?:your|the) (?:new )?(?:appointment|visit|booking|time|date){_IS} (?={_DETAIL})"
    rf"|you(?:'ll| will|'re| are) (?:see|be seeing|be with|seeing|with) (?={_DOCTOR})|{_DOCTOR} (?:will see|will be seeing|is seeing) you\b"
    rf"|(?:su|la) (?:nueva )?(?:cita|consulta|visita|reserva|hora) (?:es|será|queda|está) (?={_DETAIL})"
    rf"|l[eoa] (?:atiende|atenderá|ve|verá|recibe|recibirá) (?=(?:el|la) {_DOCTOR})"
    rf"|(?:el|la) {_DOCTOR} l[eoa] (?:atiende|atenderá|verá|recibirá)\b)"
)

_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|should|may|i|we|you|they|he|she|or|not|if|that|where|when|also|too"
    r"|other|another|second|es|son|está|están|hay|tienen?|tengo|tenemos|puede|podemos|o|no|si|que|donde|cuando|también|otr[oa])\b|'\w"
)
_PART = re.compile(r"(?:[^,;()—–!?….:]+|[.:](?=\S))*")


def details(text: str, *, right_after: bool) -> str:
    """As much of a clause as tells doctor, day or time; what names no appointment does so only `right_after` the words that did."""
    plain = text.lower().replace("’", "'").replace("dr.", "dr ").replace("dra.", "dra ")
    opening = _APPOINTMENT.match(plain) or (_THAT.match(plain) if right_after else None)
    if not opening and not right_after:
        return ""
    end = 0
    for part in _PART.finditer(plain, opening.end() if opening else 0):
        belongs = _BARE.match(part[0].strip()) or (opening and not end and not _OF_SOMETHING_ELSE.search(part[0]))
        if part[0].strip() and (not belongs or plain[part.end() :].startswith("?")):
            break
        end = part.end()
    return text[:end]
