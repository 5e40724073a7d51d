"""Prints how many objects a region has, from Kafka alone: kafka_picture.py --region REGION.

One line of JSON: the region, the identity of its log, the offset in the topic up to which it was
read, and how many objects each layer has. With --layer, each object of that layer follows.

Needs `pip install confluent-kafka grpcio-tools` and the folder `proto`; no server of Tilanne.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError
from grpc_tools import protoc

SCHEMA = "tilanne.v1.Delta"
PATIENCE_S = 10


def delta_type(proto: Path) -> type:
    """Make the class of deltas from their description.

    Modules written by protoc would be a package `tilanne`, which the WebSocket client is already.
    """
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "picture.binpb")
        arguments = [f"--proto_path={proto}", "--include_imports", "tilanne/v1/picture.proto"]
        if protoc.main(["protoc", f"--descriptor_set_out={described}", *arguments]) != 0:
            raise SystemExit(f"no messages made from {proto}; is it the folder `proto`?")
        files = FileDescriptorSet.FromString(described.read_bytes()).file
    return message_factory.GetMessages(files)[SCHEMA]


class Picture:
    """The objects of a region: the newest delta of each key."""

    def __init__(self, delta_type: type) -> None:
        self.delta_type = delta_type
        # Removals stay: their numbers tell what is older than they are.
        self.deltas = {}
        self.changed = set()
        self.left_out = Counter()

    def take(self, message: Message) -> None:
        """Take a record; one that changes nothing is counted."""
        if dict(message.headers() or []).get("schema") != SCHEMA.encode():
            self.left_out["of another schema"] += 1
            return
        try:
            delta = self.delta_type.FromString(message.value() or b"")
        except DecodeError:
            delta = self.delta_type()
        if not message.key() or delta.WhichOneof("change") is None:
            self.left_out["not understood"] += 1
            return
        key = message.key().decode(errors="replace")
        last = self.deltas.get(key)
        # After a crash deltas come again, with the same numbers.
        if last and (delta.sequence, delta.index) <= (last.sequence, last.index):
            self.left_out["known already"] += 1
            return
        self.deltas[key] = delta
        self.changed.add(key)

    def objects(self) -> dict:
        """Give the objects by key, without those that were removed."""
        deltas = sorted(self.deltas.items())
        return {key: delta.updated for key, delta in deltas if delta.HasField("updated")}


def read(consumer: Consumer, topic: str, partition: int, take: Callable[[Message], None]) -> int:
    """Take what a partition has, from its first record to where its end is now; say where."""
    if partition not in consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions:
        raise SystemExit(f"there is no {topic} with partition {partition}")
    place = TopicPartition(topic, partition)
    place.offset, end = consumer.get_watermark_offsets(place, timeout=PATIENCE_S)
    consumer.assign([place])
    offset = place.offset
    while offset < end:
        message = consumer.poll(PATIENCE_S)
        if message is None:
            raise SystemExit(f"{topic}: nothing came for {PATIENCE_S} s, at {offset} of {end}")
        if not message.error():
            take(message)
            offset = message.offset() + 1
        elif message.error().code() == KafkaError._PARTITION_EOF:
            return message.offset()  # The last offsets before the end can be without a record.
        else:
            raise KafkaException(message.error())
    return offset


def report(args: argparse.Namespace, epoch: str | None, offset: int, picture: Picture) -> None:
    """Print the line, and the objects that have changed since the last one."""
    objects = picture.objects()
    counts = Counter(key.partition("/")[0] for key in objects)
    head = {"region": args.region, "epoch": epoch, "offset": offset, "objects": counts}
    print(json.dumps(head, separators=(",", ":")))
    for key, found in objects.items():
        if key in picture.changed and key.partition("/")[0] == args.layer:
            print(json_format.MessageToJson(found, preserving_proto_field_name=True, indent=None))
    sys.stdout.flush()
    if picture.left_out:
        counts = ", ".join(f"{count} {why}" for why, count in sorted(picture.left_out.items()))
        print(f"left out: {counts}", file=sys.stderr)
    picture.changed.clear()
    picture.left_out.clear()


def main(args: argparse.Namespace) -> None:
    """Read the picture of a region and print what it has."""
    picture = Picture(delta_type(args.proto))
    consumer = Consumer(
        {
            "bootstrap.servers": args.bootstrap,
            # The library wants a name, but there is no group: the partition is assigned by hand.
            "group.id": "kafka_picture",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            # What goes wrong is said here; lost connections come back by themselves.
            "log_level": 0,
        }
    )
    control = {}
    topic = f"{args.prefix}control"
    read(consumer, topic, 0, lambda message: control.update({message.key(): message.value()}))
    control = {key.decode(): value.decode() for key, value in control.items() if key and value}
    epoch = control.get("epoch")
    partition = control.get(f"partition/{args.region}")
    if partition is None:
        parts = (key.partition("partition/") for key in sorted(control))
        known = ", ".join(region for _, found, region in parts if found)
        raise SystemExit(f"no region {args.region} in {topic}; it has: {known or 'none'}")

    offset = read(consumer, f"{args.prefix}picture", int(partition), picture.take)
    report(args, epoch, offset, picture)
    while args.follow:
        # At most a second's worth, so that a busy topic gives a line a second.
        messages = [m for m in consumer.consume(100_000, timeout=1) if not m.error()]
        for message in messages:
            offset = message.offset() + 1
            picture.take(message)
        if messages:
            report(args, epoch, offset, picture)
    consumer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="brokers, HOST:PORT,...")
    parser.add_argument("--region", required=True)
    parser.add_argument("--prefix", default="tilanne.", help="what names of topics begin with")
    parser.add_argument("--layer", help="print its objects too, such as vehicles")
    parser.add_argument("--follow", action="store_true", help="go on: a line a second, on changes")
    proto = Path(__file__).resolve().parents[4] / "proto"
    parser.add_argument("--proto", type=Path, default=proto, help="the folder of the messages")
    args = parser.parse_args()
    try:
        main(args)
    except KafkaException as error:
        sys.exit(f"no answer from Kafka at {args.bootstrap}: {error.args[0].str()}")
    except KeyboardInterrupt:
        pass  # How --follow ends.
