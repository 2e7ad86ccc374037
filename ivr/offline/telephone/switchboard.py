"""The caller's side door to the Twilio stand-in: calls are registered there, and orders for them come back."""

import asyncio
from dataclasses import dataclass

import aiohttp

RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """Something over REST that changes a call from outside its TwiML: `kind` is completed or redirect."""

    kind: str
    url: str = ""
    method: str = "POST"
    twiml: str = ""


class Switchboard:
    """One call's registration. Without an address nothing is registered and no order ever comes."""

    def __init__(self, offline_url: str | None, session: aiohttp.ClientSession, call: dict[str, str]) -> None:
        self._url = f"{offline_url.rstrip('/')}/control/twilio/calls" if offline_url else None
        self._session = session
        self._call = call

    async def register(self, status: str) -> None:
        """Tell where the call is now. Raises `aiohttp.ClientError` if the stand-in does not take it."""
        if self._url:
            async with self._session.post(self._url, json=self._call | {"status": status}) as response:
                response.raise_for_status()

    async def watch(self, orders: asyncio.Queue[Order]) -> None:
        """Pass orders on as they come, until cancelled."""
        seen = 0
        while self._url:
            try:
                async with self._session.get(f"{self._url}/{self._call['sid']}/orders", params={"after": seen}) as response:
                    response.raise_for_status()
                    news = (await response.json())["orders"]
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(RETRY_S)
                continue
            for order in news:
                orders.put_nowait(Order(**order))
            seen += len(news)
