"""Spanish as callers speak it on the telephone."""

import re

from ivr.offline.mind.language import Language, cues
from ivr.offline.mind.numbers import Numbers

_UNITS = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve"
    " veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
).split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_HUNDREDS = "cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos".split()
_ORDINALS = "primer segund tercer cuart quint sext septim octav noven decim".split()
_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
_WEEKDAYS = "lunes martes miercoles jueves viernes sabado domingo".split()

_HALF = r"(?: ?(?P<half>am|pm|matutino|tarde|noche)\b)"
_NEXT = r"(?:que viene|proxim[oa]|siguiente|entrante)"
_VISIT = r"(?:citas?|consultas?|turnos?)"
_MOVE = r"(?:reprogram|reagend|aplaz|pospon|cambi|mov|muev|pas[ae]r?|modific|adelant|retras)\w*"

SPANISH = Language(
    code="es",
    rewrites=tuple(
        (re.compile(pattern), replacement)
        for pattern, replacement in (
            (r"\bbuen[oa]s (?:dias?|tardes?|noches?)\b|\bbuen dia\b", "hola"),
            (r"\bmas tarde\b", "luego"),
            (r"\besta manana\b", "hoy matutino"),
            (r"\b(?:a|de) primera hora\b", "matutino"),
            (r"\b(?:(?:por|de|en|a) )?las? mananas?\b", "matutino"),
            (r"\b(?:por|de|en|a) las? (tarde|noche)s?\b", r"\1"),
            (r"\blas? (tarde|noche)s?\b", r"\1"),
            (r"\bun (?:segundo|segundito|momentito)\b", "un momento"),
            (r"\bmediodia\b|\bmedio dia\b", "12 pm"),
            (r"\bla una\b", "la 1"),
            (r"\by media\b", "y 30"),
            (r"\by cuarto\b", "y 15"),
            (r"\bmenos cuarto\b", "menos 15"),
            (r"\bdoble (\w+)", r"\1 \1"),
        )
    ),
    numbers=Numbers(
        units={word: value for value, word in enumerate(_UNITS)},
        tens={word: 10 * value for value, word in enumerate(_TENS, 3)},
        ordinals={stem + ending: value for value, stem in enumerate(_ORDINALS, 1) for ending in ("o", "a")} | {"primer": 1, "tercer": 3},
        hundreds={word: 100 * value for value, word in enumerate(_HUNDREDS, 1)} | {"ciento": 100},
        hundred="",
        thousand="mil",
        joiner="y",
        tens_need_joiner=True,
    ),
    months={name: number for number, name in enumerate(_MONTHS, 1)} | {"setiembre": 9},
    weekdays={name: number for number, word in enumerate(_WEEKDAYS) for name in (word, word if word.endswith("s") else word + "s")},
    month_first=False,
    dates=(
        r"(?:<weekday> )?(?:el )?(?:dia )?<day>(?: de)? <month>(?: (?:de |del )?<year>)?",
        r"<month> <day>(?: (?:de |del )?<year>)?",
        r"<weekday> (?:el )?(?:dia )?<day>(?! ?(?::|y \d|menos|am|pm|matutino|tarde))",
        r"(?:el )?dia <day>",
        r"el (?P<day>\d{1,2})\b(?! ?(?::|y \d|menos))",
    ),
    weekday=rf"(?:(?:proximo|siguiente) )?<weekday>\b(?: {_NEXT})?(?P<week> (?:de la )?(?:proxima semana|semana {_NEXT}))?",
    correction=r"no (?:el |la |para |este )*<weekday>",
    relative=cues(
        ("overmorrow", r"\bpasado manana\b"),
        ("tomorrow", r"\bmanana\b"),
        ("today", r"\bhoy\b|\besta (?:tarde|noche)\b|\bahora mismo\b"),
        ("weekend", r"\bfin de semana\b"),
        ("next_week", rf"\b(?:proxima|siguiente|otra) semana\b|\bsemana {_NEXT}"),
        ("this_week", r"\besta semana\b"),
        ("next_month", rf"\b(?:proximo|siguiente|otro) mes\b|\bmes {_NEXT}"),
        ("in_days", r"\b(?:en|dentro de) (?P<n>\d{1,2}) dias?\b"),
        ("in_weeks", r"\b(?:en|dentro de) (?P<n>\d{1,2}|una) semanas?\b"),
        (
            "any",
            r"\b(?:lo|cuanto) (?:mas )?(?:antes|pronto)\b|\bcualquier (?:dia|hora|momento)\b|\bprimer\w* (?:\w+ )?(?:disponible|libre)\b"
            r"|\b1th (?:\w+ )?(?:disponible|libre)\b|\bcuando (?:sea|puedan?)\b|\bpronto\b",
        ),
    ),
    clocks=tuple(
        map(
            re.compile,
            (
                rf"\b(?:a )?(?:las? )?(?P<h>\d{{1,2}}) (?P<sign>menos) (?P<m>\d{{1,2}})\b{_HALF}?",
                rf"\b(?:a )?las? (?P<h>\d{{1,2}})(?:(?: y | con |:| )(?P<m>[0-5]\d|5))?\b(?!th){_HALF}?",
                rf"\b(?P<h>\d{{1,2}}):(?P<m>[0-5]\d)\b{_HALF}?",
                rf"\b(?P<h>1[0-2]|[1-9]) (?:y )?(?P<m>[0-5]\d)\b{_HALF}?",
                rf"\b(?P<h>\d{{1,2}}){_HALF}",
            ),
        )
    ),
    halves=cues(("am", r"am|matutino"), ("pm", r"pm|tarde|noche")),
    bounds=cues(
        ("between", r"\b(?:entre|de|desde) @ (?:y|a|hasta) @"),
        ("after", r"\b(?:despues de|a partir de|desde|pasadas) @|@ en adelante"),
        ("before", r"\b(?:antes de|hasta) @"),
    ),
    parts=cues(("morning", r"\bmatutino\b"), ("afternoon", r"\btardes?\b"), ("evening", r"\bnoches?\b")),
    intents=cues(
        (
            "emergency",
            r"infarto|dolor (?:de|en el) pecho|duele (?:mucho )?el pecho|no (?:puedo|puede) respirar|no respira|ataque (?:al|de) corazon"
            r"|derrame|inconsciente|sobredosis|demasiadas (?:pastillas|pildoras)|hacerme dano|matarme|suicid|sangr\w+ mucho|desmay",
        ),
        (
            "attack",
            r"ignor\w+ .*(?:instrucciones|reglas)|otr[oa]s? pacientes?|paciente anterior|quien mas tiene|(?:numero|telefono) del paciente",
        ),
        (
            "human",
            r"persona real|\bhuman[oa]\b|operador|recepcionista|\bmostrador\b|hablar con (?:una persona|alguien|la recepcion|un agente)"
            r"|\bpaseme\b|\bcomuniqueme\b",
        ),
        (
            "repeat",
            r"\brepet|\brepit|^(?:\w+ ){0,4}(?:otra vez|de nuevo)$|como (?:dijo|dice)|a que hora (?:era|es)\b"
            r"|no (?:le |te |lo |la )?(?:entend|escuch|oi\b|oigo)",
        ),
        ("still_there", r"\b(?:sigue|esta)s? (?:ahi|usted ahi)|me (?:oye|escucha)"),
        ("spell", r"deletre"),
        ("language", r"\bhablan? (?:usted )?\w+$|\ben (?:espanol|ingles)\b"),
        ("cancel", r"\bcancel|\banul"),
        ("move", rf"\b(?:reprogram|reagend|aplaz|pospon)|\b{_MOVE}\b.*\b(?:{_VISIT}|hora|fecha)\b|\b(?:cambi|mov|muev|pas)\w*l[ao]\b"),
        ("cancel", r"no (?:puedo|podre|voy a poder) (?:ir|venir|asistir|acudir)"),
        ("mine_told", rf"^(?:hola |si |pues )?(?:ya )?(?:tengo (?:una )?{_VISIT}|mi {_VISIT} es)\b"),
        (
            "mine",
            rf"\b(?:que|cual|cuales|cuando|hora|tengo|recuerd\w+|ver|decir\w*)\b.*\bmis? (?:\w+ )?{_VISIT}|{_VISIT} tengo|tengo"
            rf" (?:alguna|citas)",
        ),
        (
            "doctors",
            r"\b(?:que|cuales|quienes|cuantos|cuantas|lista)\b.*\b(?:medic[oa]s|doctor[ea]s|especialistas|\w+olog[oa]s|pediatras"
            r"|cirujanos)\b"
            r"|quienes? (?:trabajan?|atienden?|son)",
        ),
        (
            "book",
            rf"\b(?:pedir|reserv\w+|hacer|agendar|concertar|sacar|qui\w+|necesit\w+|querria|gustaria|dar|deme|tener|busco"
            rf"|hay)\b.*\b{_VISIT}\b"
            r"|\b(?:ver|visitar|consultar)\b (?:a |con )?(?:un|una|al|la|el)\b|\b(?:tienen?|hay) (?:un|una|algun|alguna|algo|hora|cita)\b"
            r"|\b(?:disponible|libre)s?\b|\bcita con\b",
        ),
        ("bye", r"\badios\b|hasta (?:luego|pronto|manana)|\b(?:eso )?es todo\b|nada mas|\bchao\b|que tenga (?:un )?buen"),
    ),
    topics=cues(
        ("parking", r"estacionamiento|estacionar|aparca|parking|parqueo"),
        ("price", r"cuanto (?:me )?(?:cuesta|vale|cobran|sale|es)|\bprecio|\bcosto\b|\bcoste\b|tarifa"),
        ("insurance", r"(?:el|mi|un|con|tengo|aceptan) seguro|seguro medico|aseguradora|\bmutua\b|\baceptan\b"),
        ("hours", r"\bhorario|a que hora (?:abren|cierran|abre|cierra)|\babren\b|\bcierran\b|estan? abiert"),
        ("location", r"\bdonde (?:esta|queda|estan|se)\b|\bdireccion\b|ubicad|como (?:llego|llegar)"),
        ("results", r"\bresultados?\b|\banalisis\b"),
        ("referral", r"\bvolante\b|\bderivacion\b|\bremision\b"),
        ("prescription", r"\breceta"),
        ("email", r"\bcorreo\b|\be ?mail\b|\barroba\b"),
    ),
    signals={
        name: re.compile(pattern)
        for name, pattern in {
            "yes": r"^(?:pues |bueno |ah )?(?:si|claro|vale|bueno|de acuerdo|perfecto|correcto|exacto|muy bien|esta bien|okay|ok|por"
            r" supuesto"
            r"|adelante|por favor|asi es|eso es|yes)\b|\b(?:si|yes|confirm\w+|reserv(?:e|a|el[ao]|al[ao]|eme|eme\w+)|adelante|de acuerdo"
            r"|hagal[oa]"
            r"|me (?:va|viene|parece|queda) bien|esta bien|la tomo)\b",
            "no": r"\b(?:no|tampoco|ningun[oa]?)\b",
            "unsure": r"\bno (?:lo )?se\b|no estoy segur",
            "wrong": r"no es lo que|no dije|eso no es|esta mal|se equivoc|no es correcto",
            "never_mind": r"\bno importa\b|\bolvid\w+|\bdejel?[ao]?\b|\bda igual\b",
            "wait": r"^(?:por favor |oh |no )*(?:esper\w+|un momento|alto|pare|dejeme (?:pensar|ver)|deme un momento)",
            "thanks": r"\bgracias\b",
            "hello": r"^(?:hola|alo|bueno$|diga)\b|es (?:el|este el) hospital|con quien hablo",
            "asking": r"^(?:y |pues |hola )*(?:tienen?|hay|esta|es|puedo|puede|podria|algun|alguna|algo|cuando|que|cual)\b",
            "earlier": r"\bmas (?:temprano|pronto)\b|\bantes\b(?! de)",
            "later": r"\bluego\b|\bmas adelante\b|\bdespues\b(?! de)",
            "soonest": r"\b(?:lo|cuanto) (?:mas )?(?:antes|pronto)\b|\b(?:primer\w*|1th) (?:\w+ )?(?:disponible|libre)\b",
            "other_doctor": r"\botr[oa] (?:doctora?|medic[oa]|dra?)\b|\bcon otr[oa]\b",
            "other_time": r"\botr[oa]s? (?:horas?|dias?|horarios?|citas?|fechas?|opcion(?:es)?|momento)\b|\botra cosa\b|ningun[oa]\b|que"
            r" mas hay",
            "other_day": r"\botr[oa]s? (?:dias?|fechas?)\b",
            "any": r"\b(?:cualquiera|la que sea|da igual|me da lo mismo|lo que sea)\b",
            "choice": r"\b(?:la |el |opcion |numero )?(?P<n>\d)th\b|\b(?:opcion|numero) (?P<m>\d)\b|\b(?P<last>(?:la|el) (?:ultim[oa]|de"
            r" luego))"
            r"|\b(?P<first>la (?:mas temprana?|de antes))\b",
            "birth": r"\bnaci|\bnacimiento|\bnacid[oa]",
            "phone": r"\btelefono|\bcelular|\bmovil|\bnumero\b",
            "goal": rf"\b{_MOVE}.*? (?:al?|para|hasta) (?P<goal>.+)",
            "fresh": rf"\b(?:pedir|reservar|hacer|agendar|quiero|quisiera|necesito|gustaria)\b.*\b{_VISIT}\b",
            "mine_word": rf"\b(?:mi|la|esta) (?:\w+ )?{_VISIT}|\bre(?:program|agend)",
        }.items()
    },
    given_lead=re.compile(r"^(?:mi |el )?nombres?(?: es)?\b"),
    family_lead=re.compile(r"\bapellidos?(?: es| son)?\b"),
    name_leads=tuple(
        map(
            re.compile,
            (
                r"\bnombre es\b",
                r"\b(?:me|se) llam[oa]\b",
                r"\ba nombre de\b",
                r"\bsoy\b",
                r"\bmi (?:marido|espos[oa]|mujer|hij[oa]|madre|padre|bebe|herman[oa])\b",
            ),
        )
    ),
    answer_leads=re.compile(r"^(?:(?:eh|este|ah|si|claro|pues|bueno|es|soy|me llamo|mi nombre es|ok)\b ?)+"),
    not_names=frozenset(
        "a ah ahora al algo aqui asi bien bueno buenas buenos cita claro como con cual cuando cuanto de decir desde digo dia disculpe"
        " doctor doctora el ella en"
        " eso es espere esta estoy favor fecha gracias ha hola hay hoy la las le llamando lo los manana mal me mi muy naci nacida nacido"
        " nacimiento nada no nombre numero o ok otra otro paciente para pero perdon por porque puede puedo pues que quien quiero quisiera"
        " repetir se si sin sobre su tambien tarde telefono tengo tiene tienen todo un una usted vale y ya yo urgente"
        " correcto exacto perfecto acuerdo".split()
    ),
    doctor_titles=r"(?:doctora?|dra?)",
    not_doctors=frozenset(
        "a al antes con cuando de del despues disponible el en es esta este hay hoy la las libre manana me mi o otra otro para por"
        " porque pues que si"
        " tiene tienen y ya".split()
    )
    | frozenset(("dr", "dra", "doctor", "doctora", *_WEEKDAYS)),
    marks=frozenset(
        "a al algun cita como con confirmela de del dia el en eso es esta este favor gracias hay hola la las llamo los manana me medico"
        " medicos mi muy"
        " naci necesito nombre para pedir por primera puede que quiero quisiera segunda si soy tarde tengo tiene tienen todo un una"
        " usted y".split()
    ),
)
