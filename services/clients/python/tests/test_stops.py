"""Stops, from a server that the test makes."""

import asyncio
import contextlib
import http.server
import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import tilanne

Asked = list[str]


def stop(of: str) -> dict[str, Any]:
    return {"id": of, "name": "Töölö", "code": None, "latitude_deg": 60.0, "longitude_deg": 25.0}


@contextlib.contextmanager
def serving(answers: dict[str, Any]):
    """Answer by the region in the path, and remember what was asked."""
    asked: Asked = []

    class Stops(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            region = urlsplit(self.path).path.split("/")[-2]
            pages = answers[region]
            status, body = pages[min(len(asked), len(pages)) - 1]
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            if "next" in body:
                self.send_header("Link", f'<{body["next"]}>; rel="next"')
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stops)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_all_pages_come():
    more = "/v1/regions/north/stops?q=x&cursor=a"
    pages = [(200, {"stops": [stop("a")], "next": more}), (200, {"stops": [stop("b")]})]
    with serving({"north": pages}) as (url, asked):
        place: Any = {"bbox": (24, 60, 26, 61), "route": "550", "q": "Töölö & co"}
        stops = asyncio.run(tilanne.stops(f"{url}/v1/stream", region="north", **place))
    assert [one["id"] for one in stops] == ["a", "b"]
    assert stops[0]["name"] == "Töölö"
    assert stops[0]["code"] is None
    first, second = asked
    assert urlsplit(first).path == "/v1/regions/north/stops"
    assert parse_qs(urlsplit(first).query) == {
        "bbox": ["24,60,26,61"],
        "route": ["550"],
        "q": ["Töölö & co"],
    }
    assert second == more


def test_a_client_asks_where_it_is_connected():
    async def ask(url: str) -> list[tilanne.Stop]:
        return await tilanne.connect(url).stops(region="north", ids=["a", "b"])

    with serving({"north": [(200, {"stops": []})]}) as (url, asked):
        assert asyncio.run(ask(url)) == []
    assert asked == ["/v1/regions/north/stops?ids=a%2Cb"]


def test_what_is_wrong_is_said():
    problem = {"title": "Not Found", "status": 404, "detail": "no region"}
    with serving({"south": [(404, problem)], "other": [(200, {"hello": 1})]}) as (url, _):
        with pytest.raises(tilanne.RefusedError, match="no region"):
            asyncio.run(tilanne.stops(url, region="south"))
        with pytest.raises(tilanne.UsageError, match="no address of Tilanne"):
            asyncio.run(tilanne.stops(url, region="other"))
    with pytest.raises(tilanne.ConnectionLostError, match="check the address"):
        asyncio.run(tilanne.stops(url, region="south"))
