"""The telephone's keys: which digits belong together, and when they are a whole answer. Pure, time as an argument."""

import re

from ivr.agent.expected_answer import expected_answer

REPEAT = "*"
PAUSE_MS = 2000
"""So long after the last digit a date or a number is over, if its length does not tell before."""

OPERATOR_MS = 1200
"""So long a lone 0 waits for more digits where none are expected."""

CHOICE_MS = 600
DATE_DIGITS = 8
TELEPHONE_DIGITS = 10
MOST_DIGITS = 40

_TIME = re.compile(r"\b\d{1,2}(?::\d\d)?\b")


class Keypad:
    """Takes keys one by one; `due_ms` says when what was typed is complete."""

    def __init__(self) -> None:
        self.digits = ""
        self.last_ms = 0.0
        self._closed = False

    def press(self, key: str, now_ms: float) -> None:
        """Take a key: a digit, or # which ends what was typed; others are no part of an answer."""
        if key.isdecimal():
            self.digits += key
            self.last_ms = now_ms
        self._closed = bool(self.digits) and (key == "#" or len(self.digits) >= MOST_DIGITS)

    def due_ms(self, asked: str, language: str) -> float:
        """When the digits are complete, if no more follow; `asked` is what Lilly said last."""
        return self.last_ms + (0 if self._closed else pause_ms(self.digits, asked, language))

    def take(self) -> str:
        """Return what was typed, and begin anew."""
        typed, self.digits, self._closed = self.digits, "", False
        return typed


def pause_ms(digits: str, asked: str, language: str) -> int:
    """How long more digits are waited for, knowing what was asked."""
    expected = expected_answer(asked, language)
    if expected in ("date", "number"):
        whole = DATE_DIGITS if expected == "date" else _telephone_digits(digits)
        return 0 if len(digits) >= whole else PAUSE_MS
    if calls_operator(digits):
        return OPERATOR_MS
    return CHOICE_MS if digits in ("1", "2") and offers_choice(asked) else PAUSE_MS


def calls_operator(digits: str) -> bool:
    """Whether this asks for the front desk: nothing but 0, which is neither a date nor a number."""
    return bool(digits) and not digits.strip("0")


def offers_choice(said: str) -> bool:
    """Whether at least two times were told, of which a key can choose one."""
    return len(_TIME.findall(said)) >= 2


def _telephone_digits(digits: str) -> int:
    # A national number; after the 1 for North America it is one digit longer, after the 0 for abroad it may have any length.
    return {"1": TELEPHONE_DIGITS + 1, "0": MOST_DIGITS}.get(digits[:1], TELEPHONE_DIGITS)
