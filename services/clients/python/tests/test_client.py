"""The client against a scripted server."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import tilanne
from scripted import (
    MORE,
    PATIENCE_S,
    QUICK,
    Connected,
    Scripted,
    delta,
    refusal,
    scripted,
    snapshot,
    vehicle,
)

BOX = (24.0, 60.0, 26.0, 61.0)
NORTH: Any = {"region": "north", "layers": ["vehicles", "feeds"], "bbox": BOX}
SAID = {"region": "north", "layers": ["vehicles", "feeds"], "bbox": list(BOX)}


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(3 * PATIENCE_S):
            await test()

    asyncio.run(limited())


async def live(server: Scripted, client: tilanne.Client, **options: Any):
    """Give a subscription with a live picture of one vehicle at sequence 10."""
    connected = await server.connection()
    subscription = client.subscribe(**NORTH, **options)
    assert await connected.said() == {"type": "subscribe", "id": "s1", **SAID}
    await connected.say(snapshot("s1", 10, vehicle("a")))
    await subscription.complete()
    return connected, subscription


def ids(subscription: tilanne.Subscription) -> list[str]:
    return list(subscription.picture.layer("vehicles"))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def say_and_wait(
    connected: Connected, subscription: tilanne.Subscription, message: dict[str, Any]
) -> None:
    await connected.say(message)
    await until(lambda: subscription.picture.sequence == message["sequence"])


def test_deltas_are_applied_and_told():
    async def test():
        seen: list[tilanne.Change] = []
        states: list[str] = []
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            options = {"on_changes": seen.extend, "on_state": states.append}
            connected, subscription = await live(server, client, **options)
            assert states == ["live"]
            updated = {"vehicles": [vehicle("b")], "ships": [{"id": "new"}, {"no": "id"}]}
            await say_and_wait(connected, subscription, delta("s1", 10, 12, updated=updated))
            removed = {"vehicles": [{"id": "a", "reason": "ended"}, {"id": "x", "reason": "left"}]}
            await say_and_wait(connected, subscription, delta("s1", 12, 15, removed=removed))
            assert ids(subscription) == ["b"]
            kinds = [(change.kind, change.id, change.reason) for change in seen]
            assert kinds == [
                ("added", "a", None),
                ("added", "b", None),
                ("added", "new", None),
                ("removed", "a", "ended"),
            ]
            assert (subscription.lag_ms, subscription.coalesced) == (3, 2)
            assert subscription.picture.origin == "demo"
        assert subscription.state == "closed"

    run(test)


def test_every_place_is_said_as_the_server_reads_it():
    async def test():
        places: list[Any] = [
            {"polygon": [(24, 60), (25, 60), (25, 61)]},
            {"corridor": {"line": [(24, 60), (25, 60)], "width_m": 50}},
            {"city": "c", "district": "d"},
            {"route": "1001"},
            {"ids": ["a", "b"]},
            {"filter": "report.mode = 'tram'"},
            {"fields": {"vehicles": ["report.position"]}},
        ]
        async with scripted() as server, tilanne.connect(server.url) as client:
            connected = await server.connection()
            for place in places:
                client.subscribe(region="north", layers=["vehicles"], **place)
            for place in places:
                said = await connected.said()
                told = {name: said[name] for name in place}
                assert str(told).replace("[", "(").replace("]", ")") == str(place).replace(
                    "[", "("
                ).replace("]", ")")
            with pytest.raises(tilanne.UsageError, match="name fewer ids"):
                client.subscribe(region="north", layers=["vehicles"], ids=["feed:12345"] * 2_000)

    run(test)


def test_a_lost_connection_is_taken_up_from_the_cursor():
    async def test():
        connections: list[tuple[str, str]] = []
        async with (
            scripted() as server,
            tilanne.connect(
                server.url, timing=QUICK, on_connection=lambda *told: connections.append(told)
            ) as client,
        ):
            connected, subscription = await live(server, client)
            updated = {"vehicles": [vehicle("b")]}
            partial = delta("s1", 10, 12, updated=updated, **MORE)
            await say_and_wait(connected, subscription, partial)
            assert not subscription.picture.complete
            await connected.drop()
            connected = await server.connection()
            assert subscription.state == "lost"
            assert ids(subscription) == ["a", "b"]
            said = await connected.said()
            # From before the change that had not come to its end.
            assert said == {"type": "subscribe", "id": "s2", **SAID, "resume": "c10"}
            removed = {"vehicles": [{"id": "a", "reason": "expired"}]}
            await say_and_wait(connected, subscription, delta("s2", 10, 20, removed=removed))
            assert ids(subscription) == ["b"]
            assert subscription.picture.complete
            await connected.drop()
            connected = await server.connection()
            assert (await connected.said())["resume"] == "c20"
            await connected.say(snapshot("s3", 5, vehicle("c"), epoch="e2", reason="other_log"))
            await until(lambda: ids(subscription) == ["c"])
        assert [state for state, _ in connections] == [
            "open",
            "lost",
            "open",
            "lost",
            "open",
            "closed",
        ]
        assert "the server stops" in connections[1][1]

    run(test)


def test_no_moment_of_a_snapshot_is_empty():
    async def test():
        async with scripted() as server, tilanne.connect(server.url) as client:
            connected, subscription = await live(server, client)
            await say_and_wait(connected, subscription, snapshot("s1", 30, vehicle("y"), **MORE))
            assert ids(subscription) == ["a", "y"]
            last = delta("s1", 30, 31, updated={"vehicles": [vehicle("z")]})
            await say_and_wait(connected, subscription, last)
            assert ids(subscription) == ["y", "z"]

    run(test)


def test_a_gap_is_noticed_and_closed():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected, subscription = await live(server, client)
            lost = delta("s1", 11, 12, updated={"vehicles": [vehicle("lost")]})
            await connected.say(lost, delta("s1", 12, 13))
            assert await connected.said() == {"type": "unsubscribe", "id": "s1"}
            assert await connected.said() == {"type": "subscribe", "id": "s2", **SAID}
            assert ids(subscription) == ["a"]
            assert subscription.state == "lost"
            await connected.say(snapshot("s2", 20, vehicle("c")))
            await until(lambda: subscription.state == "live")
            assert ids(subscription) == ["c"]

    run(test)


def test_moving_keeps_the_id_and_another_region_does_not():
    async def test():
        async with scripted() as server, tilanne.connect(server.url) as client:
            connected, subscription = await live(server, client)
            subscription.move(**{**NORTH, "layers": ["vehicles"]})
            said = await connected.said()
            assert (said["id"], said["layers"]) == ("s1", ["vehicles"])
            # Half of the way there and back, the cursor of before is of no use.
            removed = {"vehicles": [{"id": "a", "reason": "left"}]}
            await say_and_wait(
                connected, subscription, delta("s1", 10, 11, removed=removed, **MORE)
            )
            assert subscription.picture.resume() is None
            subscription.move(**{**NORTH, "region": "south"})
            assert await connected.said() == {"type": "unsubscribe", "id": "s1"}
            assert (await connected.said())["region"] == "south"
            await connected.say(delta("s1", 11, 12, updated={"vehicles": [vehicle("late")]}))
            await connected.say(snapshot("s2", 1, vehicle("b"), region="south"))
            await until(lambda: ids(subscription) == ["b"])
            await connected.drop()
            subscription.move(**NORTH)
            connected = await server.connection()
            assert "resume" not in await connected.said()

    run(test)


def test_iteration_gives_a_slow_reader_the_newest():
    async def test():
        async with scripted() as server, tilanne.connect(server.url) as client:
            connected, subscription = await live(server, client)
            changes = aiter(subscription)
            first = await anext(changes)
            assert (first.kind, first.layer, first.id) == ("added", "vehicles", "a")
            for n in range(10, 40):
                updated = {"vehicles": [vehicle("a", 25 + n / 100), vehicle("b", n)]}
                await say_and_wait(connected, subscription, delta("s1", n, n + 1, updated=updated))
            removed = {"vehicles": [{"id": "b", "reason": "left"}]}
            await say_and_wait(connected, subscription, delta("s1", 40, 41, removed=removed))
            change = await anext(changes)
            assert (change.kind, change.id) == ("updated", "a")
            assert change.before == vehicle("a")
            assert change.object == vehicle("a", 25.39)
            # "b" came and went unread.
            waiting = asyncio.ensure_future(anext(changes))
            gone = {"vehicles": [{"id": "a", "reason": "retracted"}]}
            await connected.say(delta("s1", 41, 42, removed=gone))
            change = await waiting
            assert (change.kind, change.reason) == ("removed", "retracted")
            waiting = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0)
            subscription.close()
            with pytest.raises(StopAsyncIteration):
                await waiting
            assert await connected.said() == {"type": "unsubscribe", "id": "s1"}
            with pytest.raises(tilanne.UsageError):
                subscription.move(**NORTH)

    run(test)


def test_a_refused_move_goes_back_and_is_raised_once():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected, subscription = await live(server, client)
            changes = aiter(subscription)
            await anext(changes)
            subscription.move(**{**NORTH, "layers": ["links"]})
            await connected.said()
            await connected.say(refusal("s1"))
            with pytest.raises(tilanne.TooLargeError, match="take a smaller area"):
                await anext(changes)
            assert subscription.selection == NORTH
            assert await connected.said() == {"type": "unsubscribe", "id": "s1"}
            assert await connected.said() == {"type": "subscribe", "id": "s2", **SAID}
            await connected.say(snapshot("s2", 11, vehicle("b")))
            assert (await anext(changes)).id == "b"

    run(test)


def test_a_refused_selection_is_an_error_and_can_be_mended():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected = await server.connection()
            subscription = client.subscribe(**NORTH)
            complete = asyncio.ensure_future(subscription.complete())
            await connected.said()
            await connected.say(refusal("s1", 404))
            with pytest.raises(tilanne.RefusedError, match=r"too many \(status 404\)"):
                await complete
            with pytest.raises(tilanne.RefusedError):
                await anext(aiter(subscription))
            assert subscription.state == "refused"
            await connected.said()
            subscription.move(**NORTH)
            assert (await connected.said())["id"] == "s2"
            await connected.say(snapshot("s2", 1, vehicle("a")))
            assert (await anext(aiter(subscription))).id == "a"

    run(test)


def test_what_was_served_before_is_asked_for_again_for_a_while():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected, subscription = await live(server, client)
            await connected.say(refusal("s1", 503))
            refused = 1
            while subscription.state != "refused":
                said = await connected.said()
                if said["type"] == "subscribe":
                    refused += 1
                    await connected.say(refusal(said["id"], 503))
                    await until(lambda of=said["id"]: subscription._id != of)
            assert refused == 9

    run(test)


def test_a_first_connection_that_fails_is_an_error_unless_it_may_wait(caplog):
    async def test():
        async with scripted() as server:
            url = server.url
        with pytest.raises(tilanne.ConnectionLostError, match="check the address"):
            async with tilanne.connect(url, timing=QUICK):
                pass
        with pytest.raises(tilanne.ConnectionLostError):
            async with tilanne.connect(url, timing=QUICK, wait=True, tries_max=3):
                pass
        with pytest.raises(tilanne.UsageError, match="begins with http"):
            tilanne.connect("ftp://tilanne.example")
        with pytest.raises(tilanne.UsageError, match="async with"):
            tilanne.connect(url).subscribe(**NORTH)

    with caplog.at_level(logging.WARNING, "tilanne"):
        run(test)
    assert caplog.text.count("trying again") == 2


def test_everything_ends_after_so_many_tries():
    async def test():
        async with (
            scripted() as server,
            tilanne.connect(server.url, timing=QUICK, tries_max=1) as client,
        ):
            connected, subscription = await live(server, client)
            changes = aiter(subscription)
            await anext(changes)
            await connected.drop(1008, "the client takes or says nothing")
            with pytest.raises(tilanne.ConnectionLostError, match="takes or says nothing"):
                await anext(changes)
            assert client.state == "closed"
            with pytest.raises(tilanne.UsageError):
                client.subscribe(**NORTH)

    run(test)


def test_a_connection_that_is_half_dead_is_noticed():
    async def test():
        timing = tilanne.Timing(first_wait_s=0.02, ping_s=0.2, pong_s=0.2)
        frozen = asyncio.Event()

        async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65_536):
                if not frozen.is_set():
                    writer.write(data)
            writer.close()

        async with scripted() as server:
            port = int(server.url.rsplit(":", 1)[1])

            async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                there, back = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(pump(reader, back), pump(there, writer))

            proxied = await asyncio.start_server(proxy, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{proxied.sockets[0].getsockname()[1]}"
            async with tilanne.connect(url, timing=timing) as client:
                _, subscription = await live(server, client)
                frozen.set()
                await until(lambda: client.state == "lost")
                assert subscription.state == "lost"
                frozen.clear()
                connected = await server.connection()
                assert (await connected.said())["resume"] == "c10"
            proxied.close()

    run(test)


def test_a_broken_callback_is_an_error_and_not_silence():
    async def test():
        def broken(changes: list[tilanne.Change]) -> None:
            raise ZeroDivisionError(len(changes))

        async with scripted() as server, tilanne.connect(server.url) as client:
            connected = await server.connection()
            subscription = client.subscribe(**NORTH, on_changes=broken)
            await connected.say(snapshot("s1", 1, vehicle("a")))
            with pytest.raises(ZeroDivisionError):
                await subscription.complete()
            assert client.state == "closed"

    run(test)


def test_frames_that_are_no_messages_are_survived():
    async def test():
        async with scripted() as server, tilanne.connect(server.url) as client:
            connected, subscription = await live(server, client)
            for frame in ["", "{", "[]", "null", '{"type":"delta"}', '{"type":"new"}']:
                await connected.say(frame)
            await connected.say(refusal("other", 400))
            odd = delta("s1", 10, 11, updated={"vehicles": "none", "feeds": [1, {"id": 2}]})
            await say_and_wait(connected, subscription, odd)
            assert ids(subscription) == ["a"]

    run(test)


def test_what_is_not_understood_is_for_whoever_waits():
    async def test():
        async with scripted() as server, tilanne.connect(server.url, timing=QUICK) as client:
            connected, _ = await live(server, client)
            odd: Any = {**NORTH, "bbox": (1.0, 2.0)}
            waiting = client.subscribe(**odd)
            await connected.said()
            await connected.say(refusal(None, 400))
            with pytest.raises(tilanne.RefusedError):
                await waiting.complete()

    run(test)


def test_a_snapshot_is_complete():
    async def test():
        async with scripted() as server:
            asked = asyncio.ensure_future(tilanne.snapshot(server.url, **NORTH))
            connected = await server.connection()
            await connected.said()
            await connected.say(snapshot("s1", 3, vehicle("a"), **MORE))
            await connected.say(delta("s1", 3, 4, updated={"vehicles": [vehicle("b")]}))
            picture = await asked
            assert (picture.sequence, len(picture)) == (4, 2)

    run(test)
