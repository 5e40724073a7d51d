"""A client of `/v1/stream`: one connection, and what follows the picture and the events on it."""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal, TypeVar, Unpack
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from .backoff import wait_before_try_s
from .errors import ConnectionLostError, Problem, UsageError
from .events import EventStream
from .follower import Follower, State, Timing
from .objects import LayerName, Stop
from .picture import Picture
from .protocol import STREAM, ErrorMessage, Json, read
from .selection import EventPlace, Selection, StopPlace, Watched
from .subscription import OnChanges, Subscription
from .transit import fetch_stops

SUBPROTOCOL = Subprotocol("tilanne.v1.json")

FRAME_BYTES_MAX = 64 << 20
"""Longest message that is read: by default the server sends at most some 5 MB."""

FRAMES_WAITING_MAX = 4
"""Messages that were received and not read yet; then the server has to wait."""

CLOSE_LIMIT_S = 1.0

Connected = Literal["connecting", "open", "lost", "closed"]

log = logging.getLogger("tilanne")

F = TypeVar("F", bound=Follower)


class Client:
    """What follows the picture and the events of one server, on one connection that comes back.

    Made by `tilanne.connect`.
    """

    def __init__(
        self,
        url: str,
        *,
        wait: bool = False,
        tries_max: int | None = None,
        on_connection: Callable[[Connected, str], None] | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.timing = timing or Timing()
        self.last_loss: str | None = None
        """Why the connection was lost last."""
        self._address = stream_address(url)
        self._url = url
        self._waits = wait
        self._tries_max = tries_max
        self._on_connection = on_connection
        self._state: Connected = "connecting"
        self._failures = 0
        self._followers: dict[Follower, None] = {}
        self._by_id: dict[str, Follower] = {}
        self._ids = 0
        self._outgoing: dict[tuple[str, str], Json] = {}
        self._has_outgoing = asyncio.Event()
        self._first: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Client":
        loop = asyncio.get_running_loop()
        self._first = loop.create_future()
        self._task = loop.create_task(self._run(), name="tilanne")
        try:
            await self._first
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def state(self) -> Connected:
        """How the connection is."""
        return self._state

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return self._state == "open"

    def subscribe(
        self,
        *,
        region: str,
        layers: Sequence[LayerName],
        on_changes: OnChanges | None = None,
        on_state: Callable[[State], None] | None = None,
        **place: Unpack[Watched],
    ) -> Subscription:
        """Follow objects of the picture: iterate over it, or give a callback.

        `on_changes` gets the changes of each message, `on_state` how the subscription is.
        """
        asked: Selection = {"region": region, "layers": layers, **place}
        return self._follow(Subscription(self, asked, on_changes, on_state))

    def events(
        self,
        *,
        region: str,
        on_state: Callable[[State], None] | None = None,
        **place: Unpack[EventPlace],
    ) -> EventStream:
        """Follow the events themselves, from a cursor, an offset or a time, or from now."""
        return self._follow(EventStream(self, {"region": region, **place}, on_state))

    async def snapshot(
        self, *, region: str, layers: Sequence[LayerName], **place: Unpack[Watched]
    ) -> Picture:
        """Get the objects as they are now, complete and of one moment."""
        async with self.subscribe(region=region, layers=layers, **place) as subscription:
            return await subscription.complete()

    async def stops(self, *, region: str, **place: Unpack[StopPlace]) -> list[Stop]:
        """Get stops of public transport, by id: see `tilanne.stops`."""
        return await fetch_stops(self._url, region=region, **place)

    async def close(self) -> None:
        """End everything; iterations end."""
        for follower in list(self._followers):
            follower.close()
        self._become("closed", "closed here")
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def adopt(self, follower: Follower) -> str:
        """Give a new id, under which the follower hears from now on."""
        self._ids += 1
        of = f"s{self._ids}"
        self._by_id[of] = follower
        return of

    def release(self, of: str) -> None:
        """Unsubscribe an id."""
        self._by_id.pop(of, None)
        self.send({"type": "unsubscribe", "id": of})

    def send(self, message: Json) -> None:
        """Send when there is room. Of two that say the same of an id only the later one goes."""
        if not self.is_open:
            return
        self._outgoing[message["type"], message["id"]] = message
        self._has_outgoing.set()

    def wait_s(self, failures: int) -> float:
        """How long to wait after so many failures."""
        timing = self.timing
        chance = random.random()
        return wait_before_try_s(failures, chance, timing.first_wait_s, timing.longest_wait_s)

    def forget(self, follower: Follower) -> None:
        """Drop a follower that is over."""
        self._followers.pop(follower, None)

    def _follow(self, follower: F) -> F:
        if self._state == "closed":
            raise UsageError("the client is closed; connect anew")
        if self._task is None:
            raise UsageError("the client is not connected; use `async with tilanne.connect(url)`")
        self._followers[follower] = None
        if self.is_open:
            follower.opened()
        return follower

    async def _run(self) -> None:
        try:
            while True:
                reason = await self._once()
                if self._state == "closed":
                    return
                if self._lost(reason):
                    return
                await asyncio.sleep(self.wait_s(self._failures - 1))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Of a callback, or of this package: nobody may wait for what will not come.
            self._fail(error)

    async def _once(self) -> str:
        """Connect and serve the connection to its end; give why it ended."""
        timing = self.timing
        try:
            async with open_socket(
                self._address,
                subprotocols=[SUBPROTOCOL],
                open_timeout=timing.open_limit_s,
                ping_interval=timing.ping_s,
                ping_timeout=timing.pong_s,
                close_timeout=CLOSE_LIMIT_S,
                max_size=FRAME_BYTES_MAX,
                max_queue=FRAMES_WAITING_MAX,
            ) as socket:
                self._opened()
                sending = asyncio.create_task(self._send_all(socket))
                try:
                    async for frame in socket:
                        if isinstance(frame, str):
                            self._hear(frame)
                finally:
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
                said = socket.close_reason
                return f"closed with code {socket.close_code}" + (f": {said}" if said else "")
        except ConnectionClosed as error:
            return str(error)
        except (OSError, WebSocketException, TimeoutError) as error:
            return str(error) or type(error).__name__

    async def _send_all(self, socket: ClientConnection) -> None:
        while True:
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            while self._outgoing:
                message = self._outgoing.pop(next(iter(self._outgoing)))
                try:
                    await socket.send(json.dumps(message))
                except ConnectionClosed:
                    return

    def _opened(self) -> None:
        self._outgoing.clear()
        self._become("open", "")
        for follower in list(self._followers):
            follower.opened()
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    def _lost(self, reason: str) -> bool:
        """Note a lost connection; gives whether that was the last one."""
        self.last_loss = reason
        self._failures += 1
        self._by_id.clear()
        for follower in list(self._followers):
            follower.lost()
        self._become("lost", reason)
        is_first = self._first is not None and not self._first.done() and not self._waits
        is_last = self._tries_max is not None and self._failures >= self._tries_max
        if not is_first and not is_last:
            log.warning("connection to %s: %s; trying again", self._url, reason)
            return False
        error = ConnectionLostError(
            f"no connection to {self._url}: {reason}; check the address and that Tilanne runs there"
        )
        self._fail(error)
        return True

    def _fail(self, error: Exception) -> None:
        for follower in list(self._followers):
            follower.fail(error)
        if self._first is not None and not self._first.done():
            self._first.set_exception(error)
        self._become("closed", str(error))

    def _hear(self, frame: str) -> None:
        message = read(frame)
        if message is None:
            return
        if isinstance(message, ErrorMessage):
            self._refused(message.id, message.problem)
            return
        self._failures = 0
        of = message.id if hasattr(message, "id") else message.at.id
        follower = self._by_id.get(of)
        if follower is not None:
            follower.hear(message)

    def _refused(self, of: str | None, problem: Problem) -> None:
        follower = None if of is None else self._by_id.get(of)
        if of is None:
            # What is not understood has no id. Answers come in the order of the questions.
            log.error("a message was not understood: %s", problem.detail)
            waiting = (follower for follower in self._by_id.values() if follower.expects)
            follower = next(waiting, None)
        if follower is not None:
            follower.refused(problem)

    def _become(self, state: Connected, reason: str) -> None:
        if self._state == state:
            return
        self._state = state
        if self._on_connection is not None:
            self._on_connection(state, reason)


def stream_address(url: str) -> str:
    """Give where the stream is: `url` is the address of Tilanne, or of a folder it is served in.

    >>> stream_address("https://example.org/traffic")
    'wss://example.org/traffic/v1/stream'
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise UsageError(f"{url!r} is no address of Tilanne; it begins with http:// or https://")
    path = parts.path.rstrip("/")
    path = path if path.endswith(STREAM) else path + STREAM
    return urlunsplit((scheme, parts.netloc, path, "", ""))
