"""Patients: who may have an appointment."""

from peewee import Check, DateField, ForeignKeyField, IntegerField, TextField
from playhouse.postgres_ext import ArrayField

from ivr.models.connection import InstantField, Row, now


class Patient(Row):
    """A person, known by normalised name, date of birth and E.164 number together.

    `sounds` are the consonants of the name's words, by which it is found however it is spelled. Of one who was erased at
    `erased_at` nothing personal is left, and the row stays for what counts.
    """

    name = TextField()
    normalised_name = TextField()
    date_of_birth = DateField(index=True)
    phone = TextField(index=True)
    language = TextField(null=True)
    created_at = InstantField(default=now)
    sounds = ArrayField(TextField, default=list)
    erased_at = InstantField(null=True)

    class Meta:
        indexes = ((("normalised_name", "date_of_birth", "phone"), True),)
        constraints = (Check("phone ~ '^[+][0-9]{3,15}$'", "patient_phone_is_e164"),)


class MergedPatient(Row):
    """Where the patient who had the id `former_id` has gone."""

    former_id = IntegerField(unique=True)
    patient = ForeignKeyField(Patient, backref="former", on_delete="CASCADE")
    patient_id: int
