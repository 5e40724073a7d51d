"""What is asked for beside the stream, over HTTP: pages of answers."""

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from .errors import ConnectionLostError, Problem, RefusedError, TilanneError, UsageError
from .protocol import STREAM

ANSWER_LIMIT_S = 30.0
"""A page is there by then, or it will not be."""

PAGE_BYTES_MAX = 256 << 20
"""Largest page that is read: the server's largest has 10,000 objects."""

PAGES_MAX = 10_000
"""More pages than that are a server that sends the reader in circles."""


async def pages(
    url: str, path: str, words: Mapping[str, str], media_type: str
) -> AsyncIterator[bytes]:
    """Get all pages of an answer, whose path is below `v1/`, one after another."""
    scheme = {"ws": "http", "wss": "https"}.get(urlsplit(url).scheme, urlsplit(url).scheme)
    if scheme not in ("http", "https"):
        raise UsageError(f"{url!r} is no address of Tilanne; it begins with http:// or https://")
    base = urlsplit(url)._replace(scheme=scheme, query="", fragment="").geturl()
    base = base.rstrip("/").removesuffix(STREAM)
    address = f"{base}/v1/{quote(path)}"
    if words:
        address = f"{address}?{urlencode(words)}"
    for _ in range(PAGES_MAX):
        body, following = await asyncio.to_thread(_page, address, media_type)
        yield body
        if following is None:
            return
        address = following
    raise TilanneError(f"{base} sends more than {PAGES_MAX} pages of {path}")


def query(place: Mapping[str, object]) -> dict[str, str]:
    """Say a place as the server reads it in an address."""
    words: dict[str, str] = {}
    for name, value in place.items():
        if name == "corridor":
            corridor: Any = value
            words[name] = _numbers(chain.from_iterable(corridor["line"]))
            words["width_m"] = str(corridor["width_m"])
        elif name == "polygon":
            corners: Any = value
            words[name] = _numbers(chain.from_iterable(corners))
        elif name == "bbox":
            box: Any = value
            words[name] = _numbers(box)
        elif name == "ids":
            ids: Any = value
            words[name] = ",".join(ids)
        else:
            words[name] = str(value)
    return words


def _numbers(numbers: Iterable[float]) -> str:
    return ",".join(map(str, numbers))


def _page(address: str, media_type: str) -> tuple[bytes, str | None]:
    """Get a page, and the address of the next one."""
    request = urllib.request.Request(address, headers={"Accept": media_type})
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S) as answer:
            body = answer.read(PAGE_BYTES_MAX + 1)
            link = answer.headers.get("Link", "")
    except urllib.error.HTTPError as error:
        with error:
            raise RefusedError.of(_problem(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionLostError(
            f"no answer from {address}: {error}; check the address and that Tilanne runs there"
        ) from error
    if len(body) > PAGE_BYTES_MAX:
        raise TilanneError(
            f"{address} has more than {PAGE_BYTES_MAX} bytes; ask for a smaller area"
        )
    return body, next_page(address, link)


def next_page(address: str, link: str) -> str | None:
    """Read the address of the next page from a `Link` header.

    >>> next_page("http://a/b?c", '</b?d>; rel="next"')
    'http://a/b?d'
    """
    target, _, relation = link.partition(">")
    if 'rel="next"' not in relation or not target.startswith("<"):
        return None
    return urljoin(address, target[1:])


def _problem(error: urllib.error.HTTPError) -> Problem:
    try:
        return Problem.read(json.loads(error.read(1 << 16)))
    except ValueError:
        return Problem(error.reason, error.code, "the answer says no more")
