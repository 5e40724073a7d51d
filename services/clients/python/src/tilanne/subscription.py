"""One subscription to objects.

It keeps the picture that it describes through lost connections, gaps and moves. An id is used for
one subscription on the server, so a message that was on its way when that was replaced is
recognised and left out. Moving keeps the id (the server then sends only the difference); another
region and a gap start a new one. A new connection takes up from the cursor.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Unpack

from .changes import Change, PendingChanges
from .errors import Problem, RefusedError, UsageError
from .follower import REFUSALS_MAX, Channel, Follower, Readers, State
from .picture import GapError, Picture
from .protocol import DeltaMessage, Json, ServerMessage, SnapshotMessage
from .selection import Selection, check

OnChanges = Callable[[list[Change]], None]


class Subscription(Follower):
    """Objects of the picture, and what changes about them.

    Iterate over it for changes one by one, beginning with everything there is as `added`; who
    reads slowly gets the newest of each object. `picture` has the state at any time.
    """

    def __init__(
        self,
        channel: Channel,
        asked: Selection,
        on_changes: OnChanges | None,
        on_state: Callable[[State], None] | None,
    ) -> None:
        super().__init__(channel, on_state)
        check(asked)
        self.picture = Picture()
        self.coalesced = 0
        """Changes that newer ones replaced before they could be sent, since the beginning."""
        self._asked = asked
        self._accepted = asked
        self._on_changes = on_changes
        self._unsettled_moves = 0
        self._moved_s = 0.0
        self._moves = 0
        self._moves_before = 0
        self._is_resuming = False
        self._is_established = False
        self._refused_s = 0.0
        self._readers: Readers[Change, PendingChanges] = Readers()
        self._waiting: list[asyncio.Future[None]] = []

    async def __aenter__(self) -> "Subscription":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[Change]:
        pending = PendingChanges()
        for layer, of, entry in self.picture:
            pending.add(Change("added", layer, of, entry))
        return self._readers.open(pending)

    @property
    def expects(self) -> bool:
        """Whether it may have said something that is not answered yet."""
        return self._awaits or self._unsettled_moves > 0

    @property
    def selection(self) -> Selection:
        """What was asked for last, as far as it was not refused."""
        return self._asked

    def move(self, **selection: Unpack[Selection]) -> None:
        """Want other objects, all of it said anew.

        Of the same region only the difference comes; what has left is removed with the reason
        `left`. When the server refuses it, an iteration raises RefusedError once and the
        subscription goes on with the selection before.
        """
        if self._state == "closed":
            raise UsageError("the subscription is closed; subscribe")
        check(selection)
        now_s = _now_s()
        if self._unsettled_moves and now_s - self._moved_s > self._channel.timing.settled_s:
            self._accepted = self._asked
            self._unsettled_moves = 0
        is_same_region = selection["region"] == self._asked["region"]
        was_refused = self._state == "refused"
        self._asked = selection
        self._moves += 1
        self._unsettled_moves += 1
        self._moved_s = now_s
        self._refusals = 0
        if not is_same_region:
            self._accepted = selection
            self._is_established = False
        if was_refused:
            self._readers.revive()
            self._become("connecting")
        if not self._channel.is_open:
            return
        if is_same_region and self._id is not None and self._retry is None:
            self.picture.moved()
            self._channel.send(self._message(self._id))
        else:
            self._subscribe(None)

    async def complete(self) -> Picture:
        """Wait until the picture is complete; raises RefusedError when the server refuses it."""
        if self._state == "live" and self.picture.complete:
            return self.picture
        if self._state == "closed":
            raise UsageError("the subscription is closed; subscribe")
        if self._state == "refused" and self.problem is not None:
            raise RefusedError.of(self.problem)
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting
        return self.picture

    def close(self) -> None:
        """End it. The picture stays as it is; iterations end."""
        if self._state == "closed":
            return
        self._end("closed")
        self._readers.end()
        self._settle(UsageError("the subscription was closed before it was complete"))

    def opened(self) -> None:
        """Subscribe: there is a connection."""
        if self.is_over:
            return
        # A place in the history of another region would mean something else in this one's.
        is_same_region = self._asked["region"] == self.picture.region
        self._subscribe(self.picture.resume() if is_same_region else None)

    def lost(self) -> None:
        """Note that there is no connection."""
        self._awaits = True
        super().lost()

    def hear(self, message: ServerMessage) -> None:
        """Take a message."""
        if isinstance(message, SnapshotMessage):
            changes = self.picture.restore(message)
        elif isinstance(message, DeltaMessage):
            if self._awaits and not self._is_resuming:
                return
            try:
                changes = self.picture.apply(message)
            except GapError:
                self._recover()
                return
        else:
            return
        now_s = _now_s()
        if self._awaits and self._moves == self._moves_before:
            self._accepted = self._asked
            self._unsettled_moves = 0
        self._awaits = False
        self._is_established = True
        if now_s - self._refused_s > self._channel.timing.settled_s:
            self._refusals = 0
        self.lag_ms = message.at.lag_ms
        self.coalesced += message.at.coalesced
        for pending in self._readers.pendings():
            for change in changes:
                pending.add(change)
        self._readers.wake()
        if self._on_changes is not None:
            self._on_changes(changes)
        # The callback may have closed it.
        if self.is_over:
            return
        self._become("live")
        if self.picture.complete:
            self._settle(None)

    def refused(self, problem: Problem) -> None:
        """Take a problem."""
        self.problem = problem
        self._refusals += 1
        self._refused_s = _now_s()
        is_answer = self._awaits and self._moves == self._moves_before
        can_fall_back = self._is_established and self._asked is not self._accepted
        is_hopeless = is_answer and not self._is_established and problem.is_final
        error = RefusedError.of(problem)
        if is_hopeless or self._refusals > REFUSALS_MAX:
            self._end("refused")
            self._readers.fail(error)
            self._settle(error)
            return
        was_live = not self._awaits
        # The one that was refused, when it was one alone; else the newest may be fine, and is asked
        # for by itself.
        if can_fall_back and (is_answer or self._unsettled_moves == 1):
            self._asked = self._accepted
        self._unsettled_moves = 0
        self._awaits = True
        self._is_resuming = False
        # It may have been a move, or the subscription may have grown too large and be over:
        # beginning anew serves both.
        self._again(self._channel.wait_s(self._refusals - 1))
        if was_live:
            self._readers.interrupt(error)

    def fail(self, error: Exception) -> None:
        """End it because of an error."""
        self._end("closed")
        self._readers.fail(error)
        self._settle(error)

    def _subscribe(self, cursor: str | None) -> None:
        """Begin a new subscription on the server."""
        self._cancel_retry()
        if self._id is not None:
            self._channel.release(self._id)
        self._id = self._channel.adopt(self)
        self._awaits = True
        self._is_resuming = cursor is not None
        self._moves_before = self._moves
        self.picture.settled()
        message = self._message(self._id)
        if cursor is not None:
            message["resume"] = cursor
        self._channel.send(message)

    def _message(self, of: str) -> Json:
        return {"type": "subscribe", "id": of, **self._asked}

    def _recover(self) -> None:
        """Ask for everything, at a bounded rate: a message was missed."""
        self._awaits = True
        self._is_resuming = False
        self.picture.complete = False
        self._become("lost")
        self._again(self._channel.timing.resubscribe_pause_s)

    def _again(self, wait_s: float) -> None:
        self._later(lambda: self._subscribe(None), wait_s)

    def _settle(self, error: Exception | None) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.done():
                continue
            if error is None:
                one.set_result(None)
            else:
                one.set_exception(error)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
