"""Against a real server, whose address is in `TILANNE_URL`.

Where `TILANNE_RESTART` names a file, whoever started the tests kills the server when that file
appears, starts it again on the same data and port, and removes the file.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

import tilanne
from scripted import PATIENCE_S as STEP_S
from tilanne.picture import Picture

URL = os.environ.get("TILANNE_URL", "")
RESTART = os.environ.get("TILANNE_RESTART", "")
PATIENCE_S = 120.0
MOMENTS_MAX = 500
"""Moments that are remembered, to compare with what the server had at one of them."""
PAGE = 150
HOME = Path(__file__).parent.parent
FIELDS = ["event_time_ms", "report.position", "report.trip.route_id"]
KINDS = ["vehicle_position", "trip_update"]

pytestmark = pytest.mark.skipif(not URL, reason="TILANNE_URL names no server")

Moments = deque[tuple[str | None, int | None, dict[str, Any]]]


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def get(path: str) -> tuple[Any, str | None]:
    request = urllib.request.Request(urljoin(URL, path), headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=STEP_S) as answer:
        link = re.match(r'<([^>]*)>; rel="next"', answer.headers.get("Link", ""))
        return json.load(answer), link and link[1]


async def until(what: str, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.02)


def note(picture: Picture, moments: dict[str, Moments]) -> None:
    if picture.complete:
        for layer, of_layer in moments.items():
            of_layer.append((picture.epoch, picture.sequence, dict(picture.layer(layer))))


async def compare(region: str, layer: str, moments: Moments, query: str = "") -> int:
    """Hold each page of a layer to what the subscription had at the page's moment."""
    path: str | None = f"/v1/regions/{region}/{layer}?limit={PAGE}{query}"
    after, count, end = "", 0, time.monotonic() + PATIENCE_S
    while path is not None:
        page, following = await asyncio.to_thread(get, path)
        # The message of this moment may still be on its way, or there was none of just this one.
        await asyncio.sleep(0.1)
        of_page = (page["epoch"], page["sequence"])
        same = (objects for *moment, objects in moments if tuple(moment) == of_page)
        held = next(same, None)
        if held is None:
            assert time.monotonic() < end, f"no moment of {layer} in common"
            continue
        last = page["objects"][-1]["id"] if following else None
        ours = [held[of] for of in sorted(held) if of > after and (last is None or of <= last)]
        assert canonical(ours) == canonical(page["objects"]), f"{layer} of {of_page}"
        count += len(ours)
        after, path = last or after, following
    return count


def compare_events(region: str, events: list[Any]) -> None:
    """Hold the events to those that the log has from the first to the last of them."""
    query = f"kinds={','.join(KINDS)}&offset={int(events[0]['sequence'])}"
    path, logged = f"/v1/regions/{region}/events?{query}", []
    while len(logged) < len(events):
        page, following = get(path)
        logged += page
        path = following or path
    assert list(map(canonical, events)) == list(map(canonical, logged[: len(events)]))


async def follow_events(client: tilanne.Client, region: str, events: list[Any]) -> None:
    begin: Any = {}
    while True:
        try:
            async for event in client.events(region=region, kinds=KINDS, **begin):
                events.append(event)
        except tilanne.GoneError:
            # A kill takes the newest events with it where they were not yet on the disk.
            begin = {"time_ms": int(time.time() * 1_000)}
        else:
            return


async def read_changes(subscription: tilanne.Subscription, read: dict[str, str]) -> None:
    async for change in subscription:
        if change.kind == "removed":
            del read[change.id]
        else:
            read[change.id] = canonical(change.object)


async def picture_is_the_servers() -> None:
    (first, *_) = get("/v1/regions")[0]["regions"]
    region, (west, south, east, north) = first["id"], first["bbox"]
    layers = [layer for layer in tilanne.LAYERS if layer in first["layers"]]
    assert len(layers) > 9
    moments: dict[str, Moments] = {layer: deque(maxlen=MOMENTS_MAX) for layer in layers}
    part: dict[str, Moments] = {"vehicles": deque(maxlen=MOMENTS_MAX)}
    empty: list[int | None] = []

    def selection(n: int) -> Any:
        left, bottom = west + (east - west) * (n % 5) / 6, south + (north - south) * (n % 3) / 6
        box = (left, bottom, left + (east - west) / 3, bottom + (north - south) / 3)
        fields = {"vehicles": FIELDS}
        return {"region": region, "layers": ["vehicles"], "bbox": box, "fields": fields}

    async with tilanne.connect(URL, wait=True) as client:

        def on_whole(_: list[tilanne.Change]) -> None:
            if not whole.picture.layer("vehicles"):
                empty.append(whole.picture.sequence)
            note(whole.picture, moments)

        whole = client.subscribe(region=region, layers=layers, on_changes=on_whole)
        moving = client.subscribe(**selection(0), on_changes=lambda _: note(moving.picture, part))
        events: list[Any] = []
        following = asyncio.ensure_future(follow_events(client, region, events))
        read: dict[str, str] = {}
        mode = client.subscribe(region=region, layers=["vehicles"], filter="report.mode <> 'car'")
        reading = asyncio.ensure_future(read_changes(mode, read))

        await whole.complete()
        await until("vehicles", lambda: len(whole.picture.layer("vehicles")) > 10)
        await until("events", lambda: len(events) > 100)
        empty.clear()
        for n in range(1, 21):
            moving.move(**selection(n))
            await asyncio.sleep(0.025)

        async def compare_all() -> None:
            for layer in layers:
                count = await compare(region, layer, moments[layer])
                assert count > 0 or layer not in ("vehicles", "feeds")
            # An answer to the last move has been heard by now: before that it was another box.
            while len(part["vehicles"]) > 1:
                part["vehicles"].popleft()
            box = ",".join(map(str, moving.selection["bbox"]))
            query = f"&bbox={box}&fields={','.join(FIELDS)}"
            await compare(region, "vehicles", part["vehicles"], query)

        await compare_all()
        if RESTART:
            await asyncio.to_thread(compare_events, region, list(events))
            before = whole.picture.sequence or 0
            await asyncio.to_thread(Path(RESTART).touch)
            await until("the loss", lambda: client.state == "lost")
            events.clear()
            moving.move(**selection(7))
            await until("the server", lambda: not os.path.exists(RESTART))
            await until("the connection", lambda: whole.state == moving.state == "live")
            await until("new changes", lambda: (whole.picture.sequence or 0) > before)
            for of_layer in [*moments.values(), *part.values()]:
                of_layer.clear()
            await until("events", lambda: len(events) > 100)
            await compare_all()
        assert not empty
        await asyncio.to_thread(compare_events, region, list(events))
        assert whole.picture.origin == "demo"
        mode.close()
        await reading
        held = mode.picture.layer("vehicles")
        assert read == {of: canonical(vehicle) for of, vehicle in held.items()}
    await following


def test_the_picture_is_the_servers_before_and_after_a_kill():
    asyncio.run(picture_is_the_servers())


def test_refusals_say_what_to_do():
    async def test() -> None:
        region = get("/v1/regions")[0]["regions"][0]["id"]
        with pytest.raises(tilanne.RefusedError, match='no region "atlantis"'):
            await tilanne.snapshot(URL, region="atlantis", layers=["vehicles"])
        with pytest.raises(tilanne.RefusedError, match="filter"):
            await tilanne.snapshot(URL, region=region, layers=["vehicles"], filter="report.mode")
        half: Any = {"time_ms": 0.5}
        async with tilanne.connect(URL) as client:
            for begin, says in [(half, "not understood"), ({"offset": 1 << 60}, "no offset")]:
                with pytest.raises(tilanne.RefusedError, match=says):
                    await anext(aiter(client.events(region=region, **begin)))

    asyncio.run(test())


def test_tables_of_the_servers_objects():
    async def test() -> None:
        first = get("/v1/regions")[0]["regions"][0]
        layers = [layer for layer in tilanne.LAYERS if layer in first["layers"]]
        picture = await tilanne.snapshot(URL, region=first["id"], layers=layers)
        for layer in layers:
            frame, table = picture.to_geopandas(layer), picture.to_arrow(layer)
            assert len(frame) == table.num_rows == len(picture.layer(layer))
            assert frame.geometry.is_valid.sum() == frame.geometry.notna().sum()

    asyncio.run(test())


def test_the_servers_arrow():
    async def test() -> None:
        region = get("/v1/regions")[0]["regions"][0]["id"]
        table = await tilanne.arrow(URL, region=region, layer="detectors", fields="station")
        picture = await tilanne.snapshot(URL, region=region, layers=["detectors"])
        assert table["id"].to_pylist() == sorted(picture.layer("detectors"))
        ours = picture.to_arrow("detectors")
        assert table["station.name"].to_pylist() == ours["station.name"].to_pylist()

    asyncio.run(test())


@pytest.mark.parametrize("script", ["follow.py", "speeds.py"])
def test_the_examples_run(script: str):
    region = get("/v1/regions")[0]["regions"][0]["id"]
    command = [sys.executable, str(HOME / "examples" / script), URL, region]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "km/h" in done.stdout
    assert not done.stderr
