"""Reads the events of a region with the CloudEvents SDK, page by page and as server-sent events."""

import datetime
import json
import re
import sys
import urllib.parse
import urllib.request

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

base, region = sys.argv[1:]
EVENTS_MAX = 2_000

# RFC 3339, which is stricter than the ISO 8601 that the SDK reads.
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# CloudEvents 1.0.2, "Naming conventions".
NAME = re.compile(r"[a-z0-9]+")


def check(text):
    """The event that a text is."""
    said = json.loads(text)
    # The SDK makes up what is missing.
    assert {"id", "source", "specversion", "type", "time", "data"} <= set(said), said
    assert all(NAME.fullmatch(name) for name in said), said
    assert RFC_3339.fullmatch(said["time"]), said["time"]
    event = JSONFormat().read(CloudEvent, text)
    assert event.get_specversion() == "1.0"
    assert all([event.get_id(), event.get_source(), event.get_type()]), said
    assert urllib.parse.urlparse(event.get_source()).path, event.get_source()
    assert event.get_time().utcoffset() is not None
    milliseconds = datetime.timedelta(milliseconds=said["data"]["event_time_ms"])
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    assert event.get_time() == epoch + milliseconds, said
    assert event.get_datacontenttype() == "application/json"
    # The kind that the type names is what the data has.
    assert event.get_type().split(".")[-1] in event.get_data(), said
    assert event.get_extension("sequence") == said["sequence"]
    # What the SDK writes is what was read.
    assert json.loads(JSONFormat().write(event))["data"] == said["data"]
    return event


def get(address, accept):
    asked = urllib.request.Request(address, headers={"accept": accept})
    return urllib.request.urlopen(asked, timeout=30)


first = f"{base}/v1/regions/{region}/events?offset=0"
pages, address = [], first
while len(pages) < EVENTS_MAX:
    with get(address, "*/*") as answer:
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        batch = json.load(answer)
        link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers["link"])
        address = urllib.parse.urljoin(base, link[1])
    if not batch:
        break
    pages += [check(json.dumps(event)) for event in batch]
identities = {(event.get_source(), event.get_id()) for event in pages}
assert len(identities) == len(pages) > 0, "ids are unique with their source"

streamed = []
with get(first, "text/event-stream") as answer:
    assert answer.headers["content-type"] == "text/event-stream"
    while len(streamed) < len(pages):
        line = answer.readline().decode()
        assert line, "the stream goes on"
        if line.startswith("data:"):
            streamed.append(check(line.removeprefix("data:").strip()))
for paged, other in zip(pages, streamed):
    assert paged.get_attributes() == other.get_attributes(), (paged, other)
    assert paged.get_data() == other.get_data()
kinds = {event.get_type() for event in pages}
print(f"{len(pages)} events of {len(kinds)} types")
