"""Twilio: its REST, and a caller who is Twilio and the patient at once."""
