"""What the mind says: lines and questions in English and Spanish, and which question a text asks."""

from functools import lru_cache

QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "help": ("How can I help you?", "What can I do for you?"),
        "who": ("Which doctor or specialty would you like?",),
        "when": ("What day or time would suit you?", "What day and time would suit you better?"),
        "offer": ("Would you like me to book it?", "Would you like me to move it there?"),
        "which_time": ("Which one, {times}?",),
        "identity": (
            "May I have your full name and date of birth, please?",
            "May I have the patient's full name and date of birth, please?",
        ),
        "name": ("May I have your full name, please?",),
        "last_name": ("And your last name, please?",),
        "birth": ("And your date of birth, please?", "Could you tell me your date of birth again, with month, day and year?"),
        "phone": ("What is your phone number, please?", "Could you tell me your phone number again, please?"),
        "which_appointment": ("Which one do you mean?", "Which one would you like to move?", "Which one would you like to cancel?"),
        "confirm_cancel": ("Should I cancel it?",),
        "look_for": ("Would you like me to look for an appointment?",),
        "pick_doctor": ("Would you like an appointment with one of them?", "Would you like an appointment?"),
        "try_again": ("Shall I try again?",),
        "connect": ("Would you like me to connect you with the front desk?",),
        "move_or_cancel": ("Would you like to move it or cancel it?",),
        "anything_else": ("Is there anything else I can help you with?",),
    },
    "es": {
        "help": ("¿En qué puedo ayudarle?", "¿Qué puedo hacer por usted?"),
        "who": ("¿Con qué especialidad o doctor desea la cita?",),
        "when": ("¿Qué día o a qué hora le viene bien?", "¿Qué día y a qué hora le viene mejor?"),
        "offer": ("¿Quiere que la reserve?", "¿Quiere que la cambie?"),
        "which_time": ("¿Cuál prefiere, {times}?",),
        "identity": (
            "¿Me dice su nombre completo y su fecha de nacimiento?",
            "¿Me dice el nombre completo y la fecha de nacimiento del paciente?",
        ),
        "name": ("¿Me dice su nombre completo, por favor?",),
        "last_name": ("¿Y su apellido, por favor?",),
        "birth": ("¿Y su fecha de nacimiento, por favor?", "¿Me repite su fecha de nacimiento, con día, mes y año?"),
        "phone": ("¿Cuál es su número de teléfono, por favor?", "¿Me repite su número de teléfono, por favor?"),
        "which_appointment": ("¿A cuál se refiere?", "¿Cuál quiere cambiar?", "¿Cuál quiere cancelar?"),
        "confirm_cancel": ("¿Quiere que la cancele?",),
        "look_for": ("¿Quiere que le busque una cita?",),
        "pick_doctor": ("¿Quiere una cita con alguno de ellos?", "¿Quiere una cita?"),
        "try_again": ("¿Lo intento otra vez?",),
        "connect": ("¿Quiere que le pase con la recepción?",),
        "move_or_cancel": ("¿Quiere cambiarla o cancelarla?",),
        "anything_else": ("¿Puedo ayudarle en algo más?",),
    },
}
"""Questions by key; where there are several, the code chooses by situation, and all of them are recognised."""

LINES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "greeting": ("Hello, this is Lilly at {hospital}.",),
        "hello": ("Hello! Yes, this is {hospital}.",),
        "sure": ("Of course.",),
        "yes": ("Yes!",),
        "great": ("Great.",),
        "thanks": ("Thank you.",),
        "all_right": ("All right.",),
        "sorry": ("I'm sorry.",),
        "welcome": ("You're welcome.",),
        "goodbye": ("Thank you for calling. Goodbye!",),
        "here": ("Yes, I'm here.",),
        "take_your_time": ("Of course, take your time.",),
        "no_problem": ("No problem.",),
        "kept": ("All right, I'll leave it as it is.",),
        "available": ("{doctor} is available {when}.",),
        "none_then": ("I'm sorry, nothing is free {then}.",),
        "not_at": ("I'm sorry, {clock} is not free.",),
        "none_at_all": ("I'm sorry, I can't find a free appointment in the coming weeks.",),
        "earliest": ("I'm sorry, that is the earliest I have.",),
        "latest": ("I'm sorry, I have nothing later.",),
        "only_doctor": ("I'm sorry, I have no other doctor for that.",),
        "unknown_doctor": ("I'm sorry, I can't find {doctor} here.",),
        "unknown_specialty": ("I'm sorry, we don't have that specialty here.",),
        "just_taken": ("I'm sorry, that time has just been taken.",),
        "busy": ("I'm sorry, you already have an appointment at that time.",),
        "booked": ("You're booked with {doctor} {when}.",),
        "moved": ("Your appointment is moved. You will see {doctor} {when}.",),
        "cancelled": ("Your appointment with {doctor} {when} is cancelled.",),
        "pending": ("Thank you. Your request is being processed, and it will be confirmed shortly.",),
        "bad_birth": ("I'm sorry, I didn't get that date.",),
        "bad_phone": ("I'm sorry, that number doesn't seem right.",),
        "one_appointment": ("You have an appointment with {doctor} {when}.",),
        "appointments": ("You have {count} appointments: {appointments}.",),
        "with_doctor": ("with {doctor} {when}",),
        "no_appointments": ("I don't see any coming appointments for {name}.",),
        "none_like_that": ("I don't see an appointment like that.",),
        "doctors": ("In {specialty} we have {doctors}.",),
        "doctors_all": ("We have {doctors}.",),
        "no_doctors": ("I'm sorry, I found no doctor for that.",),
        "spelled": ("Of course. It's {letters}.",),
        "speaks": ("Yes, I speak English and Spanish.", "Yes, I speak English."),
        "address": ("We are at {address}.",),
        "cannot_tell": ("I'm sorry, I can't tell you that.", "I'm sorry, I don't have that information."),
        "can_do": ("I can book, move or cancel an appointment for you.",),
        "not_needed": ("Thank you, I don't need that.",),
        "refuse": ("I'm sorry, I can't do that. I can only help you with your own appointments.",),
        "emergency": ("If this is an emergency, please hang up and dial {emergency} right away.",),
        "called_back": (
            "I'm sorry, nobody at the front desk can answer right now. They will call you back.",
            "Thank you. They will call you back.",
        ),
        "cannot_connect": ("I'm sorry, I can't connect you right now.",),
        "feel_better": ("I'm sorry to hear that. You could see {practitioner}.", "I'm sorry to hear that. You could see a doctor."),
        "trouble": ("I'm sorry, something went wrong on my side.",),
        "missed": ("I'm sorry, I didn't catch that.", "Sorry, I didn't understand that."),
        "misheard": ("I'm sorry about that. Could you say it again, please?",),
        "not_understood": (
            "I'm sorry, I didn't catch that. Could you say it again, please?",
            "Sorry, I didn't understand. Could you say that another way?",
            "I'm sorry, the line is not very clear. Could you repeat that, please?",
        ),
    },
    "es": {
        "greeting": ("Hola, soy Lilly, de {hospital}.",),
        "hello": ("¡Hola! Sí, está llamando a {hospital}.",),
        "sure": ("Por supuesto.",),
        "yes": ("¡Sí!",),
        "great": ("Muy bien.",),
        "thanks": ("Gracias.",),
        "all_right": ("De acuerdo.",),
        "sorry": ("Lo siento.",),
        "welcome": ("De nada.",),
        "goodbye": ("Gracias por llamar. ¡Adiós!",),
        "here": ("Sí, aquí estoy.",),
        "take_your_time": ("Claro, tómese su tiempo.",),
        "no_problem": ("No hay problema.",),
        "kept": ("De acuerdo, la dejo como está.",),
        "available": ("Hay cita con {doctor} {when}.",),
        "none_then": ("Lo siento, no hay nada libre {then}.",),
        "not_at": ("Lo siento, {clock} no hay nada libre.",),
        "none_at_all": ("Lo siento, no encuentro ninguna cita libre en las próximas semanas.",),
        "earliest": ("Lo siento, es lo más pronto que tengo.",),
        "latest": ("Lo siento, no tengo nada más tarde.",),
        "only_doctor": ("Lo siento, no tengo otro doctor para eso.",),
        "unknown_doctor": ("Lo siento, no encuentro a {doctor}.",),
        "unknown_specialty": ("Lo siento, no tenemos esa especialidad.",),
        "just_taken": ("Lo siento, esa hora se acaba de ocupar.",),
        "busy": ("Lo siento, ya tiene una cita a esa hora.",),
        "booked": ("Su cita con {doctor} queda reservada para {when}.",),
        "moved": ("Su cita queda cambiada. Le atenderá {doctor} {when}.",),
        "cancelled": ("Su cita con {doctor} {when} queda cancelada.",),
        "pending": ("Gracias. Su solicitud se está procesando y se le confirmará en breve.",),
        "bad_birth": ("Perdone, no he entendido la fecha.",),
        "bad_phone": ("Perdone, ese número no parece correcto.",),
        "one_appointment": ("Tiene una cita con {doctor} {when}.",),
        "appointments": ("Tiene {count} citas: {appointments}.",),
        "with_doctor": ("con {doctor} {when}",),
        "no_appointments": ("No veo ninguna cita próxima a nombre de {name}.",),
        "none_like_that": ("No veo ninguna cita así.",),
        "doctors": ("En {specialty} tenemos a {doctors}.",),
        "doctors_all": ("Tenemos a {doctors}.",),
        "no_doctors": ("Lo siento, no he encontrado ningún médico para eso.",),
        "spelled": ("Claro. Se escribe {letters}.",),
        "speaks": ("Sí, hablo español e inglés.", "Sí, hablo español."),
        "address": ("Estamos en {address}.",),
        "cannot_tell": ("Lo siento, no puedo decírselo.", "Lo siento, no tengo esa información."),
        "can_do": ("Puedo reservar, cambiar o cancelar una cita.",),
        "not_needed": ("Gracias, no lo necesito.",),
        "refuse": ("Lo siento, no puedo hacer eso. Solo puedo ayudarle con sus propias citas.",),
        "emergency": ("Si es una emergencia, cuelgue y marque el {emergency} ahora mismo.",),
        "called_back": (
            "Lo siento, ahora mismo nadie puede atenderle en la recepción. Le devolverán la llamada.",
            "Gracias. Le devolverán la llamada.",
        ),
        "cannot_connect": ("Lo siento, ahora mismo no puedo pasarle con nadie.",),
        "feel_better": ("Lamento oírlo. Podría verle {practitioner}.", "Lamento oírlo. Podría verle un médico."),
        "trouble": ("Lo siento, he tenido un problema.",),
        "missed": ("Perdone, no le he entendido.", "Lo siento, no he comprendido."),
        "misheard": ("Perdone. ¿Puede repetirlo, por favor?",),
        "not_understood": (
            "Perdone, no le he entendido. ¿Puede repetirlo, por favor?",
            "Lo siento, no he comprendido. ¿Puede decirlo de otra manera?",
            "Perdone, no se oye muy bien. ¿Me lo repite, por favor?",
        ),
    },
}
"""Statements by key; of several, the one for the situation or for the count of repetitions."""


def line(language: str, key: str, variant: int = 0, **values: str) -> str:
    """A statement, filled in."""
    return _chosen(LINES[language][key], variant).format(**values)


def question(language: str, key: str, variant: int = 0, **values: str) -> str:
    """A question, filled in."""
    return _chosen(QUESTIONS[language][key], variant).format(**values)


@lru_cache(maxsize=1024)
def asked_in(text: str) -> str:
    """The key of the last question in a text, in whatever language; empty if there is none that the mind asks."""
    places = [
        (text.rfind(wording.split("{")[0]), key)
        for questions in QUESTIONS.values()
        for key, wordings in questions.items()
        for wording in wordings
    ]
    place, key = max(places)
    return key if place >= 0 else ""


def _chosen(wordings: tuple[str, ...], variant: int) -> str:
    return wordings[variant % len(wordings)]
