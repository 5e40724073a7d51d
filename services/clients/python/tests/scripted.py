"""A scripted server: what clients say is read by the test, and what they hear is said by it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

import tilanne

PATIENCE_S = 10.0
QUICK = tilanne.Timing(
    first_wait_s=0.02, longest_wait_s=0.1, resubscribe_pause_s=0.05, open_limit_s=2.0
)


class Connected:
    """A client's connection, as the server has it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.over = asyncio.Event()

    async def said(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            message = json.loads(await self.socket.recv())
        assert isinstance(message, dict)
        return message

    async def say(self, *messages: object) -> None:
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            await self.socket.send(text)

    async def drop(self, code: int = 1001, reason: str = "the server stops") -> None:
        await self.socket.close(code, reason)
        self.over.set()


class Scripted:
    """The server."""

    def __init__(self) -> None:
        self.url = ""
        self._connections: asyncio.Queue[Connected] = asyncio.Queue()

    async def connection(self) -> Connected:
        async with asyncio.timeout(PATIENCE_S):
            return await self._connections.get()

    async def serve(self, socket: ServerConnection) -> None:
        connected = Connected(socket)
        self._connections.put_nowait(connected)
        await asyncio.wait(
            [
                asyncio.ensure_future(socket.wait_closed()),
                asyncio.ensure_future(connected.over.wait()),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )


@asynccontextmanager
async def scripted() -> AsyncIterator[Scripted]:
    server = Scripted()
    async with serve(server.serve, "127.0.0.1", 0, compression=None, subprotocols=None) as running:
        port = running.sockets[0].getsockname()[1]
        server.url = f"http://127.0.0.1:{port}"
        yield server


def vehicle(of: str, longitude_deg: float = 25.0) -> dict[str, Any]:
    position = {"longitude_deg": longitude_deg, "latitude_deg": 60.0}
    report = {"mode": "bus", "position": position}
    times = {"event_time_ms": 0, "received_time_ms": 0}
    return {"id": of, "feed": "feed", **times, "verdicts": [], "report": report}


def snapshot(of: str, sequence: int | None, *vehicles: object, **rest: object) -> dict[str, Any]:
    return {
        "type": "snapshot",
        "id": of,
        "region": "north",
        "epoch": "e1",
        "sequence": sequence,
        "cursor": f"c{sequence}",
        "origin": "demo",
        "reason": "subscribed",
        "time_ms": 1_000,
        "lag_ms": 0,
        "coalesced": 0,
        "objects": {"vehicles": vehicles, "feeds": []},
        **rest,
    }


def delta(of: str, previous: int | None, sequence: int, **rest: object) -> dict[str, Any]:
    return {
        "type": "delta",
        "id": of,
        "region": "north",
        "epoch": "e1",
        "previous": previous,
        "sequence": sequence,
        "cursor": f"c{sequence}",
        "time_ms": 1_001,
        "lag_ms": 3,
        "coalesced": 1,
        "updated": {},
        "removed": {},
        **rest,
    }


def refusal(of: str | None, status: int = 413) -> dict[str, Any]:
    problem = {"type": "about:blank", "title": "Refused", "status": status, "detail": "too many"}
    return {"type": "error", "id": of, "problem": problem}


MORE: dict[str, Any] = {"more": True, "cursor": None}
"""Of a message that is not the last of its kind."""
