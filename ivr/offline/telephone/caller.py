"""A caller who is Twilio and the patient at once: places signed calls, carries out their TwiML and streams, records them."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import aiohttp

from ivr.offline.telephone.exchange import API_VERSION, new_sid, rfc_2822
from ivr.offline.telephone.line import Line
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.program import Program, Telephony
from ivr.offline.telephone.switchboard import Order, Switchboard
from ivr.offline.telephone.timeline import Call, Event
from ivr.offline.telephone.webhooks import Answer, Target, WebhookFailed, Webhooks

AFTERTHOUGHT_S = 0.05
"""How long a script that waits for the end of the call may take to notice it."""

Script = Callable[[Patient], Coroutine[Any, Any, None]]
EventListener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and on what kind of line.

    `noise_dbfs` is the line's noise between utterances, None for digital silence; the recorded patients have this much
    behind their voices, so that the line does not change when they begin to speak. With `twiml` set the number does not
    point at Lilly's webhook: that document is carried out instead, as one set up in Twilio's console.
    """

    from_number: str = "+12025550143"
    to_number: str = "+12025550100"
    noise_dbfs: float | None = -41.0
    turn_wait_ms: float = 700
    patience_s: float = 20.0
    twiml: str | None = None
    telephony: Telephony = field(default_factory=Telephony)


async def call(target: Target, script: Script, caller: Caller | None = None, on_event: EventListener | None = None) -> Call:
    """Place one call and play the patient by `script`; when it returns, the patient hangs up.

    A script that is not through when Lilly ends the call is cut off. Raises what the script raises, after the call.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None)) as session:
        return await _PlacedCall(target, caller or Caller(), session, on_event or _ignore).run(script)


def place_call(target: Target, script: Script, caller: Caller | None = None, on_event: EventListener | None = None) -> Call:
    """`call` for code that is not asynchronous."""
    return asyncio.run(call(target, script, caller, on_event))


def place_calls(target: Target, calls: Sequence[tuple[Caller, Script]]) -> list[Call]:
    """Many calls at once, in one thread; returns when the last is over."""

    async def all_of_them() -> list[Call]:
        return await asyncio.gather(*(call(target, script, caller) for caller, script in calls))

    return asyncio.run(all_of_them())


class _PlacedCall:
    """One call from its first webhook to its last callback."""

    def __init__(self, target: Target, caller: Caller, session: aiohttp.ClientSession, on_event: EventListener) -> None:
        sid = new_sid("CA")
        self._target = target
        self._caller = caller
        self._form = _form(sid, target, caller)
        self._line = Line(caller.noise_dbfs, on_event)
        self._patient = Patient(self._line, sid, caller.turn_wait_ms, caller.patience_s)
        self._webhooks = Webhooks(target, session)
        self._program = Program(self._line, self._webhooks, self._form, caller.telephony)
        registration = {"sid": sid, "account_sid": target.account_sid, "from": caller.from_number, "to": caller.to_number}
        self._switchboard = Switchboard(target.offline_url, session, registration)

    async def run(self, script: Script) -> Call:
        """Carry the call out."""
        await self._switchboard.register("ringing")
        carrying = asyncio.create_task(self._line.carry())
        acting = asyncio.create_task(script(self._patient))
        for task in (carrying, acting):
            task.add_done_callback(lambda _task: self._patient.hang_up())
        try:
            ended_by = await self._live()
            self._patient.over.set()
            finished, _ = await asyncio.wait([acting], timeout=AFTERTHOUGHT_S)
            self._line.note("over", f"ended by {ended_by}")
            await self._report_end()
        finally:
            await _cancel(acting, carrying)
        return self._record(ended_by, script_finished=bool(finished))

    async def _live(self) -> Literal["lilly", "caller"]:
        orders: asyncio.Queue[Order] = asyncio.Queue()
        watching = [asyncio.create_task(self._switchboard.watch(orders)), asyncio.create_task(self._await_hang_up(orders))]
        program = asyncio.create_task(self._ring())
        try:
            while order := await _next_order(orders, program):
                await _cancel(program)
                if order.kind != "redirect":
                    return "caller" if order.kind == "hung_up" else "lilly"
                program = asyncio.create_task(self._redirect(order))
            return "lilly"
        finally:
            await _cancel(program, *watching)

    async def _await_hang_up(self, orders: asyncio.Queue[Order]) -> None:
        await self._patient.hung_up.wait()
        orders.put_nowait(Order("hung_up"))

    async def _ring(self) -> None:
        address = self._target.public + self._target.incoming_path
        with self._noting_failure():
            twiml = self._caller.twiml
            answer = Answer(twiml, address, 0.0) if twiml else await self._webhooks.twiml(address, self._form)
            self._line.note("answered", f"{answer.took_ms:.0f} ms")
            await self._switchboard.register("in-progress")
            await self._program.run(answer)

    async def _redirect(self, order: Order) -> None:
        address = self._target.public + "/"
        with self._noting_failure():
            answer = Answer(order.twiml, address, 0.0) if order.twiml else await self._program.fetch(order.url, address, order.method)
            await self._program.run(answer)

    async def _report_end(self) -> None:
        await self._switchboard.register("completed")
        if self._target.status_path is None:
            return
        ended = {"CallStatus": "completed", "CallDuration": str(max(1, round(self._line.now_ms / 1000))), "Duration": "1"}
        ended |= {"Timestamp": rfc_2822(datetime.now(UTC)) or "", "SequenceNumber": "0", "CallbackSource": "call-progress-events"}
        with self._noting_failure():
            await self._webhooks.tell(self._target.public + self._target.status_path, self._form | ended)

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except WebhookFailed as error:
            self._line.note("violation", str(error))

    def _record(self, ended_by: Literal["lilly", "caller"], script_finished: bool) -> Call:
        line = self._line
        line.finish()
        return Call(
            sid=self._patient.call_sid,
            ended_by=ended_by,
            turns=line.turns,
            events=line.events,
            patient=bytes(line.patient),
            lilly=bytes(line.playout.track),
            late_ms=line.late_ms,
            furthest_ahead_ms=line.furthest_ahead_ms,
            script_finished=script_finished,
        )


async def _next_order(orders: asyncio.Queue[Order], program: asyncio.Task[None]) -> Order | None:
    """The next order, or None once the program has come to its end."""
    getting = asyncio.create_task(orders.get())
    await asyncio.wait({getting, program}, return_when=asyncio.FIRST_COMPLETED)
    if getting.done():
        return getting.result()
    await _cancel(getting)
    return None


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    """End tasks and wait until they have; raises what one of them had failed with."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def _form(call_sid: str, target: Target, caller: Caller) -> dict[str, str]:
    """What Twilio tells a webhook of an incoming call."""
    return {
        "CallSid": call_sid,
        "AccountSid": target.account_sid,
        "ApiVersion": API_VERSION,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": caller.from_number,
        "Caller": caller.from_number,
        "FromCountry": "US",
        "To": caller.to_number,
        "Called": caller.to_number,
        "ToCountry": "US",
    }


def _ignore(_event: Event) -> None:
    """Nobody is watching."""
