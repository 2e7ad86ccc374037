"""How one says in Spanish that something is done."""

import re

from ivr.agent.claims.grammar import Grammar, one_of

_ADVERBS = r"(?:(?:ya|ahora|también|todo|toda|bien|correctamente|recién|finalmente|oficialmente|entonces) )*"
_VISIT = r"(?:citas?|consultas?|visitas?|reservas?|turnos?)"
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
_MADE = r"(?:cread|registrad|asignad|realizad|efectuad|tramitad|gestionad|completad|formalizad|asegurad|guardad|ingresad|añadid|hech)[oa]s?"
_FINE = r"(?:list|hech|arreglad|solucionad|resuelt)[oa]"
_HE = rf"\b(?:he|hemos) {_ADVERBS}"
_GOT = r"(?:dado|puesto|sacado|conseguido|asignado|creado|registrado|ingresado|añadido|hecho|realizado|tramitado|gestionado|completado)"
_GAVE = r"(?:di|dimos|puse|pusimos|saqué|conseguí|creé|registré|asigné|hice|hicimos|realicé)"
_CHANGE, _CANCELLATION = r"(?:cambio|modificación|reprogramación)", r"(?:cancelación|anulación)"
_A = r"(?:el|la|su|tu|una|un)"
_WHEN = r"(?:el|este|esta|mañana|hoy|pasado|a las?)"
_IF = r"\b(?:si|cuando|una vez|en cuanto|hasta que|antes de|después de|tan pronto|a menos que|siempre que|para que|mientras)\b"
_SOME = r"(?:(?!no )\S+ ){0,5}?"
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
    has_it_done=re.compile(r"\b(?:tengo|tenemos|tiene|tienes|hay) (?!que\b)(?:\S+ ){0,8}$"),
    to_be_done=re.compile(r"\b(?:ser|estar|sea|esté|quiere|desea|necesita|para|tener|será|estará|quedará)(?: \S+){0,3} $"),
    alone=re.compile(
        r"^(?:(?:sí|bien|muy bien|perfecto|listo|de acuerdo|vale|gracias|claro|hecho|genial|estupendo) )*"
        rf"(?:(?:nueva )?(?:cita|reserva) )?{_ADVERBS}$"
    ),
    nothing=re.compile(
        r"\bno\b(?! se preocupe)|\b(?:nunca|tampoco|sin|ni|nada|ningun[oa]?|ningún|nadie)\b"
        rf"|{_IF}"
        r"|\b(?:quiere|quieres|desea|prefiere|gustaría|necesita)\b"
        r"|\b(?:déjeme|permítame|voy a|vamos a|deje que) (?:\w+ )?(?:comprobar|ver|verificar|revisar|mirar|confirmar|asegurar\w*)"
        r"|\b(?:habrá|habría|habrían|podría haber|debe haber|pueda haber)\b"
        r"|\b(?:usted|me) (?:dijo|dice|comentó|pidió|cree)\b|\bdijo que\b"
    ),
    condition=re.compile(_IF),
    others=re.compile(
        rf"\b(?:doctora?|dra?|médic[oa]s?|horas?|horarios?|agenda|{_DAYS}|días?|semanas?|mes|mañanas?|tardes?|él|ella|nombre|número|datos"
        r"|fecha|identidad|oficina|consultorio|teléfono|correo|dirección|seguro|expediente|información|perfil)\b"
    ),
    own=re.compile(rf"\b{_VISIT}\b|\bsu hora\b|\btodo (?:está|queda|ha)\b"),
    for_the_patient=re.compile(r"\b(?:para usted|a su nombre|para ti|a nombre)\b"),
    adjective=re.compile(r" (?:por|hasta)\b(?! (?:mí|la mañana|la tarde|la noche))"),
    aside=re.compile(
        r"(?: \S+){0,2} (?:en|a) (?:la|nuestra) lista| de (?:opinión|idea|edificio|sede)\b"
        r"| (?:el|la|su|sus|mi|nuestra) (?:número|teléfono|dirección|nombre|datos?|idioma)\b"
    ),
    needs_object=re.compile(r"(?:confirmad|pasad|cambiad|movid|eliminad|borrad|anotad|apuntad)[oa]s?$"),
    about=re.compile(rf"\b{_VISIT}\b|^ (?:para|al?|con) (?:el|la|las|los)?\b|^$"),
    phrases={
        "booked": one_of(
            rf"{_JUST}{_TO_BOOK}{_OBJECTS}\b",
            r"\b(?:reservé|agendé|programé|concerté|se (?:reservó|agendó|programó))\b",
            rf"(?:{_HE}{_GOT}|\b{_GAVE}) (?:{_A} )?(?:nueva )?(?:{_VISIT}|hora)\b",
            rf"{_HE}(?:puesto|añadido|metido|incluido|anotado) (?:\S+ ){{0,3}}(?:en|a) (?:la|el|nuestra|su) (?:agenda|calendario)\b",
            rf"\b(?:reservamos|agendamos|programamos) (?:su|la) {_VISIT}\b",
        ),
        "moved": one_of(
            rf"{_JUST}{_TO_MOVE}{_OBJECTS}\b",
            r"\b(?:reprogramé|reagendé|aplacé|se (?:reprogramó|reagendó|cambió|movió|aplazó))\b",
            rf"\b(?:cambié|moví|adelanté|pasé|cambiamos|movimos) (?:su|la|tu) {_VISIT}\b",
            rf"\b{_VISIT} (?:es ahora|ahora es)\b|\bahora (?:su|la) {_VISIT} es\b",
            rf"\b{_VISIT} {_SOME}pasó (?:al?|para)\b",
            rf"(?:{_HE}{_GOT}|\b{_GAVE}) (?:{_A} )?{_CHANGE}\b",
            rf"{_HE}(?:actualizado|modificado) {_A} {_VISIT}\b",
            rf"\b{_VISIT} {_SOME}(?:está|queda|quedó|sido|fue) {_ADVERBS}(?:actualizad|modificad)a\b",
        ),
        "cancelled": one_of(
            rf"{_JUST}{_TO_CANCEL}{_OBJECTS}\b",
            r"\b(?:cancelé|anulé|cancelamos (?:su|la)|se (?:canceló|anuló))\b",
            rf"(?:{_HE}{_GOT}|\b{_GAVE}) (?:{_A} )?{_CANCELLATION}\b",
            rf"\b{_VISIT} {_SOME}ya no (?:está|figura|aparece)\b|\bya no tiene (?:(?:la|esa|su|una) )?{_VISIT}\b",
            rf"\b{_VISIT} (?:queda|quedó) sin efecto\b",
            rf"{_HE}(?:liberado (?:su|esa|la) (?:{_VISIT}|hora)|dado de baja {_A} {_VISIT})\b",
        ),
        "is_booked": one_of(
            rf"\b{_VISIT} (?:ya )?(?:queda|quedó|ha quedado) (?:para|el|al?|con)\b",
            rf"\b(?:su nueva|ahora su) (?:{_VISIT}|hora|fecha) es\b",
            rf"\b{_VISIT} {_SOME}(?:está|queda|quedó|fue|(?:se )?(?:le )?ha (?:sido|quedado)?) ?{_ADVERBS}{_MADE}",
            rf"\bya (?:quedó|está|tiene) (?:lista )?(?:su|la) {_VISIT}\b|\bya tiene (?:{_VISIT}|hora) (?:con|para|el)\b",
            r"\b(?:está|queda|figura)(?: usted)?(?: ya)? en (?:la|el) (?:agenda|calendario)\b",
            r"^(?!.*\b(?:número|teléfono|nombre|correo|decisión)\b).*\bes (?:ya )?(?:suy|tuy)[oa]\b",
            rf"^(?:(?:perfecto|listo|bien|muy bien) )*le confirmo (?:su|la) {_VISIT}\b",
            rf"\b(?:le|lo|la|les|los|las|te) (?:esperamos|espera|esperan|esperará|esperaremos|veremos|vemos) (?:\S+ )??{_WHEN}\b",
            rf"\bnos vemos {_WHEN}\b",
            r"^(?:(?:perfecto|entonces|listo) )*(?:quedamos (?:el|para el|así)|queda para (?:el|mañana|hoy))\b",
        ),
        "done": one_of(
            rf"\btodo listo\b|\bya está (?:{_FINE}|todo)\b|\bestá hech[oa]\b|\b(?:ya )?quedó (?:{_FINE})?$",
            r"^(?:ya |perfecto |todo )*(?:hecho|listo)$|^ya está$|^(?:asunto |todo )?(?:arreglado|resuelto|solucionado)$",
            rf"\b{_VISIT} (?:ya )?(?:está|queda|quedó|ha quedado) (?:ya )?{_FINE}\b",
            rf"\btodo (?:está|queda|quedó|ha quedado) (?:ya )?(?:{_FINE}|en orden)\b|\b(?:ha quedado|queda|está) todo {_FINE}\b",
            rf"^(?:su |la |el )?(?:{_VISIT}|{_CHANGE}|{_CANCELLATION}) (?:ya )?(?:{_MADE}|list[oa])\b",
            rf"\b(?:{_CHANGE}|{_CANCELLATION}) {_SOME}(?:está|queda|quedó|ha sido|se ha) {_ADVERBS}(?:{_MADE}|confirmad[oa])\b",
        ),
    },
    any_word=re.compile(
        rf"\b(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_JUST}|{_MADE}|{_FINE}|{_GOT}|{_VISIT}|listo|ya está|ya no|ya tiene|agenda|es ya|suy[oa]"
        r"|tuy[oa]|ahora|nueva|espera\w*|vemos|queda\w*|confirmo|hice|hicimos|di|puse|pusimos|\w+amos)\b|[éíó]\b"
    ),
    visit=re.compile(rf"^(?!.*\blista de espera).*\b(?:{_VISIT}|{_DAYS})\b"),
    courtesies=frozenset("no gracias muchas muchísimas muy amable adiós chao lilly por su ayuda igualmente".split()),
    assents=frozenset(
        "sí si bueno vale ok okay perfecto bien claro genial estupendo excelente listo ya de acuerdo está eso es todo nada más hoy ahora"
        " hasta luego pronto que tenga tengan un una buen buena buenas día tarde noche tardes noches".split()
    ),
    leave=re.compile(r"\b(?:adiós|chao|hasta luego|es todo|nada más|no|que tenga|buenas (?:tardes|noches))\b"),
)
