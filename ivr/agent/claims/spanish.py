"""How one says in Spanish that something is done."""

import re

from ivr.agent.claims.grammar import Grammar, one_of

_ADVERBS = r"(?:(?:ya|ahora|también|todo|toda|bien|correctamente|recién|finalmente|oficialmente|entonces) )*"
_VISIT = r"(?:citas?|consultas?|visitas?|reservas?|turnos?)"
_ONE_SPOT = r"(?:cita|consulta|visita|reserva|turno|hora|horario|lugar|espacio|cupo)\b(?! (?:que|preferid|de (?:su|nacimiento)))"
_OBJECTS = r"(?:le|les|la|lo|las|los|se|te)*"
_DAYS = r"(?:lunes|martes|miércoles|jueves|viernes|sábados?|domingos?)"

_BOOKED = r"(?:reservad|agendad|programad|concertad|citad|fijad|apartad|confirmad|apuntad|anotad)[oa]s?"
_MOVED = r"(?:(?:cambiad|movid|reprogramad|reagendad|trasladad|aplazad|pospuest|adelantad)[oa]s?|pasado)"
_CANCELLED = r"(?:cancelad|anulad|eliminad|borrad)[oa]s?"
_TO_BOOK, _TO_MOVE, _TO_CANCEL = (
    r"(?:reservar|agendar|programar|concertar|confirmar|apuntar|anotar)",
    r"(?:cambiar|mover|reprogramar|trasladar|aplazar|posponer|adelantar|pasar)",
    r"(?:cancelar|anular|eliminar|borrar)",
)
_MAKING = "cre|registr|asign|realiz|efectu|tramit|gestion|complet|formaliz|asegur|guard|ingres|proces|finaliz"
_KEEPING = "apart|apunt|anot|confirm|reserv|agend|program|concert"
_DROPPING = "elimin|borr|quit|retir|anul|cancel"
_MADE = rf"(?:(?:(?:{_MAKING})ad|añadid|hech)[oa]s?|complet[oa]|exitos[oa])"
_FINE = r"(?:list|hech|arreglad|solucionad|resuelt)[oa]"
_HE = rf"(?:he|hemos) {_ADVERBS}"
_GOT = rf"(?:(?:{_MAKING}|{_KEEPING})ado|dado|puesto|sacado|conseguido|añadido|hecho|metido)"
_GAVE = rf"(?:(?:{_MAKING}|{_KEEPING})é|di|dimos|puse|pusimos|saqué|conseguí|hice|hicimos|metí)"
_HAS_MADE = rf"(?:{_HE}{_GOT}|{_GAVE})"
_HAS_DROPPED = rf"(?:{_HE}(?:(?:{_DROPPING})ado|suprimido|dado de baja)|(?:{_DROPPING})é|suprimí|di de baja)"
_CHANGE, _CANCELLATION = r"(?:cambio|modificación|reprogramación)", r"(?:cancelación|anulación)"
_A = r"(?:el|la|su|tu|una|un|es[ea]|est[ea])"
_WHEN = r"(?:el|este|esta|mañana|hoy|pasado|a las?)"
_IF = r"\b(?:si|cuando|una vez|en cuanto|hasta que|antes de|después de|tan pronto|a menos que|siempre que|para que|mientras)\b"
_SOME = r"(?:(?!no )\S+ ){0,5}?"
_JUST = r"acab(?:o|amos) de "
_OPENING = r"(?:(?:sí|bien|muy bien|perfecto|listo|de acuerdo|vale|gracias|claro|hecho|genial|estupendo) )*"
_IS = r"(?:está|queda|quedó|fue|es|ha sido|ha quedado|se ha)"


def _carried_out(noun: str) -> str:
    """That a change or a cancellation has been made: "he procesado el cambio", "el cambio se realizó", "cambio hecho"."""
    return "|".join(
        (
            rf"{_HAS_MADE} (?:{_A} )?{noun}\b",
            rf"{noun} {_SOME}(?:{_IS} {_ADVERBS}(?:{_MADE}|confirmad[oa])|se (?:{_MAKING}|confirm)ó)\b",
            rf"^{_OPENING}(?:{_A} )?{noun} (?:ya )?(?:{_MADE}|list[oa]|confirmad[oa])\b",
            rf"se (?:le )?(?:hizo|(?:{_MAKING}|confirm)ó) (?:{_A} )?{noun}\b",
        )
    )


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
    has_it_done=re.compile(r"\b(?:tengo|tenemos|tiene|tienes|hay) (?!que\b)(?:\S+ ){0,8}$"),
    to_be_done=re.compile(r"\b(?:ser|estar|sea|esté|quiere|desea|necesita|para|tener|será|estará|quedará)(?: \S+){0,3} $"),
    alone=re.compile(rf"^{_OPENING}(?:(?:nuev[oa] )?(?:cita|reserva|turno|consulta|visita|hora)(?: del {_DAYS})? )?{_ADVERBS}$"),
    topic=re.compile(rf"\b(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_VISIT})\b"),
    nothing=one_of(
        r"no\b(?! se preocupe)|(?:nunca|tampoco|sin|ni|nada|ningun[oa]?|ningún|nadie)\b",
        _IF,
        r"(?:quiere|quieres|desea|prefiere|gustaría|necesita)\b",
        r"(?:déjeme|permítame|voy a|vamos a|deje que) (?:\w+ )?(?:comprobar|ver|verificar|revisar|mirar|confirmar|asegurar\w*)",
        r"(?:habrá|habría|habrían|podría haber|debe haber|pueda haber)\b",
        r"(?:usted|me) (?:dijo|dice|comentó|pidió|cree)\b|dijo que\b",
    ),
    condition=re.compile(_IF),
    others=re.compile(
        rf"\b(?:doctora?|dra?|médic[oa]s?|horas?|horarios?|agenda|{_DAYS}|días?|semanas?|mes|mañanas?|tardes?|él|ella|nombre|número|datos"
        r"|fecha|identidad|oficina|consultorio|teléfono|correo|dirección|seguro|expediente|información|perfil)\b"
    ),
    own=re.compile(rf"\b{_VISIT}\b|\bsu hora\b|\btodo (?:está|queda|ha)\b"),
    for_the_patient=re.compile(r"\b(?:para usted|a su nombre|para ti|a nombre)\b"),
    adjective=re.compile(r" (?:por|hasta)\b(?! (?:mí|la mañana|la tarde|la noche))"),
    undoing=re.compile(r"\b(?:cancelación|anulación)\b"),
    aside=re.compile(
        r"(?: \S+){0,2} (?:en|a) (?:la|nuestra) lista| de (?:opinión|idea|edificio|sede)\b"
        r"| (?:el|la|su|sus|mi|nuestra) (?:número|teléfono|dirección|nombre|datos?|idioma)\b"
    ),
    needs_object=re.compile(r"(?:confirmad|pasad|cambiad|movid|eliminad|borrad|anotad|apuntad)[oa]s?$"),
    about=re.compile(
        rf"\b{_VISIT}\b|^ (?:para|al?|con) (?:el|la|las|los)?\b|^ (?:la|el|su) (?:hora|fecha|día|horario)\b(?! (?:que|de nacimiento))|^$"
    ),
    phrases={
        "booked": one_of(
            rf"{_JUST}{_TO_BOOK}{_OBJECTS}\b",
            r"(?:reservé|agendé|programé|concerté|se (?:reservó|agendó|programó))\b",
            rf"{_HAS_MADE} (?:{_A} )?(?:nuev[oa] |primera? |últim[oa] )?{_ONE_SPOT}",
            rf"(?:l[aeo]s?|te) {_HAS_MADE} "
            rf"(?:(?:para|con) (?:el|la|las|mañana|hoy)|(?:el|este) {_DAYS}|es[ea] {_ONE_SPOT})\b(?!.*\bespera\b)",
            rf"{_HE}(?:puesto|añadido|metido|incluido|anotado) (?:\S+ ){{0,3}}(?:en|a) (?:la|el|nuestra|su) (?:agenda|calendario)\b",
            rf"(?:reservamos|agendamos|programamos) (?:su|la) {_VISIT}\b",
        ),
        "moved": one_of(
            rf"{_JUST}{_TO_MOVE}{_OBJECTS}\b",
            r"(?:reprogramé|reagendé|aplacé|se (?:reprogramó|reagendó|cambió|movió|aplazó))\b",
            rf"(?:{_HE}pasado|cambié|moví|adelanté|pasé|cambiamos|movimos) (?:su|la|tu|el) (?:{_VISIT}|hora|fecha|día|horario)\b",
            rf"{_HE}(?:actualizado|modificado) {_A} {_VISIT}\b",
            rf"{_VISIT} (?:es ahora|ahora es)\b|ahora (?:su|la) {_VISIT} es\b",
            rf"{_VISIT} {_SOME}(?:pasó (?:al?|para)|(?:está|queda|quedó|sido|fue) {_ADVERBS}(?:actualizad|modificad)a)\b",
            _carried_out(_CHANGE),
        ),
        "cancelled": one_of(
            rf"{_JUST}{_TO_CANCEL}{_OBJECTS}\b",
            r"(?:cancelé|anulé|cancelamos (?:su|la)|se (?:canceló|anuló))\b",
            rf"{_HAS_DROPPED} {_A} (?:\S+ )?{_ONE_SPOT}",
            rf"l[aeo]s? {_HAS_DROPPED} (?:de|en) (?:la|nuestra|su) agenda\b",
            rf"{_HE}liberado (?:su|esa|la) (?:{_VISIT}|hora)\b",
            rf"se (?:le )?(?:{_DROPPING})ó {_A} {_VISIT}\b",
            rf"{_VISIT} {_SOME}(?:se (?:{_DROPPING})ó|dada de baja|(?:{_IS}|sido) {_ADVERBS}(?:(?:quit|retir)ad|suprimid)a)\b",
            rf"{_VISIT} {_SOME}ya no (?:está|figura|aparece|existe|consta)\b|ya no tiene (?:(?:la|esa|su|una) )?{_VISIT}\b",
            rf"{_VISIT} (?:queda|quedó) sin efecto\b",
            _carried_out(_CANCELLATION),
        ),
        "is_booked": one_of(
            rf"{_VISIT} (?:ya )?(?:queda|quedó|ha quedado) (?:para|el|al?|con)\b",
            rf"(?<!cancelación de su ){_VISIT} {_SOME}(?:está|queda|quedó|fue|(?:se )?(?:le )?ha (?:sido|quedado)?) ?{_ADVERBS}{_MADE}",
            rf"(?<!cancelación de su ){_VISIT} {_SOME}se (?:{_MAKING}|{_KEEPING})ó\b",
            rf"se (?:le )?(?:hizo|(?:{_MAKING}|{_KEEPING})ó) {_A} {_VISIT}\b",
            rf"(?:su nueva|ahora su) (?:{_VISIT}|hora|fecha) es\b",
            rf"le quedó (?:para )?(?:(?:el|este) {_DAYS}|mañana|hoy|a las)\b",
            rf"ya (?:quedó|está|tiene) (?:lista )?(?:su|la) {_VISIT}\b",
            rf"ya tiene (?:(?:su|un) )?(?:{_VISIT}|hora|lugar|espacio|cupo) (?:con|para|el)\b",
            r"(?:usted tiene (?:un|su)|tiene (?:ya )?su) (?:lugar|espacio|cupo)\b",
            r"(?:está|queda|figura)(?: usted)?(?: ya)? en (?:la|el) (?:agenda|calendario)\b",
            r"^(?=.*\bes (?:ya )?(?:suy|tuy)[oa]\b)(?!.*\b(?:número|teléfono|nombre|correo|decisión)\b)\S+",
            rf"^(?:(?:perfecto|listo|bien|muy bien) )*le confirmo (?:su|la) {_VISIT}\b",
            rf"(?:le|lo|la|les|los|las|te) (?:esperamos|espera|esperan|esperará|esperaremos|veremos|vemos) (?:\S+ )??{_WHEN}\b",
            rf"nos vemos {_WHEN}\b",
            r"^(?:(?:perfecto|entonces|listo) )*(?:quedamos (?:el|para el|así)|queda para (?:el|mañana|hoy))\b",
        ),
        "done": one_of(
            rf"todo listo\b|ya está (?:{_FINE}|todo)\b|está hech[oa]\b|(?:ya )?quedó (?:{_FINE})?$",
            r"^(?:ya |perfecto |todo )*(?:hecho|listo)$|^ya está$|^(?:asunto |todo )?(?:arreglado|resuelto|solucionado)$",
            rf"{_VISIT} (?:ya )?(?:está|queda|quedó|ha quedado) (?:ya )?{_FINE}\b",
            rf"todo (?:está|queda|quedó|ha quedado) (?:ya )?(?:{_FINE}|en orden)\b|(?:ha quedado|queda|está) todo {_FINE}\b",
            rf"^(?:su |la |el )?{_VISIT} (?:ya )?(?:{_MADE}|list[oa])\b",
        ),
    },
    any_word=one_of(
        rf"(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_JUST}|{_MADE}|{_FINE}|{_GOT}|{_VISIT}|{_CHANGE}|{_CANCELLATION}|listo|ya está|ya no"
        r"|tiene|agenda|es ya|suy[oa]|tuy[oa]|ahora|nueva|espera\w*|vemos|queda\w*|confirmo|di|puse|pusimos|hice|hicimos|pasado|retirado"
        r"|quitado|suprimido|\w+(?:amos|[éíó]))\b"
    ),
    visit=re.compile(rf"^(?!.*\blista de espera).*\b(?:{_VISIT}|{_DAYS})\b"),
    courtesies=frozenset("no gracias muchas muchísimas muy amable adiós chao lilly por su ayuda igualmente".split()),
    assents=frozenset(
        "sí si bueno vale ok okay perfecto bien claro genial estupendo excelente listo ya de acuerdo está eso es todo nada más hoy ahora"
        " hasta luego pronto que tenga tengan un una buen buena buenas día tarde noche tardes noches".split()
    ),
    leave=re.compile(r"\b(?:adiós|chao|hasta luego|es todo|nada más|no|que tenga|buenas (?:tardes|noches))\b"),
)
