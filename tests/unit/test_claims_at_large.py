"""What a receptionist may say at large, in English and Spanish: what claims that something is done, and what only sounds like it."""

import pytest

from ivr.agent.claims import claims, unproven
from tests.unit.test_claims import BOOKED as MADE
from tests.unit.test_claims import after

BOOKED = """
You're confirmed with Dr. Samir for Tuesday at nine.
Good news, I managed to book you with Dr. Kim.
I've penciled you in for Friday morning.
I have put you in for Tuesday at nine.
I've gotten you an appointment with Dr. Samir.
I got you in with Dr. Samir on Tuesday.
I've gotten you in for Thursday at ten.
I've found you a spot and booked it.
I've saved that slot for you.
I've secured the nine o'clock for you.
Your spot with Dr. Samir is secured.
That slot is yours now.
Your booking has gone through.
The appointment has been made for Tuesday.
An appointment has been created for you with Dr. Kim.
You have been added to Dr. Samir's schedule.
I've entered your appointment in the system.
Your appointment is in the system for Tuesday at nine.
Wonderful, we look forward to seeing you on Tuesday at nine.
We'll see you on Tuesday then.
Dr. Samir is expecting you on Tuesday at nine.
You're on the calendar for Tuesday.
I've finalized your booking.
Le he agendado con la doctora Kim.
Su cita ya está agendada.
He registrado su cita para el martes.
Ya está confirmada su cita.
Le tengo apuntado para el martes a las nueve.
Queda confirmado para el martes a las nueve.
Le hemos dado hora el martes a las nueve.
Su reserva está hecha.
Nos vemos el martes a las nueve.
Le esperamos el martes a las nueve.
Alright Maria, you're officially on Dr. Samir's calendar for Tuesday.
I've reserved Tuesday at nine for you with Dr. Samir.
I've gone ahead and scheduled you for Tuesday.
I've set that up for you.
I've got you scheduled for nine o'clock.
That appointment has been secured for you.
I've arranged for you to see Dr. Kim on Tuesday.
We've got you down for Tuesday at nine.
I have you in with Dr. Kim on Tuesday at nine.
I've slotted you in for nine.
I squeezed you in on Tuesday at nine.
I managed to get you in with Dr. Kim.
We were able to fit you in on Tuesday.
Your nine o'clock appointment is locked in.
I've blocked that time off for you.
I've blocked out nine o'clock for you.
The nine o'clock is yours.
It's all yours.
Dr. Kim will see you on Tuesday at nine.
See you tomorrow at nine.
We look forward to seeing you on Thursday.
Your appointment has been saved.
I just created your appointment.
Your booking number is ready, you're booked in.
A visit with Dr. Kim has been arranged.
I've put your name down for nine.
I added the appointment to the calendar.
I've placed the booking for you.
I've submitted the booking and it's confirmed.
Le he conseguido una cita con la doctora Kim.
Le he hecho la reserva para el martes.
La reserva ya está hecha.
Ya le reservé su cita.
Su cita fue agendada con éxito.
Su cita se ha registrado correctamente.
He programado su cita para el martes.
Queda usted apuntada para el martes a las nueve.
Ya está usted en la agenda de la doctora Kim.
Ya tiene hora con la doctora Kim el martes.
Le he apuntado para el martes a las nueve.
He dejado su cita reservada.
La doctora Kim la espera el martes a las nueve.
Quedó reservada su cita.
Se ha reservado su cita.
Su cita con la doctora Kim ya quedó confirmada.
El martes a las nueve es suyo.
Esa hora ya es suya.
I have you down for Tuesday at 9 with Dr. Samir.
You now have an appointment with Dr. Samir.
I've created the appointment.
I was able to get you in.
I've added you to the schedule.
I've set you up with Dr. Samir.
I've locked that in.
The slot is yours.
Tuesday at nine is yours.
See you Tuesday at nine.
See you on Tuesday at nine, then.
I just put that in the calendar.
Your spot is saved.
I've registered your appointment for Tuesday at nine.
Your appointment was created.
You're on the schedule.
Ya la tengo reservada.
Ya quedó su cita.
Cita confirmada.
Cita agendada para el martes.
He hecho la reserva.
La cita ha sido creada.
Le he dado cita el martes a las nueve.
Le he puesto cita el martes.
Ya tiene su cita el martes a las nueve.
Lo esperamos el martes.
La doctora Kim le espera el martes.
Le confirmo su cita para el martes a las nueve.
Su reserva se ha realizado.
Quedamos el martes a las nueve.
Perfecto, queda para el martes a las nueve.
Reservamos su cita.
Wonderful, Maria, I've booked that appointment for you.
Okay, I have that booked for Tuesday.
You have been booked in with Dr. Kim.
Your visit is officially on the books.
That's locked in for you.
Everything is booked.
I have scheduled your visit with Dr. Kim for Tuesday.
The booking is confirmed.
Your appointment's confirmed.
You've got a confirmed appointment on Tuesday.
We have you booked with Dr. Kim.
Your slot is confirmed.
You'll find your appointment is confirmed for nine.
I've reserved your spot.
You've been scheduled for nine.
Ya está agendado.
Le acabo de agendar la cita.
Ya tiene reservada su cita.
Está todo reservado para usted.
Su hora queda reservada.
Appointment confirmed.
Appointment booked.
Great, appointment booked for Tuesday at nine with Dr. Kim.
Reservation confirmed for Tuesday at nine.
Booking complete.
The booking was successful.
I've processed your booking.
I grabbed that slot for you.
Le apunté para el martes.
Le quedó el martes a las nueve.
Le he guardado la hora.
I've finished booking that.
Appointment scheduled!
perfect, new appointment created for tuesday at nine
Okay, it's in the system.
You have a place on Tuesday at nine.
You've got a spot with Dr. Kim on Tuesday.
Your booking went through.
The booking has gone through.
Your appointment request was processed and you're booked.
Your reservation is now complete.
We've got you at nine on Tuesday.
I got you the nine o'clock.
I snagged the nine o'clock slot for you.
I've claimed that slot for you.
I've nabbed you the last spot on Tuesday.
I've logged your appointment for Tuesday.
I've filed your appointment for Tuesday at nine.
That slot is yours.
The nine o'clock is all yours.
I've given you the nine o'clock slot.
You're now with Dr. Chen instead.
All booked for Tuesday.
The appointment has been successfully created.
You're officially on the schedule
I was able to get that booked
Your time is locked in
We have you coming in on Tuesday at nine.
You are expected on Tuesday at nine with Dr. Kim.
Cita agendada para el martes a las nueve.
Reserva confirmada para el martes.
La reserva se realizó con éxito.
Ya tiene su cita para el martes a las nueve.
Ya tiene lugar el martes.
Le di el martes a las nueve.
Le he dado hora para el martes.
Le anoté para el martes a las nueve.
Le he puesto el martes a las nueve.
Le reservé el martes a las nueve.
Le hice la reserva.
Le aparté ese horario.
Ya está en la agenda.
Ya quedó apuntado para el martes.
Se ha agendado su cita.
Hemos procesado su reserva.
Ese horario ya es suyo.
Listo, agendado.
ya le agendé
Ya le tengo agendado para el martes.
Su turno quedó registrado.
""".strip().splitlines()

MOVED = """
Your appointment is now on Thursday at nine.
I've pushed your appointment to Thursday.
I've switched you to Thursday at ten.
Your visit has been pushed back to Thursday.
The change has been made.
I've updated your appointment to Thursday.
Your appointment was successfully changed to Thursday.
I've swapped your appointment to Thursday.
La cita se movió al jueves.
Su cita pasó al jueves.
Ya cambié su cita al jueves.
Le he cambiado la cita al jueves.
He reagendado su cita.
I've brought your appointment forward to Monday.
I've put your appointment back to Thursday.
I've moved you to Thursday at ten.
You've been moved to Thursday at ten.
Your new time is Thursday at ten.
Your new appointment time is Thursday at ten.
Your appointment got moved to Thursday.
That's been changed to Thursday.
Your appointment is now at ten.
Your appointment now is on Thursday.
Su cita queda para el jueves a las diez.
Le he pasado la cita al jueves.
Ya hice el cambio.
Su nueva hora es el jueves a las diez.
Se ha cambiado su cita al jueves.
Your appointment is now Tuesday at nine.
We've changed it to Thursday.
He hecho el cambio.
Su cita ahora es el jueves.
I've rescheduled you for Thursday.
Okay, moved to Thursday at ten.
Your appointment's been switched to Thursday.
We moved your visit to Thursday.
Su cita ya está cambiada para el jueves.
Le cambié la cita para el jueves.
Appointment moved to Thursday at ten.
Rescheduling complete.
The change is done.
I've slid your appointment to Thursday.
I've shuffled your appointment to Thursday.
I relocated your visit to Thursday.
The reschedule went through.
Successfully rescheduled for Thursday at ten
Cambio realizado.
Le cambié la hora.
Su cita fue reprogramada para el jueves.
Pasé su cita al jueves.
Moví su cita.
Su cita se movió al jueves.
""".strip().splitlines()

CANCELLED = """
I've gone ahead and canceled your visit.
Your visit on Friday has been called off.
I've taken your appointment off the calendar.
You no longer have an appointment on Friday.
That appointment is gone now.
Ya cancelé su cita.
Le he cancelado la cita del viernes.
Su cita ya no está en la agenda.
Hemos anulado la cita del viernes.
I've just cancelled that for you.
Your appointment for Friday has been removed.
I have deleted that appointment.
That's now cancelled.
You're off the schedule for Friday.
I took you off the schedule.
Your Friday appointment has been taken off the calendar.
Your slot on Friday has been released.
I've processed your cancellation.
He eliminado su cita del viernes.
Su cita del viernes ya está anulada.
Ya no tiene cita el viernes.
He hecho la cancelación.
Acabo de anular su cita.
Su cita fue cancelada con éxito.
Your appointment is no longer on the schedule.
I've freed up that slot.
You won't have to come in on Tuesday any more.
Queda anulada.
Okay, cancelled.
I've cancelled it for you.
Your Tuesday visit is cancelled now.
Ya está cancelada.
Le cancelé la cita.
Su cita queda sin efecto.
Your cancellation went through.
La cancelación está hecha.
Appointment cancelled.
The cancellation has been processed.
I've dropped your appointment.
I've withdrawn your appointment.
I've voided your appointment.
Eliminé su cita.
Borré su cita.
Quité su cita.
Your cancellation is confirmed.
I've confirmed your cancellation.
I've made the cancellation for you.
La cancelación está confirmada.
The cancellation of your appointment is confirmed.
La cancelación de su cita está hecha.
Visit cancelled.
Cancellation confirmed.
The cancellation went through.
I've completed the cancellation.
I have scrapped your appointment.
I've taken you off the schedule.
I've taken your Tuesday appointment off the books.
Your appointment's gone from the calendar.
Your appointment has been revoked.
The appointment has been annulled.
I've reversed the booking.
Successfully cancelled!
And cancelled.
perfecto, cita cancelada
La cancelación se ha realizado correctamente.
Queda cancelada.
Se canceló su cita.
Su cita ha sido cancelada.
Di de baja su cita.
He dado de baja su cita.
Anulé su cita del martes.
He retirado su cita.
Su cita ya no existe.
Procesé la cancelación.
""".strip().splitlines()

DONE = """
If there is nothing else, you're all set.
Before you go, you're all set.
Su cita quedó lista.
Okay, that's done.
It's all taken care of.
You're good to go.
I've got that sorted for you.
Ya está.
Todo está arreglado.
Ya está solucionado.
Everything is taken care of.
It's done.
That's all set for you.
There, all sorted.
I've handled that for you.
That went through.
Consider it taken care of.
Ya está todo.
Ya quedó todo listo.
Listo, ya está hecho.
Asunto resuelto.
I've taken care of that for you.
That's been sorted.
Done!
All done.
¡Listo!
Listo.
Reserva realizada.
Ha quedado todo arreglado.
Ya está todo arreglado.
You're all taken care of.
All sorted for you.
We're done.
Todo quedó listo.
Ya está todo listo.
Your reservation is complete.
You're set to see Dr. Kim on Tuesday at nine.
The move went through.
El cambio ha sido realizado.
El cambio está hecho.
Done and dusted.
That's a done deal.
Reserva hecha.
Todo listo para el martes a las nueve.
""".strip().splitlines()

HARMLESS = """
If that works for you, we'll see you on Tuesday.
Si le viene bien, le esperamos el martes.
I've entered that, thank you.
I have you down with a number ending in twelve.
Shall I go ahead and book Tuesday at nine with Dr. Samir?
Would nine o'clock on Tuesday work for you?
I can put you down for Tuesday at nine, if you like.
I could get you in on Tuesday at nine.
Dr. Samir can see you on Tuesday at nine.
Dr. Samir has openings on Tuesday at nine and ten.
I'll book that for you now.
I will go ahead and cancel it.
I'm going to move your appointment to Thursday.
Let me book that for you.
Let me see what I can get you.
Just to confirm, you want Tuesday at nine with Dr. Samir.
To confirm, that's Tuesday at nine with Dr. Samir, is that right?
So you'd like to see Dr. Samir on Tuesday at nine, correct?
Before I book it, may I have your name?
Once I've booked it you'll get a text message.
If I've got that right, you'd like to cancel.
Unfortunately, that slot has been taken.
That time is no longer available.
Tuesday at nine is already taken.
I'm afraid Dr. Samir is booked until next week.
The nine o'clock slot was just reserved by another caller.
Appointments can be rescheduled up to the day before.
Cancelled appointments are not charged.
You can cancel or reschedule any time by calling us.
All appointments are confirmed by text message.
Your appointment is on Tuesday at nine with Dr. Samir.
You have two appointments, one on Tuesday and one on Friday.
You have an appointment with Dr. Samir on Tuesday at nine.
I see an appointment on Tuesday at nine, would you like to move it or cancel it?
I wasn't able to cancel that one.
I haven't booked anything yet.
Nothing has been changed so far.
Your appointment is still being confirmed.
I'm having trouble booking that.
You'll get a text message when everything is confirmed.
Thank you, Maria, I've found your record.
I have found two times for you.
I've checked the schedule for Tuesday.
Visiting hours are set by each department.
All right, which day would be best for you?
¿Le reservo el martes a las nueve?
¿Quiere que cambie la cita al jueves?
¿Confirmo la cita del martes?
Puedo ofrecerle el martes a las nueve.
Le puedo apuntar para el martes si quiere.
Voy a cancelar su cita.
Ahora mismo la reservo.
Un momento, estoy reservando la cita.
Tengo libre el martes a las nueve con la doctora Kim.
La doctora Kim puede verle el martes a las nueve.
Tiene una cita con la doctora Kim el martes a las nueve.
Veo que tiene una cita el martes, ¿quiere cambiarla?
Lo siento, esa hora ya está ocupada.
No he podido cambiar su cita.
Aún no está confirmada.
Las citas se pueden cancelar hasta el día anterior.
Las citas canceladas no se cobran.
Si cancela su cita, avísenos.
Cuando quede reservada, recibirá un mensaje.
Para reservar necesito su nombre y su fecha de nacimiento.
He encontrado dos horas para usted.
Entonces, usted quiere el martes a las nueve, ¿verdad?
Can I put you down for Tuesday at nine?
Should I take that one off the calendar?
Do you want me to move you to Thursday?
Is Tuesday at nine good for you?
I have Tuesday at nine or Thursday at ten.
I've got an opening on Tuesday at nine.
I have a spot with Dr. Kim on Tuesday at nine, would you like it?
We have you in our records, Maria.
I have you down as Maria Lopez, is that right?
I've got your name and date of birth, thank you.
I have your number ending in one two.
I've noted that you prefer mornings.
I've added a note for the doctor.
I'll get that moved for you right away.
I'm going to get you in with Dr. Kim.
I'd be glad to set that up for you.
We can get that sorted out for you.
Let me take care of that for you.
I'll take care of that now.
It won't be cancelled until you say so.
If you'd like, I can have you in on Tuesday.
If that works, I'll lock it in.
Once that's done, you'll receive a text.
Once you're on the schedule, you'll get a reminder.
When would you like to be seen?
Dr. Kim would be able to see you on Tuesday.
The doctor may be able to see you tomorrow.
When can the doctor see you?
I need your date of birth before I can see you on the schedule.
That slot was just taken, I'm sorry.
It looks like somebody else booked that slot.
Dr. Kim's schedule is full on Monday.
The next available time is Tuesday at nine.
Our schedule changes every month.
The front desk is closed now.
We moved to a new building in May.
Visits are usually set up two weeks ahead.
Changes can be made up to a day before.
Nobody can be put on the schedule without a name.
Your appointment hasn't been moved yet.
I have not been able to book it.
I did not cancel anything.
I tried to book it, but it didn't go through.
The booking didn't go through, I'm sorry.
Your request is being processed.
You'd be seeing Dr. Kim on Tuesday.
You're looking for an appointment on Tuesday, right?
Your appointments are Tuesday at nine with Dr. Kim and Friday at ten with Dr. Samir.
There is one appointment under your name, on Friday at ten.
You're on the wait-list for Dr. Kim.
I've added you to the wait-list.
You've been put on the wait-list for Tuesday.
You're welcome, have a nice day.
Is there anything else I can do for you today?
Someone from the front desk will call you back.
You already have an appointment at that time.
I'm expecting an answer any moment.
What time did you expect to see the doctor?
What you need is all in the text message.
¿La cambio al jueves?
¿Le parece bien el martes a las nueve?
¿Quiere que le ponga una cita el martes?
¿Ya tiene una cita con nosotros?
Tengo el martes a las nueve o el jueves a las diez.
Le busco una cita ahora mismo.
Enseguida le hago el cambio.
Le voy a reservar la cita.
Podemos dejarla para el martes a las nueve.
Podría darle cita el martes.
Si le parece bien, se la reservo.
Si cancela con un día de antelación, no hay problema.
No la he cancelado.
Todavía no he hecho la reserva.
No se ha podido hacer el cambio.
La reserva no se ha completado.
Esa hora se acaba de ocupar.
El martes ya está completo.
La doctora Kim no tiene nada hasta el jueves.
Los cambios se pueden hacer hasta el día anterior.
Las citas se confirman por mensaje.
Su cita es el viernes a las diez con el doctor Samir.
Tiene dos citas, una el martes y otra el viernes.
Lo siento, ya tiene una cita a esa hora.
Queda en la lista de espera.
Le he apuntado en la lista de espera.
Ahora dígame su fecha de nacimiento.
Espere un momento, por favor.
¿Espera a alguien más?
¿Está listo para darme sus datos?
Gracias, ya tengo sus datos.
He anotado su teléfono.
Su número de teléfono está registrado.
He visto que prefiere las mañanas.
La consulta está en la segunda planta.
Estamos abiertos hasta las cinco.
Se lo confirmo en un momento.
En cuanto quede hecho el cambio, le aviso.
You're calling about your appointment on Tuesday, is that right?
May I set up an appointment for you?
I'd have to cancel the old one first.
It would be moved to Thursday at ten.
Then your new appointment would be on Thursday at ten.
To move it, I need your date of birth.
Which of your two appointments should be moved?
Dr. Kim has nothing open in the morning.
Dr. Kim doesn't have anything on Tuesday.
There are no more slots on Tuesday, they're all taken.
I only have the afternoon left.
I have not found an appointment under that name.
A text message will confirm it once it's booked.
You will get a confirmation by text message when it's done.
That's no problem at all.
You can park in the garage, it's open all day.
We're located at twelve Hospital Road.
Please bring your insurance card and a list of your medicines.
I'm sorry, something went wrong on my side.
That took a little longer, I'm sorry.
Thank you, that's all I needed.
All right, nothing has been changed, your appointment stays as it is.
I've looked it up, and Dr. Kim is available on Tuesday at nine.
Okay, Tuesday at nine with Dr. Kim, shall I book it?
Tuesday at nine it is, may I have your full name?
Let me know which one you'd like.
I'll see what I can do.
We'd be happy to see you on Tuesday, which time works?
Dr. Samir sees patients on Tuesdays.
The doctor will call you back on Tuesday.
Your doctor has changed offices.
Both times are still free, which would you like?
Would you like to keep your appointment on Friday?
Somebody is already down for that time.
That day is set aside for surgery.
I've got two times on Tuesday, nine and ten thirty.
I have your appointment with Dr. Kim here.
I can see your appointment on Friday at ten.
I found your appointment, it's on Friday at ten with Dr. Chen.
Your next visit with Dr. Chen is Friday at ten.
Your old appointment stays until the new one is confirmed.
The lab is in the main building, up one floor.
Done right, it only takes a minute.
Claro, ¿qué día le viene bien?
Listo para ayudarle, ¿qué necesita?
Para cancelarla necesito su fecha de nacimiento.
Le puedo dar cita el martes a las nueve.
Hay hora el martes a las nueve con la doctora Kim.
¿Le doy cita el martes?
Ahora la doctora Kim atiende por la mañana.
Aquí veo su cita con el doctor Chen.
He encontrado su cita, es el viernes a las diez.
Su próxima cita es el viernes a las diez.
Se la cambiaría al jueves a las diez.
Quedaría para el jueves a las diez.
Sería el jueves a las diez, ¿le parece bien?
Esa hora ya la tiene otra persona.
No tengo nada el martes.
Recibirá un mensaje cuando quede confirmada.
¿Ya está todo o necesita algo más?
¿Algo más en lo que pueda ayudarle?
Ya veo, entonces prefiere la tarde.
De acuerdo, no cambio nada.
Su cita sigue como estaba.
Gracias, ya está identificada.
Ya la he encontrado, María.
Me queda una hora libre el martes.
Queda una hora libre el martes a las nueve.
Quedan dos horas libres el martes.
Shall I book that appointment for you?
Would you like the appointment confirmed by text?
Do you want your appointment moved or cancelled?
I can book you for Tuesday at nine.
I can have that booked in a minute.
Nothing has been cancelled.
Your appointment is not confirmed yet.
Once it's booked, you'll get a text.
If you want it cancelled, just say so.
When the booking is complete, you'll get a text message.
Before I process your booking, may I have your date of birth?
The booking isn't complete yet.
Is that slot good for you?
Which appointment would you like cancelled?
So you'd like your Tuesday visit dropped, correct?
You said your appointment was cancelled by the clinic?
I understand your appointment was dropped by another office.
Appointments cancelled within a day may carry a fee.
A cancelled appointment can be booked again.
Cancellations are free until the day before.
We ask that cancellations be made a day ahead.
The slot was grabbed by someone else a moment ago.
That time has just been taken.
I'm sorry, that slot is gone.
Dr. Kim is fully booked on Friday.
We are closed on Friday.
You have a choice of Tuesday or Thursday.
You have several options on Tuesday.
We have a place on Tuesday at nine, would that work?
I have a spot open with Dr. Kim on Tuesday.
There's a spot on Tuesday at nine.
I've got Tuesday at nine or Wednesday at ten.
I have nine o'clock with Dr. Chen, or ten with Dr. Kim.
I've found a slot for you.
I've noted your name.
I've updated your phone number.
Your phone number has been confirmed.
Identity confirmed, thank you.
Thank you, your details are complete.
Your name is in the system.
I see you in our system.
Your registration is complete.
Your message has been recorded.
I've sent the message to the office.
Are you all set, or is there something else?
Let me get that booked for you.
I'm booking that now.
I'll get you booked in.
Let's get that cancelled.
Just to confirm: Tuesday at nine with Dr. Kim?
I need your confirmation before it's cancelled.
The doctor confirmed that she takes new patients.
Your insurance has been processed.
How long ago was the appointment made?
Your referral was received.
No appointment booked under that name.
I don't see any appointment booked for Tuesday.
Without an appointment booked, I can't do that.
Is your appointment confirmed?
Was the appointment cancelled by you?
An appointment confirmed by text can still be moved.
To have the appointment cancelled, please say yes.
The booking was not successful.
The cancellation didn't go through.
I wasn't able to complete the booking.
I tried to book it, but someone took that time.
¿Le confirmo la cita?
¿Quiere que le cancele la cita?
¿Quedó confirmada su cita?
¿Le quedaría bien el martes a las nueve?
El martes a las nueve le quedaría con la doctora Kim.
Puedo agendarle para el martes.
Todavía no he cancelado nada.
Su cita no ha sido cancelada.
Si quiere, se la cambio al jueves.
Cuando quede confirmada, recibirá un mensaje.
Una vez hecha la reserva, recibirá un mensaje.
Le puedo guardar la hora.
Le tengo dos opciones el martes.
Ese horario ya está ocupado.
Ese horario ya lo reservó otra persona.
La doctora Kim tiene la agenda llena el martes.
Las citas canceladas no tienen costo.
¿Su cita fue cancelada por la clínica?
Entiendo que cancelaron su cita.
Ya apunté su nombre.
He guardado su número.
Ya quedó su nombre registrado.
Le he enviado un mensaje.
Ya tengo su fecha de nacimiento.
Para dejar su cita cancelada, diga sí.
No se canceló su cita.
No tiene ninguna cita agendada.
¿Para cuándo quiere la cita reservada?
Ahora mismo le reservo.
Quitamos los puntos el martes.
Le queda algo más por decirme?
¿Qué día le queda mejor?
El martes me queda un lugar a las nueve.
Queda una hora libre el martes.
Nos quedan dos lugares el martes.
Your appointment was cancelled by the clinic.
You have an appointment on Friday at ten, booked last week.
Your appointment on Friday was moved by Dr. Kim.
Su cita fue cancelada por la clínica.
""".strip().splitlines()

BY_TOOL = {"book_appointment": BOOKED, "reschedule_appointment": MOVED, "cancel_appointment": CANCELLED}
CLAIMS = [(tool, clause) for tool, clauses in BY_TOOL.items() for clause in clauses]


@pytest.mark.parametrize(("tool", "clause"), CLAIMS)
def test_what_one_tool_has_done_is_said_after_it_alone(tool: str, clause: str) -> None:
    assert unproven(clause, [])
    assert unproven(clause, after("list_slots", ok=True, slots=[]))
    assert unproven(clause, after("book_appointment" if tool == "cancel_appointment" else "cancel_appointment", **MADE))
    assert not unproven(clause, after(tool, **MADE))


@pytest.mark.parametrize("clause", DONE)
def test_what_leaves_open_what_is_done_needs_something_that_is(clause: str) -> None:
    assert unproven(clause, [])
    assert not unproven(clause, after("reschedule_appointment", **MADE))


@pytest.mark.parametrize("clause", HARMLESS)
def test_what_claims_nothing_is_never_withheld(clause: str) -> None:
    assert claims(clause) == set()
