"""A clause is written out for the voice the way it is pronounced."""

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ivr.agent.spoken import spoken
from ivr.voice.faithful import agreement

ENGLISH = {
    # times
    "at 3:00 PM": "at three P M",
    "Dr. Samir is available at 2:30 and 3:00 PM.": "Doctor Samir is available at two thirty and three P M.",
    "Would 3:00 work?": "Would three o'clock work?",
    "at 2:00 or 3:30": "at two or three thirty",
    "at 3:00 in the afternoon": "at three in the afternoon",
    "at 3 p.m. Would that work?": "at three P M. Would that work?",
    "on Monday at 2:30 p.m.": "on Monday at two thirty P M.",
    "2:30 p.m. Monday is free": "two thirty P M Monday is free",
    "2:30 a. m. and 4pm and 5 AM": "two thirty A M and four P M and five A M",
    "2:30\u202fPM": "two thirty P M",
    "2.30 pm": "two thirty P M",
    "two thirty p.m. or three PM": "two thirty P M or three P M",
    "At 10 am I am here.": "At ten A M I am here.",
    "at 14:30": "at two thirty in the afternoon",
    "at 09:30, 18:00 or 22:15": "at nine thirty in the morning, six in the evening or ten fifteen at night",
    "10:05": "ten oh five",
    "12:00 PM, 12 AM, 00:00 and 12:30 PM": "twelve noon, twelve midnight, midnight and twelve thirty P M",
    "2–4 PM": "two to four P M",
    "10 AM - 2 PM": "ten A M to two P M",
    "from 9:00-17:00": "from nine to five in the afternoon",
    "Mon-Fri 9:00 AM – 5:00 PM": "Monday to Friday nine A M to five P M",
    # dates and years
    "November 24": "November twenty-fourth",
    "March 4, 1982": "March fourth, nineteen eighty-two",
    "Nov. 24 and 25, 2026": "November twenty-fourth and twenty-fifth, twenty twenty-six",
    "March 4-6": "March fourth to sixth",
    "March 4th at 2": "March fourth at two",
    "the 4th of March 1982": "the fourth of March, nineteen eighty-two",
    "24 November 2026": "November twenty-fourth, twenty twenty-six",
    "Mon., Nov 24": "Monday, November twenty-fourth",
    "2026-11-24": "November twenty-fourth, twenty twenty-six",
    "2026-11-24T14:30:00": "November twenty-fourth, twenty twenty-six at two thirty in the afternoon",
    "11/24/2026 or 24/11/2026": "November twenty-fourth, twenty twenty-six or November twenty-fourth, twenty twenty-six",
    "3/4/82": "March fourth, nineteen eighty-two",
    "on 11/24": "on November twenty-fourth",
    "May 45": "May forty-five",
    "in 1905, 2009 and 2010": "in nineteen oh five, two thousand nine and twenty ten",
    "the 1980s": "the nineteen eighties",
    "Dec 2026": "December twenty twenty-six",
    # numbers
    "the 4th, 22nd and 12th": "the fourth, twenty-second and twelfth",
    "1,250 patients": "one thousand two hundred fifty patients",
    "0 or 10000": "zero or ten thousand",
    "38.05": "thirty-eight point zero five",
    "20% or 3.5 %": "twenty percent or three point five percent",
    "10-15 minutes": "ten to fifteen minutes",
    "-5 degrees": "minus five degrees",
    "2 1/2 or 2½ hours, 3/4": "two and a half or two and a half hours, three quarters",
    "120/80 and 24/7": "one hundred twenty over eighty and twenty-four seven",
    "A1C, B12, COVID-19": "A one C, B twelve, COVID-nineteen",
    "٣ doctors": "three doctors",
    # prices
    "It costs $25.50.": "It costs twenty-five dollars and fifty cents.",
    "$1, $0.50 and $1,250": "one dollar, fifty cents and one thousand two hundred fifty dollars",
    "$2.5 million": "two point five million dollars",
    "€20, 25 € or 30 USD": "twenty euros, twenty-five euros or thirty dollars",
    "$20-$30": "twenty dollars to thirty dollars",
    # telephone numbers, rooms, codes
    "+1 202-555-0143": "one, two zero two, five five five, zero one four three",
    "(202) 555-0143": "two zero two, five five five, zero one four three",
    "202.555.0143, 2025550143": "two zero two, five five five, zero one four three, two zero two, five five five, zero one four three",
    "555-0143 ext. 204": "five five five, zero one four three extension two zero four",
    "+52 55 1234 5678": "plus five two, five five, one two three four, five six seven eight",
    "Call 911, 9-1-1 or 112.": "Call nine one one, nine one one or one one two.",
    "Dial 4821 and press 1.": "Dial four eight two one and press one.",
    "Press #.": "Press pound.",
    "Room 205, suite 312, unit 400": "Room two oh five, suite three twelve, unit four hundred",
    "#5 in room #1204": "number five in room number twelve oh four",
    "x204": "extension two zero four",
    "zip code 11203": "zip code one one two zero three",
    # abbreviations
    "Mr. Lee, Mrs. Wu and Ms. Kay": "Mister Lee, Missus Wu and Miz Kay",
    "Dr Lee and Dra. Peña": "Doctor Lee and Doctora Peña",
    "See the Dr.": "See the Doctor.",
    "Sr. Lopez, John Smith Sr.": "Señor Lopez, John Smith Senior.",
    "at St. Mary's Hospital": "at Saint Mary's Hospital",
    "123 Main St. Please come in.": "one hundred twenty-three Main Street, Please come in.",
    "4521 Oak St.": "forty-five twenty-one Oak Street.",
    "5th Ave. and 12 Sunset Dr. near us": "fifth Avenue and twelve Sunset Drive near us",
    "450 Clarkson Ave., Brooklyn": "four hundred fifty Clarkson Avenue, Brooklyn",
    "e.g. Monday, i.e. soon, etc.": "for example Monday, that is soon, et cetera.",
    "Smith & Sons, A&B": "Smith and Sons, A and B",
    # addresses
    "https://www.hospital.org/book.": "hospital dot org slash book.",
    "See hospital.org today": "See hospital dot org today",
    "info2@st-marys.org": "info two at st dash marys dot org",
}

SPANISH = {
    # times
    "a las 14:30": "a las dos y media de la tarde",
    "14:30": "las dos y media de la tarde",
    "la 1:00": "la una",
    "a las 13:00": "a la una de la tarde",
    "a la 2:15 p. m.": "a las dos y cuarto de la tarde.",
    "A las 9:30 a. m. del lunes": "A las nueve y media de la mañana del lunes",
    "a las 2:30 y 3:00 PM": "a las dos y media y las tres de la tarde",
    "a la 1 PM. ¿Le parece bien?": "a la una de la tarde. ¿Le parece bien?",
    "a las 2:30 de la tarde": "a las dos y media de la tarde",
    "a las 10:45, 10:05 o 20:20": "a las diez cuarenta y cinco, las diez y cinco o las ocho y veinte de la noche",
    "a las 12:00 PM o 12 AM": "a las doce del mediodía o las doce de la noche",
    "a las 09:00, a las 15 h, a las 14.30": "a las nueve de la mañana, a las tres de la tarde, a las dos y media de la tarde",
    "de 9:00-17:00": "de las nueve a las cinco de la tarde",
    "2–4 PM": "de las dos a las cuatro de la tarde",
    "las 24 horas": "las veinticuatro horas",
    "a la 1 o a las 2": "a la una o a las dos",
    # dates
    "24 de noviembre": "veinticuatro de noviembre",
    "el 1 de marzo": "el primero de marzo",
    "1º de mayo de 2026": "primero de mayo de dos mil veintiséis",
    "4 de marzo de 1982": "cuatro de marzo de mil novecientos ochenta y dos",
    "24 nov. 2026": "veinticuatro de noviembre de dos mil veintiséis",
    "del 1 al 5 de abril": "del primero al cinco de abril",
    "24/11/2026": "veinticuatro de noviembre de dos mil veintiséis",
    "2026-11-24T14:30": "veinticuatro de noviembre de dos mil veintiséis a las dos y media de la tarde",
    "el 24/11": "el veinticuatro de noviembre",
    # numbers, in agreement with their noun
    "1 cita, 21 citas, 200 citas": "una cita, veintiuna citas, doscientas citas",
    "1 doctor, 21 días, 31 minutos": "un doctor, veintiún días, treinta y un minutos",
    "la opción 1 y el 21": "la opción uno y el veintiuno",
    "21 mil, 101.300, 1,000,000": "veintiún mil, ciento un mil trescientos, un millón",
    "3,5 o 3.5": "tres coma cinco o tres punto cinco",
    "20% hoy": "veinte por ciento hoy",
    "10-15 minutos": "diez a quince minutos",
    "1/2 hora": "media hora",
    "1er piso, 2º piso, 3ª cita, 2da vez": "primer piso, segundo piso, tercera cita, segunda vez",
    # prices
    "$25.50": "veinticinco dólares con cincuenta centavos",
    "$1, $21 y 1.250,50 €": "un dólar, veintiún dólares y mil doscientos cincuenta euros con cincuenta centavos",
    "$2.5 millones": "dos punto cinco millones de dólares",
    # telephone numbers, rooms, codes
    "+1 202-555-0143": "uno, dos cero dos, cinco cinco cinco, cero uno cuatro tres",
    "+52 55 1234 5678": "más cinco dos, cinco cinco, uno dos tres cuatro, cinco seis siete ocho",
    "5555-1234": "cinco cinco cinco cinco, uno dos tres cuatro",
    "Llame al 911. Marque 0.": "Llame al nueve uno uno. Marque cero.",
    "ext. 204, habitación 205, Nº 5": "extensión dos cero cuatro, habitación doscientos cinco, número cinco",
    # abbreviations
    "La Dra. Peña y el Dr. Ruiz": "La doctora Peña y el doctor Ruiz",
    "El Sr. Gil, la Sra. Díaz y la Srta. Paz": "El señor Gil, la señora Díaz y la señorita Paz",
    "Ud. y Uds. en EE. UU.": "usted y ustedes en Estados Unidos.",
    "p. ej. Av. Reforma 222": "por ejemplo avenida Reforma doscientos veintidós",
    "María & Hijos": "María e Hijos",
    "info@hospital.org": "info arroba hospital punto org",
}

ROWS = [("en", *row) for row in ENGLISH.items()] + [("es", *row) for row in SPANISH.items()]

UNCHANGED = [
    ("en", "Thank you for calling, how can I help you today?"),
    ("en", "I am here — would Monday or the second of March work?  Yes…"),
    ("en", "No. I may march on Sunday, as you said."),
    ("es", "Un momento, por favor. ¿Qué día le conviene?"),
    ("es", "No. El mar está allí; sí, señor."),
    ("fr", "Le Dr. Samir est là à 14:30."),
    ("en", ""),
]

SENTENCES = [
    ("en", "Your date of birth is March 4, 1982, correct?"),
    ("en", "On Monday, November 24, 2026."),
    ("en", "Call 202-555-0143, extension 204."),
    ("en", "Room 205 on the 4th floor."),
    ("en", "1,250 patients since 1905"),
    ("es", "El Dr. Samir está libre a las 2:30 y a las 3:00."),
    ("es", "El 24 de noviembre de 2026."),
    ("es", "Nacido el 1 de marzo de 1982."),
    ("es", "La habitación 205 en el 5º piso"),
]

HEARD_AS = [
    ("en", "at 3:00 PM", "at 3 PM"),
    ("en", "at 3:00 PM", "at three p.m."),
    ("en", "Would 3:00 work?", "Would 3 o'clock work?"),
    ("en", "at 12:00 PM", "at 12 noon"),
    ("en", "at 14:30", "at 2:30 in the afternoon"),
    ("en", "at 11:30 AM or 1:45 PM", "at 11:30 a.m. or 1:45 p.m."),
    ("en", "March 4, 1982", "March 4th, 1982"),
    ("en", "+1 202-555-0143", "1-202-555-0143"),
    ("en", "202-555-0143", "(202) 555 0143"),
    ("en", "It costs $25.50.", "It costs 25 dollars and 50 cents."),
    ("es", "a las 14:30", "a las 2:30 de la tarde"),
    ("es", "a las 16:00", "a las 4 p. m."),
    ("es", "a la 1:00", "a la 1"),
    ("es", "el 1 de marzo", "el uno de marzo"),
    ("es", "a las 12:00 PM", "a las 12 del mediodía"),
    ("es", "la Dra. Peña a las 9:15", "la doctora Peña a las 9 y cuarto"),
]

TRANSCRIPTS = [
    *HEARD_AS,
    *((language, text, text) for language, text in SENTENCES),
    *((language, text, text) for language, text, _ in ROWS),
    *((language, text, words) for language, text, words in ROWS),
]

PIECES = (
    "Dr. Dra. Mr. St. Sr. p.m. a.m. PM am No. e.g. etc. Mon Fri. Sun , . : - – / # $ € % & @ ( ) + 1 2 9 12 24 30 45 205 911 1982 2026"
    " 0143 1,250 2:30 14:30 3.5 7/8 1º 4th x ext. room las la de el a y March marzo nov. enero and to www. .com https:// hab. p. ej. EE."
    " UU. 1st h horas mil citas ½ ² ٣ ' ’ A a Z ñ é"
).split()
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from([*PIECES, " "]), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join),
)


@pytest.mark.parametrize(("language", "text", "words"), ROWS)
def test_a_text_is_written_out_as_it_is_pronounced(language: str, text: str, words: str) -> None:
    assert spoken(text, language) == words
    assert spoken(words, language) == words


@pytest.mark.parametrize(("language", "text"), UNCHANGED)
def test_a_text_that_needs_nothing_stays_as_it_is(language: str, text: str) -> None:
    assert spoken(text, language) == text


@pytest.mark.parametrize("language", ["es-MX", "ES"])
def test_a_regional_language_is_read_as_its_language(language: str) -> None:
    assert spoken("a las 3 PM", language) == "a las tres de la tarde"


@pytest.mark.parametrize(("language", "text", "transcript"), TRANSCRIPTS)
def test_a_transcript_with_digits_agrees_with_the_words(language: str, text: str, transcript: str) -> None:
    agreed = agreement(spoken(text, language), transcript, language, final=True)
    assert agreed.complete and not agreed.diverged


@pytest.mark.parametrize(("language", "text", "transcript"), TRANSCRIPTS)
def test_a_transcript_never_disagrees_while_it_grows(language: str, text: str, transcript: str) -> None:
    words = spoken(text, language)
    assert not [transcript[:end] for end in range(len(transcript)) if agreement(words, transcript[:end], language).diverged]


@seed(1)
@settings(max_examples=600, deadline=None, database=None)
@given(TEXTS, st.sampled_from(["en", "es"]))
def test_no_digit_is_left_and_writing_out_again_changes_nothing(text: str, language: str) -> None:
    words = spoken(text, language)
    assert not any(character.isdigit() for character in words)
    assert spoken(words, language) == words


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "text",
    ["1" * 9000, "$" + "1" * 9000, "1,111" + ",111" * 2000 + "th", "+" + "1" * 9000, "1" * 9000 + "º", "½" * 900],
    ids=["digits", "price", "ordinal in thousands", "telephone number", "ordinal", "fractions"],
)
def test_a_number_beyond_all_words_is_read_digit_by_digit(text: str, language: str) -> None:
    assert not any(character.isdigit() for character in spoken(text, language))
