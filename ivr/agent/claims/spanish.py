"""How one says in Spanish that something is done."""

import re

from ivr.agent.claims.grammar import Grammar

_ADVERBS = r"(?:(?:ya|ahora|también|todo|toda|bien|correctamente|recién|finalmente|oficialmente|entonces) )*"
_VISIT = r"(?:citas?|consultas?|visitas?|reservas?|turnos?)"
_OBJECTS = r"(?:le|les|la|lo|las|los|se|te)*"
_DAYS = r"(?:lunes|martes|miércoles|jueves|viernes|sábados?|domingos?)"

_BOOKED = r"(?:reservad|agendad|programad|concertad|citad|fijad|apartad|confirmad|apuntad|anotad)[oa]s?"
_MOVED = r"(?:(?:cambiad|movid|reprogramad|trasladad|aplazad|pospuest|adelantad)[oa]s?|pasado)"
_CANCELLED = r"(?:cancelad|anulad|eliminad|borrad)[oa]s?"
_TO_BOOK, _TO_MOVE, _TO_CANCEL = (
    r"(?:reservar|agendar|programar|concertar|confirmar|apuntar|anotar)",
    r"(?:cambiar|mover|reprogramar|trasladar|aplazar|posponer|adelantar|pasar)",
    r"(?:cancelar|anular|eliminar|borrar)",
)
_JUST = r"\bacab(?:o|amos) de "

GRAMMAR = Grammar(
    words={
        "booked": re.compile(rf"\b{_BOOKED}\b"),
        "moved": re.compile(rf"\b{_MOVED}\b"),
        "cancelled": re.compile(rf"\b{_CANCELLED}\b"),
    },
    is_done=re.compile(
        r"\b(?:está|están|esta|estan|queda|quedan|quedó|quedaron|fue|fueron|sigue|(?:ha|han) (?:quedado|sido)|sale|figura)(?: usted)? "
        rf"{_ADVERBS}$|\b(?:he|hemos) dejado (?:\S+ ){{0,6}}$|\b(?:doy|dé) por $"
    ),
    has_done=re.compile(rf"\b(?:he|hemos|ha|han) {_ADVERBS}$"),
    has_it_done=re.compile(r"\b(?:tengo|tenemos|tiene|tienes|hay) (?!que\b)(?:\S+ ){1,8}$"),
    to_be_done=re.compile(r"\b(?:ser|estar|sea|esté|quiere|desea|necesita|para|tener|será|estará|quedará)(?: \S+){0,3} $"),
    alone=re.compile(rf"^(?:(?:sí|bien|muy bien|perfecto|listo|de acuerdo|vale|gracias|claro|hecho|genial|estupendo) )*{_ADVERBS}$"),
    nothing=re.compile(
        r"\bno\b(?! se preocupe)|\b(?:nunca|tampoco|sin|ni|nada|ningun[oa]?|ningún|nadie)\b"
        r"|\b(?:si|cuando|una vez|en cuanto|hasta que|antes de|después de|tan pronto|a menos que|siempre que|para que|mientras)\b"
        r"|\b(?:quiere|quieres|desea|prefiere|gustaría|necesita)\b"
        r"|\b(?:déjeme|permítame|voy a|vamos a|deje que) (?:\w+ )?(?:comprobar|ver|verificar|revisar|mirar|confirmar|asegurar\w*)"
        r"|\b(?:habrá|habría|habrían|podría haber|debe haber|pueda haber)\b"
        r"|\b(?:usted|me) (?:dijo|dice|comentó|pidió|cree)\b|\bdijo que\b"
    ),
    others=re.compile(
        rf"\b(?:doctora?|dra?|médic[oa]s?|horas?|horarios?|agenda|{_DAYS}|días?|semanas?|mes|mañanas?|tardes?|él|ella|nombre|número|datos"
        r"|fecha|identidad|oficina|consultorio)\b"
    ),
    own=re.compile(rf"\b{_VISIT}\b|\btodo (?:está|queda|ha)\b"),
    for_the_patient=re.compile(r"\b(?:para usted|a su nombre|para ti|a nombre)\b"),
    adjective=re.compile(r" (?:por|hasta)\b(?! (?:mí|la mañana|la tarde|la noche))"),
    aside=re.compile(
        r" (?:de (?:opinión|idea|edificio|sede)|(?:el|la|su|sus|mi|nuestra) (?:número|teléfono|dirección|nombre|datos?|idioma))\b"
    ),
    needs_object=re.compile(r"(?:confirmad|pasad|cambiad|movid|eliminad|borrad|anotad|apuntad)[oa]s?$"),
    about=re.compile(rf"\b{_VISIT}\b|^ (?:para|al?|con) (?:el|la|las|los)?\b|^$"),
    phrases={
        "booked": re.compile(rf"{_JUST}{_TO_BOOK}{_OBJECTS}\b|\b(?:reservé|agendé|programé|concerté|se (?:reservó|agendó|programó))\b"),
        "moved": re.compile(
            rf"{_JUST}{_TO_MOVE}{_OBJECTS}\b|\b(?:reprogramé|aplacé|se (?:reprogramó|cambió|movió|aplazó))\b"
            rf"|\b(?:cambié|moví|adelanté|pasé) (?:su|la|tu) {_VISIT}\b|\b{_VISIT} (?:es ahora|ahora es)\b"
        ),
        "cancelled": re.compile(rf"{_JUST}{_TO_CANCEL}{_OBJECTS}\b|\b(?:cancelé|anulé|se (?:canceló|anuló))\b"),
        "is_booked": re.compile(rf"\b{_VISIT} (?:ya )?(?:queda|quedó|ha quedado) (?:para|el|al?|con)\b|\bsu nueva {_VISIT} es\b"),
        "done": re.compile(r"\btodo listo\b|\bya está (?:listo|hech[oa]|todo)\b|\bestá hech[oa]\b|\bya quedó$|^(?:ya )?hecho$"),
    },
    any_word=re.compile(rf"\b(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_JUST}|todo listo|hech[oa]|ya está|ya quedó|{_VISIT})\b|[éíó]\b"),
)
