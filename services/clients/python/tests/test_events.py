"""The stream of events against a scripted server."""

import asyncio
from typing import Any

import pytest

import tilanne
from scripted import QUICK, refusal, scripted
from test_client import run
from tilanne.events import EVENTS_PENDING_MAX

NORTH: Any = {"region": "north", "kinds": ["vehicle_position"]}


def events(of: str, first: int, count: int) -> dict[str, Any]:
    return {
        "type": "events",
        "id": of,
        "region": "north",
        "epoch": "e1",
        "cursor": f"e1~{first + count}",
        "time_ms": 1,
        "lag_ms": 7,
        "events": [{"id": f"e1~{first + n}"} for n in range(count)],
    }


async def take(stream: Any, count: int) -> list[str]:
    return [(await anext(stream))["id"] for _ in range(count)]


def test_they_go_on_from_the_cursor_after_a_loss():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected = await server.connection()
            stream = client.events(**NORTH, time_ms=5)
            said = await connected.said()
            assert said == {"type": "subscribe_events", "id": "s1", **NORTH, "time_ms": 5}
            iterator = aiter(stream)
            await connected.say(events("s1", 1, 2))
            assert await take(iterator, 1) == ["e1~1"]
            assert (stream.cursor, stream.lag_ms) == (None, 7)
            await connected.drop()
            connected = await server.connection()
            said = await connected.said()
            assert said == {"type": "subscribe_events", "id": "s2", **NORTH, "cursor": "e1~3"}
            await connected.say(events("s2", 3, 1))
            assert await take(iterator, 2) == ["e1~2", "e1~3"]
            # What the reader has not come back from may have to be read again.
            assert stream.cursor == "e1~3"
            waiting = asyncio.ensure_future(anext(iterator))
            await asyncio.sleep(0)
            assert stream.cursor == "e1~4"
            await connected.say(events("s2", 4, 0), events("s2", 9, 1))
            assert (await waiting)["id"] == "e1~9"
            stream.close()
            assert await connected.said() == {"type": "unsubscribe", "id": "s2"}
            with pytest.raises(StopAsyncIteration):
                await anext(iterator)

    run(test)


def test_the_log_waits_for_a_slow_reader():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected = await server.connection()
            stream = client.events(**NORTH)
            await connected.said()
            half = EVENTS_PENDING_MAX // 2 + 1
            await connected.say(events("s1", 0, half), events("s1", half, half))
            assert await connected.said() == {"type": "unsubscribe", "id": "s1"}
            # What was on its way comes again later.
            await connected.say(events("s1", 2 * half, 5))
            iterator = aiter(stream)
            await take(iterator, half + 2)
            said = await connected.said()
            assert (said["id"], said["cursor"]) == ("s2", f"e1~{2 * half}")
            await connected.say(events("s2", 2 * half, 5))
            assert (await take(iterator, half - 2 + 5))[-1] == f"e1~{2 * half + 4}"

    run(test)


def test_a_log_that_cannot_be_read_is_waited_for_as_long_as_that_lasts():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            waits = []
            connected = await server.connection()
            wait_s = client.wait_s

            def noted(failures: int) -> float:
                waits.append(failures)
                return wait_s(failures)

            client.wait_s = noted
            stream = client.events(**NORTH)
            await connected.said()
            tries = 12
            for n in range(1, tries + 1):
                # Where it begins is known, and then it cannot be read.
                await connected.say(events(f"s{n}", 0, 0), refusal(f"s{n}", 500))
                assert await connected.said() == {"type": "unsubscribe", "id": f"s{n}"}
                assert (await connected.said())["id"] == f"s{n + 1}"
                assert stream.state == "lost"
            last = f"s{tries + 1}"
            await connected.say(events(last, 0, 0), events(last, 0, 1), refusal(last, 500))
            assert await take(aiter(stream), 1) == ["e1~0"]
            await connected.said()
            assert waits == [*range(tries), 0]

    run(test)


def test_a_cursor_of_the_server_that_it_refuses_is_the_end_of_its_log():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected = await server.connection()
            iterator = aiter(client.events(**NORTH))
            await connected.said()
            await connected.say(events("s1", 1, 1))
            await take(iterator, 1)
            await connected.drop()
            connected = await server.connection()
            await connected.said()
            await connected.say(refusal("s2", 400))
            with pytest.raises(tilanne.GoneError):
                await anext(iterator)

    run(test)


def test_what_is_gone_is_an_error():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected = await server.connection()
            stream = client.events(**NORTH, offset=0)
            await connected.said()
            # The log is not open yet.
            await connected.say(refusal("s1", 503))
            assert await connected.said() == {"type": "unsubscribe", "id": "s1"}
            assert (await connected.said())["id"] == "s2"
            await connected.say(refusal("s2", 410))
            with pytest.raises(tilanne.GoneError, match="start anew with time_ms"):
                await anext(aiter(stream))
            assert stream.state == "refused"

    run(test)
