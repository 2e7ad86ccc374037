"""A schema that names a column's words names all that the database allows: one that is missing would break the list that shows it."""

from enum import StrEnum
from typing import Any, get_args

import pytest

from ivr import models
from ivr.schemas import appointments, callbacks, calls, deliveries


@pytest.mark.parametrize(
    ("words", "column"),
    [
        (appointments.Status, models.AppointmentStatus),
        (calls.CallStatus, models.CallStatus),
        (callbacks.State, models.CallbackState),
        (deliveries.DeliveryState, models.DeliveryState),
        (deliveries.SmsKind, models.SmsKind),
        (deliveries.SmsState, models.SmsState),
        (deliveries.ReminderShown.model_fields["lead"].annotation, models.ReminderLead),
    ],
)
def test_the_words_are_the_database_s(words: Any, column: type[StrEnum]) -> None:
    assert set(get_args(words)) == {str(word) for word in column}
