"""Medical specialties in everyday words, English and Spanish, and the complaints that point to one."""

import re
from dataclasses import dataclass

from ivr.offline.mind.plain import likeness


@dataclass(frozen=True)
class Specialty:
    """A specialty: its name for the tools and in each language, who practises it, what callers call it, what they complain of."""

    name: str
    label: dict[str, str]
    doctor: dict[str, str]
    words: tuple[str, ...]
    complaints: str = ""


def _specialty(names: str, en: str, es: str, words: str, complaints: str = "") -> Specialty:
    name, english, spanish = names.split("/")
    return Specialty(name, {"en": english or name, "es": spanish}, {"en": en, "es": es}, tuple(words.split(", ")), complaints)


SPECIALTIES = (
    _specialty(
        "cardiology//cardiología",
        "a cardiologist",
        "un cardiólogo",
        "cardiologist, cardiology, cardiologo, cardiologa, cardiologia, heart doctor, heart specialist, medico del corazon, para el"
        " corazon",
        r"palpitations|my heart|high blood pressure|palpitaciones|mi corazon|presion alta",
    ),
    _specialty(
        "dermatology//dermatología",
        "a dermatologist",
        "un dermatólogo",
        "dermatologist, dermatology, dermatologo, dermatologa, dermatologia, skin doctor, skin specialist, medico de la piel",
        r"\brash|\bacne|\bmole\b|my skin|eczema|sarpullido|mi piel|granos|lunar",
    ),
    _specialty(
        "pediatrics//pediatría",
        "a pediatrician",
        "un pediatra",
        "pediatrician, pediatrics, paediatrician, pediatra, pediatria, child doctor, childrens doctor, kids doctor, baby doctor, medico"
        " de ninos",
        r"my (?:\w+ )?(?:son|daughter|child|kid|baby|boy|girl)\b|mi (?:hij[oa]|bebe|nin[oa])\b",
    ),
    _specialty(
        "gynecology//ginecología",
        "a gynecologist",
        "un ginecólogo",
        "gynecologist, gynaecologist, gynecology, obstetrician, ginecologo, ginecologa, ginecologia, womens doctor, obgyn, ob gyn, pap"
        " smear",
        r"pregnan|embaraz|my period|mi regla",
    ),
    _specialty(
        "neurology//neurología",
        "a neurologist",
        "un neurólogo",
        "neurologist, neurology, neurologo, neurologa, neurologia, nerve doctor, brain doctor",
        r"migraine|numbness|dizz|seizure|migrana|mareo|hormigueo",
    ),
    _specialty(
        "orthopedics//traumatología",
        "an orthopedic surgeon",
        "un traumatólogo",
        "orthopedic surgeon, orthopedist, orthopedics, orthopedic, bone doctor, traumatologo, traumatologa, traumatologia, ortopedista,"
        " ortopedia,"
        " knee doctor, back doctor, medico de los huesos",
        r"my (?:\w+ )?(?:knee|back|shoulder|hip|ankle|wrist|bone|arm|leg|elbow|foot)\b|me duele (?:mucho )?(?:la (?:espalda|rodilla"
        r"|pierna)|el (?:hombro|pie|brazo))",
    ),
    _specialty(
        "ophthalmology//oftalmología",
        "an eye doctor",
        "un oftalmólogo",
        "ophthalmologist, ophthalmology, oftalmologo, oftalmologa, oftalmologia, eye doctor, eye specialist, oculista, medico de los ojos",
        r"my (?:\w+ )?(?:eyes?|vision|sight)\b|blurr|los ojos|veo mal|la vista",
    ),
    _specialty(
        "otolaryngology/ear, nose and throat/otorrinolaringología",
        "an ear, nose and throat doctor",
        "un otorrino",
        "ear nose and throat, ent doctor, ent specialist, otolaryngologist, otolaryngology, ear doctor, otorrino, otorrinolaringologo,"
        " otorrinolaringologia",
        r"\bears?\b|hearing|throat|sinus|oido|garganta",
    ),
    _specialty(
        "psychiatry//psiquiatría",
        "a psychiatrist",
        "un psiquiatra",
        "psychiatrist, psychiatry, psiquiatra, psiquiatria",
        r"depress|anxiety|anxious|panic|cant sleep|insomnia|ansiedad|deprimid|no puedo dormir",
    ),
    _specialty(
        "gastroenterology//gastroenterología",
        "a gastroenterologist",
        "un gastroenterólogo",
        "gastroenterologist, gastroenterology, stomach doctor, gastroenterologo, gastroenterologa, gastroenterologia, medico del estomago",
        r"stomach|heartburn|diarrh|estomago|acidez|diarrea",
    ),
    _specialty("urology//urología", "a urologist", "un urólogo", "urologist, urology, urologo, urologia", r"urinat|kidney|orinar|rinon"),
    _specialty("oncology//oncología", "an oncologist", "un oncólogo", "oncologist, oncology, cancer doctor, oncologo, oncologa, oncologia"),
    _specialty(
        "endocrinology//endocrinología",
        "an endocrinologist",
        "un endocrinólogo",
        "endocrinologist, endocrinology, diabetes doctor, thyroid doctor, endocrinologo, endocrinologa, endocrinologia",
        r"diabet|thyroid|tiroides",
    ),
    _specialty(
        "pulmonology//neumología",
        "a lung specialist",
        "un neumólogo",
        "pulmonologist, pulmonology, lung doctor, lung specialist, neumologo, neumologa, neumologia",
        r"asthma|asma\b",
    ),
    _specialty(
        "dentistry//odontología",
        "a dentist",
        "un dentista",
        "dentist, dental, dentistry, dentista, odontologo, odontologia",
        r"tooth|teeth|muela",
    ),
    _specialty(
        "family medicine//medicina familiar",
        "a general practitioner",
        "un médico general",
        "general practitioner, family doctor, general doctor, primary care, family medicine, general medicine, gp, internist, medico de"
        " cabecera,"
        " medico general, medico de familia, medicina general, check up, checkup, physical exam, chequeo",
        r"headache|fever|\bpain|\bflu\b|\bcough|\bsore\b|\bhurts?\b|feel (?:\w+ )?(?:sick|unwell|ill|bad)|infection|nausea|vomit"
        r"|throwing up|"
        r"fiebre|dolor|me duele|\btos\b|gripe|me siento mal|infeccion|vomit",
    ),
)
_CUTOFF = 0.84
"""Below this, a misheard word is not taken for a specialty's."""
_SHORTEST_MISHEARD = 6
_OTHERS = re.compile(
    r"\b(?:nephr|rheumat|hemat|allerg|immun|pod|radi|anesthesi|audi|psych|nefr|reumat|hemat|alerg)(?:(?:olog|i?atr)(?:ists?|icians?|os?"
    r"|as?)|ists?)\b"
)
"""Specialties that are not in the table although they sound like one that is."""
_UNKNOWN = re.compile(r"\b\w{3,}(?:ologists?|iatrists?|iatricians?|ologos?|ologas?)\b")


def find_specialty(text: str) -> str | None:
    """The specialty named in plain words; one that is not in the table is given as it was heard."""
    named = _named(text) or (_misheard(text) if not _OTHERS.search(text) else None)
    if named is not None:
        return named.name
    unknown = _OTHERS.search(text) or _UNKNOWN.search(text)
    return unknown.group() if unknown else None


def complained_of(text: str) -> str | None:
    """The specialty that a complaint in plain words points to."""
    return next((one.name for one in SPECIALTIES if one.complaints and re.search(one.complaints, text)), None)


def practitioner(specialty: str | None, language: str) -> str:
    """Who practises a specialty, with the article: "a cardiologist"; empty if that is not known."""
    return next((one.doctor[language] for one in SPECIALTIES if one.name == specialty), "")


def label(specialty: str, language: str) -> str:
    """A specialty as it is called in a language; as it is given if it is not known."""
    return next((one.label[language] for one in SPECIALTIES if one.name == specialty), specialty)


def _named(text: str) -> Specialty | None:
    """The longest of the specialties' words that occurs; the plural counts too."""
    found = [(len(word), index) for index, one in enumerate(SPECIALTIES) for word in one.words if re.search(rf"\b{word}(?:e?s)?\b", text)]
    return SPECIALTIES[max(found)[1]] if found else None


def _misheard(text: str) -> Specialty | None:
    """A word, or two or three that were heard for one (cardi ologist), much like a specialty's."""
    tokens = text.split()
    heard = {"".join(tokens[at : at + length]) for length in (1, 2, 3) for at in range(len(tokens) - length + 1)}
    scores = [
        (likeness(word, name), index)
        for word in heard
        if len(word) > _SHORTEST_MISHEARD
        for index, specialty in enumerate(SPECIALTIES)
        for name in specialty.words
        if " " not in name and (word[:2] == name[:2] or word[-6:] == name[-6:])
    ]
    score, index = max(scores, default=(0.0, 0))
    return SPECIALTIES[index] if score >= _CUTOFF else None
