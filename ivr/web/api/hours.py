"""Weekly hours, breaks, absences and extra sessions: four kinds of rows, served alike."""

from dataclasses import dataclass

from pydantic import BaseModel

from ivr import hours, records
from ivr.access import Scope
from ivr.hours import Kind
from ivr.models import Break, ExtraSession, Row, Schedule, TimeOff
from ivr.paging import Page
from ivr.schemas import clinic
from ivr.schemas.types import Arguments, Change
from ivr.web.api.desk import desk
from ivr.web.api.resource import Resource, unchanged

REFUSED = {409: ["already_exists"], 422: ["reference_unknown", "rule_broken"]}


@dataclass(frozen=True)
class Served:
    """One kind of hours: its rows, its schemas, and what it is called."""

    kind: Kind
    path: str
    noun: str
    about: str
    new: type[Arguments]
    change: type[Change]
    shown: type[BaseModel]
    listed: type[BaseModel]


def _routes(served: Served) -> Resource:
    path, one, kind = f"/{served.path}", f"/{served.path}/<int:row_id>", served.kind
    routes = Resource(served.path.replace("-", "_"), served.path.replace("-", " ").capitalize(), served.about)

    def listing(query: clinic.HoursQuery) -> Page[Row]:
        return hours.listed(kind, query)

    def create(body: Arguments) -> Row:
        return hours.add(kind, body, desk())

    def show(row_id: int) -> Row:
        return records.get(kind, row_id)

    def change(row_id: int, body: Change) -> Row:
        return hours.change(kind, row_id, body, unchanged(), desk())

    def remove(row_id: int) -> None:
        hours.remove(kind, row_id, unchanged(), desk())

    create.__annotations__["body"], change.__annotations__["body"] = served.new, served.change
    for view, doing in ((listing, "List"), (create, "Add"), (show, "Show"), (change, "Change"), (remove, "Remove")):
        view.__name__ = f"{doing.lower()}_{served.path.replace('-', '_')}"
        view.__doc__ = f"{doing} {served.noun}."
    routes.get(path, Scope.CLINIC_READ, served.listed)(listing)
    routes.post(path, Scope.CLINIC_WRITE, served.shown, errors=REFUSED)(create)
    routes.get(one, Scope.CLINIC_READ, served.shown)(show)
    routes.patch(one, Scope.CLINIC_WRITE, served.shown, guarded=True, errors=REFUSED)(change)
    routes.delete(one, Scope.CLINIC_WRITE, guarded=True)(remove)
    return routes


ROUTES = tuple(
    _routes(served)
    for served in (
        Served(
            Schedule,
            "schedules",
            "weekly hours",
            "Doctors' weekly hours; a change at once changes the coming slots that nobody has booked.",
            clinic.NewSchedule,
            clinic.ScheduleChange,
            clinic.ScheduleShown,
            clinic.ScheduleList,
        ),
        Served(
            Break,
            "breaks",
            "a weekly pause",
            "Weekly pauses inside of doctors' hours.",
            clinic.NewBreak,
            clinic.BreakChange,
            clinic.BreakShown,
            clinic.BreakList,
        ),
        Served(
            TimeOff,
            "time-off",
            "an absence",
            "Absences of a doctor, and public holidays; what is booked stays booked.",
            clinic.NewTimeOff,
            clinic.TimeOffChange,
            clinic.TimeOffShown,
            clinic.TimeOffList,
        ),
        Served(
            ExtraSession,
            "extra-sessions",
            "an extra session",
            "Hours of one date beside the weekly ones; they hold on public holidays too.",
            clinic.NewExtraSession,
            clinic.ExtraSessionChange,
            clinic.ExtraSessionShown,
            clinic.ExtraSessionList,
        ),
    )
)
