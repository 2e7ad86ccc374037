"""Patients: who may have an appointment."""

from peewee import Check, DateField, TextField

from ivr.models.connection import InstantField, Row, now


class Patient(Row):
    """A person, known by normalised name, date of birth and E.164 number together."""

    name = TextField()
    normalised_name = TextField()
    date_of_birth = DateField(index=True)
    phone = TextField()
    language = TextField(null=True)
    created_at = InstantField(default=now)

    class Meta:
        indexes = ((("normalised_name", "date_of_birth", "phone"), True),)
        constraints = (Check("phone ~ '^[+][0-9]{3,15}$'", "patient_phone_is_e164"),)
