"""Where a conversation stands: everything that the mind needs to know for its next answer."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ivr.offline.mind.dates import Birth
from ivr.offline.mind.tools import Result, Visit
from ivr.offline.mind.understanding import NOTHING, Details, Utterance


@dataclass(frozen=True)
class Facts:
    """What the system prompt tells."""

    now: datetime
    language: str = "en"
    languages: tuple[str, ...] = ("en",)
    hospital: str = "the hospital"
    address: str = ""
    emergency_number: str = "911"
    patient: str | None = None

    @property
    def today(self) -> date:
        """The day at the hospital."""
        return self.now.date()


@dataclass
class Person:
    """The caller as far as they said who they are."""

    name: str = ""
    birth: Birth | None = None
    phone: str | None = None

    @property
    def birth_date(self) -> date | None:
        """The date of birth once it is complete."""
        return self.birth.date if self.birth else None


@dataclass
class Search:
    """A search for free slots: what is wished, what was found, and what the caller made of it.

    `found` is None before the tool has answered; `emptied` counts the searches that found nothing, each wider than the one before.
    `after` and `before` narrow what was found to later or earlier slots than those that were offered.
    """

    wish: Details = NOTHING
    doctor_id: int | None = None
    found: list[Visit] | None = None
    emptied: int = 0
    chosen: Visit | None = None
    after: datetime | None = None
    before: datetime | None = None
    notice: str = ""
    wants_other_doctor: bool = False
    refused_doctor: str = ""

    def wishing(self, wish: Details) -> "Search":
        """A new search with another wish; the doctor's id lasts while no other doctor or specialty is named."""
        same = (wish.doctor, wish.specialty) == (self.wish.doctor, self.wish.specialty)
        return Search(wish=wish, doctor_id=self.doctor_id if same else None)


@dataclass(frozen=True)
class Outcome:
    """The result of booking, moving or cancelling; `said` once the caller has heard of it."""

    operation: str
    state: str
    appointment: Visit | None
    said: bool = False


@dataclass
class State:
    """The conversation so far.

    `asked` is the key of the last question. `act` is what the last utterance was if it was no part of a task (a greeting, a
    question that no tool answers). `target` is the appointment to be moved or cancelled, `hint` what was said
    about it; unless that is sure, it may be where it shall be moved to. `human_reason` is why a person was asked for, as long
    as a number to be called back on may follow.
    """

    facts: Facts
    language: str
    task: str = ""
    person: Person = field(default_factory=Person)
    patient: str | None = None
    search: Search = field(default_factory=Search)
    hint: Details = NOTHING
    hint_is_sure: bool = False
    target: Visit | None = None
    sure: bool = False
    appointments: list[Visit] | None = None
    doctors: list[dict[str, object]] | None = None
    taken: set[int] = field(default_factory=set)
    outcome: Outcome | None = None
    for_another: bool = False
    phone_needed: bool = False
    human_reason: str = ""
    asked: str = ""
    act: str = ""
    utterance: Utterance | None = None
    misses: int = 0
    last_said: str = ""
    trail: list[Result] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day at the hospital."""
        return self.facts.today

    @property
    def unreported(self) -> Outcome | None:
        """An outcome that the caller has not heard of yet."""
        return self.outcome if self.outcome and not self.outcome.said else None

    @property
    def failure(self) -> Result | None:
        """The last tool's result, if it failed, since the caller spoke."""
        return self.trail[-1] if self.trail and self.trail[-1].error else None

    def begin(self, task: str) -> None:
        """Start a task anew; what is known of the caller stays."""
        self.task, self.sure, self.target, self.for_another = task, False, None, False
        self.hint, self.hint_is_sure = NOTHING, False
        self.search, self.doctors = Search(), None

    def drop(self) -> None:
        """Leave the task."""
        self.begin("")

    def report(self) -> None:
        """Note that the caller has heard of the outcome; its task is over."""
        if self.outcome:
            self.outcome = replace(self.outcome, said=True)
        self.drop()
