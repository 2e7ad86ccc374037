"""Lilly, a hospital's telephone receptionist."""
