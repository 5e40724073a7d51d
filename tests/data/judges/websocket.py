"""Lets the cases of the Autobahn test suite at the server's sockets, run by kosoku: the suite's own
runner needs Python 2. Framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, and
messages of up to 1 MiB, which is the most that the server can be told to take; no
permessage-deflate (12, 13), which the server does not offer. The echo path answers all of them;
cases that need no answer are for the stream too. What the suite lacks, a client's frame without a
mask, is at the end.
"""

import asyncio
import base64
import collections
import os
import socket
import struct
import sys
import urllib.parse

from kosoku import FailureError, run_fuzzingclient

(base,) = sys.argv[1:]
# Cases at a time: some of them only wait.
CONCURRENCY = 4
# Messages of 4 MiB and more.
TOO_LARGE = [f"9.{group}.{size}" for group in (1, 2) for size in (4, 5, 6)] + ["9.3.*", "9.4.*"]
# What breaks the protocol, and closing: nothing but a close frame is the answer.
UNANSWERED = [
    "2.5", "3.1", "3.5", "3.6", "3.7", "4.1.1", "4.1.2", "4.2.1", "4.2.2", "5.1", "5.2", "5.9",
    "5.10", "5.11", "5.12", "5.13", "5.14", "6.3.*", "7.1.2", "7.1.3", "7.1.4", "7.3.*", "7.5.*",
    "7.7.*", "7.9.*",
]
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}


async def run(path, **selected):
    address = base.replace("http", "ws", 1) + path
    try:
        return await run_fuzzingclient(address, concurrency=CONCURRENCY, **selected)
    except FailureError as failure:
        return failure.results


def complain(path, case):
    print(path, case.case_id, case.behavior.value, case.result, case.received, file=sys.stderr)
    code, reason = case.remote_close_code, case.remote_close_reason
    print(" closed:", case.behavior_close.value, case.result_close, code, reason, file=sys.stderr)
    print(" wanted:", " ".join(case.expectation.split()), file=sys.stderr)


def close_code(path, frame):
    """The code that the server closes with when it gets this."""
    address = urllib.parse.urlparse(base)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        asked = (
            f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        connection.sendall(asked.encode())
        answer = connection.makefile("rb")
        while answer.readline().strip():
            pass
        connection.sendall(frame)
        while head := answer.read(2):
            payload = answer.read(head[1])
            if head[0] == 0x88:
                return struct.unpack("!H", payload[:2])[0]
    return None


results = asyncio.run(run("/echo", exclude_cases=["12.*", "13.*", *TOO_LARGE]))
failed = [case for case in results if not case.passed]
for case in failed:
    complain("/echo", case)
assert len(results) == 277, f"{len(results)} cases"

streamed = asyncio.run(run("/v1/stream", cases=UNANSWERED))
assert len(streamed) == 51, f"{len(streamed)} cases"
for case in streamed:
    # The server asks now and then whether the client is there.
    answers = [event for event in case.received if event[0] != "ping"]
    if answers or case.behavior_close.value not in PASSED:
        complain("/v1/stream", case)
        failed.append(case)

counts = collections.Counter(case.behavior.value for case in results)
assert not failed, f"{len(failed)} failed; {dict(counts)}"
for path in ("/echo", "/v1/stream"):
    assert close_code(path, b"\x81\x02no") == 1002, f"{path} takes a frame without a mask"
said = ", ".join(f"{counts[value]} {value}" for value in ("OK", "NON-STRICT", "INFORMATIONAL"))
print(f"{len(results)} cases: {said}; {len(streamed)} cases of the stream")
