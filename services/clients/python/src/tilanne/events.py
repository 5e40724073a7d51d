"""One subscription to the events themselves: each once, in the order of the log.

The log is the buffer: who reads slowly is unsubscribed and reads on from the cursor when there is
room.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType

from .errors import GoneError, Problem, RefusedError
from .follower import Channel, Follower, Readers, State
from .objects import CloudEvent
from .protocol import EventsMessage, Json, ServerMessage
from .selection import check

EVENTS_PENDING_MAX = 10_000
"""Events that wait here at most, and those of one message: some 10 MB."""


class _PendingEvents:
    """Events that were received and not taken yet."""

    def __init__(self, taken: Callable[[], None]) -> None:
        self.cursor: str | None = None
        """After what was taken and is done with."""
        self.size = 0
        self._batches: deque[tuple[deque[CloudEvent], list[str]]] = deque()
        self._taken = taken

    def add(self, events: list[CloudEvent], cursor: str) -> None:
        self.size += len(events)
        if events:
            self._batches.append((deque(events), [cursor]))
        elif self._batches:
            self._batches[-1][1][0] = cursor
        else:
            self.cursor = cursor

    def take(self) -> CloudEvent | None:
        while self._batches:
            events, (cursor,) = self._batches[0]
            if events:
                self.size -= 1
                event = events.popleft()
                self._taken()
                return event
            # Whoever comes back has done what it wanted with the last one.
            self.cursor = cursor
            self._batches.popleft()
        return None


class EventStream(Follower):
    """Events one by one, as CloudEvents. One iteration at a time."""

    def __init__(
        self, channel: Channel, asked: Json, on_state: Callable[[State], None] | None
    ) -> None:
        super().__init__(channel, on_state)
        check(asked)
        self._asked = asked
        self._received: str | None = None
        self._is_paused = False
        self._pending = _PendingEvents(self._take)
        self._readers: Readers[CloudEvent, _PendingEvents] = Readers()

    async def __aenter__(self) -> "EventStream":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[CloudEvent]:
        return self._readers.open(self._pending)

    @property
    def cursor(self) -> str | None:
        """To go on later from here: after all events that the iteration is done with."""
        return self._pending.cursor

    def close(self) -> None:
        """End it; iterations end."""
        if self._state == "closed":
            return
        self._end("closed")
        self._readers.end()

    def opened(self) -> None:
        """Subscribe: there is a connection."""
        self._subscribe()

    def hear(self, message: ServerMessage) -> None:
        """Take a message."""
        if not isinstance(message, EventsMessage):
            return
        if not self._awaits:
            # The first message only says where it begins: to read from there may still fail.
            self._refusals = 0
        self._awaits = False
        self.lag_ms = message.lag_ms
        self._received = message.cursor
        self._pending.add(message.events, message.cursor)
        self._readers.wake()
        if self._pending.size > EVENTS_PENDING_MAX:
            self._pause()
        self._become("live")

    def refused(self, problem: Problem) -> None:
        """Take a problem."""
        self.problem = problem
        if problem.is_final:
            self._end("refused")
            # A cursor of this server's own that it no longer takes: the log is another one, or has
            # lost its end in a crash.
            is_gone = self._received is not None
            self._readers.fail(GoneError(problem) if is_gone else RefusedError.of(problem))
        else:
            # The log is not open yet, or could not be read. That passes, and nothing is missed
            # meanwhile.
            if self._state == "live":
                self._become("lost")
            self._later(self._subscribe, self._channel.wait_s(self._refusals))
            self._refusals += 1

    def fail(self, error: Exception) -> None:
        """End it because of an error."""
        self._end("closed")
        self._readers.fail(error)

    def _subscribe(self) -> None:
        if self.is_over or self._is_paused:
            return
        if self._id is not None:
            self._channel.release(self._id)
        self._id = self._channel.adopt(self)
        self._awaits = True
        asked = dict(self._asked)
        if self._received is not None:
            for begin in ("cursor", "offset", "time_ms"):
                asked.pop(begin, None)
            asked["cursor"] = self._received
        self._channel.send({"type": "subscribe_events", "id": self._id, **asked})

    def _pause(self) -> None:
        self._is_paused = True
        if self._id is not None:
            self._channel.release(self._id)
        self._id = None

    def _take(self) -> None:
        if not self._is_paused or self._pending.size > EVENTS_PENDING_MAX // 2:
            return
        self._is_paused = False
        if self._channel.is_open:
            self._subscribe()
