"""What follows something on a connection, and what it may ask of the client that owns it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar
from weakref import WeakSet

from .errors import Problem, TilanneError
from .protocol import Json, ServerMessage

State = Literal["connecting", "live", "lost", "refused", "closed"]
"""`connecting` before the first message, `live` with what is subscribed to, `lost` when the
connection broke or a message was missed, `refused` when the server does not serve it."""

REFUSALS_MAX = 8
"""A server that cannot serve objects that it had served is asked so often, about a minute."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take, seconds."""

    first_wait_s: float = 0.5
    """Before the second try to connect; twice as long before each further one."""
    longest_wait_s: float = 15.0
    open_limit_s: float = 10.0
    """A connection that is not open by then will not be."""
    ping_s: float = 10.0
    """The server is asked so often whether it is there."""
    pong_s: float = 30.0
    """It has so long to answer: on a slow line the answer waits behind a large frame."""
    resubscribe_pause_s: float = 1.0
    """A server that keeps sending what does not fit is asked anew this often, not each time."""
    settled_s: float = 5.0
    """A move that was not refused for so long was not refused at all."""


class Channel(Protocol):
    """The client, as its followers see it."""

    timing: Timing

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""

    def adopt(self, follower: "Follower") -> str:
        """Give a new id, under which the follower hears from now on."""

    def release(self, of: str) -> None:
        """Unsubscribe an id; what still comes under it is left out."""

    def send(self, message: Json) -> None:
        """Send when there is room."""

    def wait_s(self, failures: int) -> float:
        """How long to wait after so many failures."""

    def forget(self, follower: "Follower") -> None:
        """Drop a follower that is over."""


class Follower(ABC):
    """Something that the server is subscribed to for, on one connection after the other."""

    def __init__(self, channel: Channel, on_state: Callable[[State], None] | None) -> None:
        self.problem: Problem | None = None
        """What the server refused last."""
        self.lag_ms = 0
        """How long the oldest change of the newest message has waited on the server."""
        self._channel = channel
        self._on_state = on_state
        self._state: State = "connecting"
        self._id: str | None = None
        self._refusals = 0
        self._awaits = True
        self._retry: asyncio.TimerHandle | None = None

    @property
    def state(self) -> State:
        """How it is."""
        return self._state

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self._state in ("refused", "closed")

    @property
    def expects(self) -> bool:
        """Whether it may have said something that is not answered yet."""
        return self._awaits

    @abstractmethod
    def opened(self) -> None:
        """Subscribe: there is a connection."""

    @abstractmethod
    def hear(self, message: ServerMessage) -> None:
        """Take a message."""

    @abstractmethod
    def refused(self, problem: Problem) -> None:
        """Take a problem."""

    @abstractmethod
    def close(self) -> None:
        """End it; iterations end."""

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """End it because of an error; iterations raise it."""

    def lost(self) -> None:
        """Note that there is no connection."""
        self._id = None
        self._cancel_retry()
        if not self.is_over:
            self._become("lost")

    def _end(self, state: Literal["refused", "closed"]) -> None:
        self._cancel_retry()
        if self._id is not None:
            self._channel.release(self._id)
        self._id = None
        if state == "closed":
            self._channel.forget(self)
        self._become(state)

    def _later(self, task: Callable[[], None], wait_s: float) -> None:
        self._cancel_retry()
        loop = asyncio.get_running_loop()
        self._retry = loop.call_later(wait_s, self._run_later, task)

    def _run_later(self, task: Callable[[], None]) -> None:
        self._retry = None
        if self._channel.is_open and not self.is_over:
            task()

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._retry = None

    def _become(self, state: State) -> None:
        if self._state == state:
            return
        self._state = state
        if self._on_state is not None:
            self._on_state(state)


T = TypeVar("T")


T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """What a reader has not taken yet."""

    def take(self) -> T_co | None:
        """Give the oldest that waits."""


P = TypeVar("P", bound=Pending[Any])


class Reader(AsyncIterator[T], Generic[T, P]):
    """One iteration over what comes in."""

    def __init__(self, readers: "Readers[T, P]", pending: P) -> None:
        self.pending = pending
        self.interrupt: TilanneError | None = None
        self.woken = asyncio.Event()
        self._readers = readers

    def __aiter__(self) -> "Reader[T, P]":
        return self

    async def __anext__(self) -> T:
        while True:
            entry: T | None = self.pending.take()
            if entry is not None:
                return entry
            if self.interrupt is not None:
                error, self.interrupt = self.interrupt, None
                raise error
            if self._readers.error is not None:
                raise self._readers.error
            if self._readers.is_over:
                raise StopAsyncIteration
            self.woken.clear()
            await self.woken.wait()


class Readers(Generic[T, P]):
    """Iterations, each with what it has not taken yet. Abandoned ones are forgotten."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.is_over = False
        self._readers: WeakSet[Reader[T, P]] = WeakSet()

    def open(self, pending: P) -> Reader[T, P]:
        """Begin another one."""
        reader = Reader(self, pending)
        self._readers.add(reader)
        return reader

    def pendings(self) -> list[P]:
        """Give what each has not taken yet."""
        return [reader.pending for reader in self._readers]

    def wake(self) -> None:
        """Tell all that there is something."""
        for reader in self._readers:
            reader.woken.set()

    def interrupt(self, error: TilanneError) -> None:
        """Raise an error once, and go on."""
        for reader in self._readers:
            reader.interrupt = error
        self.wake()

    def fail(self, error: Exception) -> None:
        """Raise an error for good."""
        self.error = error
        self.wake()

    def end(self) -> None:
        """End them."""
        self.is_over = True
        self.wake()

    def revive(self) -> None:
        """Note that what was over is not."""
        self.error = None
