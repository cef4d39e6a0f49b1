#!/usr/bin/env python3
"""A consumer of the result topics: prints highlights as they come, change and go, and counts scores and gift predictions.

    python3 -m venv venv && venv/bin/pip install confluent-kafka jsonschema
    venv/bin/python examples/consumer.py --brokers 127.0.0.1:9092

Needs confluent-kafka >= 2.3. Where jsonschema >= 4 is installed and the schemas are found (--schemas), every event is checked against them.
`stream-jobs/examples/consumer.rs` does the same in Rust. An event may come twice, and an old one after a newer one: the highest revision of
an identity counts. Offsets are committed only after what lies before them was handled. A value that can't be read is reported and skipped.
"""

import argparse
import json
import pathlib
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException

try:
    import jsonschema
except ImportError:
    jsonschema = None

COMMIT_EVERY_S = 1.0
SCHEMAS = {"scores": "score.json", "highlights": "highlight.json", "gift-predictions": "gift-prediction.json"}
SHIPPED = pathlib.Path(__file__).resolve().parent.parent / "sinks" / "topics" / "schemas"


class Known:
    """The last revisions of what was told since this process started.

    A consumer that writes into a store of its own keeps them there, under the same identities, and then a restart forgets nothing.
    """

    def __init__(self):
        self.highlights, self.scores, self.predictions = {}, {}, {}

    def highlight(self, event):
        """Takes a highlight; what is new about it, None when nothing is."""
        identity = tuple(event[field] for field in ("room", "stream", "model", "highlight"))
        old, withdrawn = self.highlights.get(identity), event["state"] == "withdrawn"
        if old and event["revision"] == old["revision"] and not old["clip"] and event["clip"]:
            what = "clip"  # Said once more, with its clip, when that is cut.
        elif old and event["revision"] <= old["revision"]:
            return None
        elif old and old["state"] != "withdrawn":
            what = "withdrawn" if withdrawn else "revised"
        else:
            what = None if withdrawn else "new"
        # Withdrawn ones stay, so that an old revision that comes late does not bring them back.
        self.highlights[identity] = event
        return what

    def count(self, known, event, fields):
        identity = tuple(event[field] for field in ("room", "stream", "model", *fields))
        known[identity] = max(event["revision"], known.get(identity, 0))

    def handle(self, kind, event):
        if kind == "scores":
            self.count(self.scores, event, ("media_us", "delay_ms"))
        elif kind == "gift-predictions":
            self.count(self.predictions, event, ("user", "media_us"))
        elif what := self.highlight(event):
            begin, end = event["start_us"] / 1e6, event["end_us"] / 1e6
            place = f"{event['room']} {event['stream']} {event['highlight']}"
            line = f"{what:<9} {place} {begin:.1f} to {end:.1f} s, score {event['score']:.3f} {event['clip'] or ''}"
            print(line.rstrip(), flush=True)

    def standing(self):
        return sum(event["state"] != "withdrawn" for event in self.highlights.values())


def validators(folder):
    """One check per topic; none where jsonschema or the schemas are missing."""
    if jsonschema is None or not folder.is_dir():
        return {}
    read = {kind: json.loads((folder / name).read_text()) for kind, name in SCHEMAS.items()}
    return {kind: jsonschema.Draft202012Validator(schema) for kind, schema in read.items()}


def run(args):
    known, checks, ended, stopped = Known(), validators(args.schemas), set(), []
    consumer = Consumer({
        "bootstrap.servers": args.brokers,
        "group.id": args.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        # Offsets are stored by hand once a message is handled; commit() then commits what is stored.
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
    })

    def revoked(consumer, partitions):
        # Another member goes on from here; what is not committed it would read again.
        commit(consumer)
        ended.difference_update((at.topic, at.partition) for at in partitions)

    def lost(_consumer, partitions):
        ended.difference_update((at.topic, at.partition) for at in partitions)

    consumer.subscribe([f"{args.prefix}.{kind}" for kind in SCHEMAS], on_revoke=revoked, on_lost=lost)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.append(True))
    committed = time.monotonic()
    try:
        while not stopped:
            message = consumer.poll(COMMIT_EVERY_S)
            if message is not None and message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                ended.add((message.topic(), message.partition()))
            elif message is not None:
                ended.discard((message.topic(), message.partition()))
                kind = message.topic().removeprefix(f"{args.prefix}.")
                try:
                    event = json.loads(message.value() or b"")
                    if kind in checks:
                        checks[kind].validate(event)
                    known.handle(kind, event)
                except (ValueError, KeyError, TypeError, *([jsonschema.ValidationError] if jsonschema else [])) as problem:
                    place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
                    print(f"{place}: {str(problem).splitlines()[0]}", file=sys.stderr)
                consumer.store_offsets(message=message)
            if time.monotonic() - committed >= COMMIT_EVERY_S:
                commit(consumer)
                committed = time.monotonic()
            assigned = {(at.topic, at.partition) for at in consumer.assignment()} if args.until_end and message is None else None
            if assigned and assigned <= ended:
                break
    finally:
        commit(consumer)
        consumer.close()
    print(f"{known.standing()} highlights, {len(known.scores)} scores, {len(known.predictions)} gift predictions")


def commit(consumer):
    """Commits what is stored and waits for it; nothing stored is no error."""
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as problem:
        if problem.args[0].code() != KafkaError._NO_OFFSET:
            raise


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prints highlights of live rooms as they come, change and go.")
    parser.add_argument("--brokers", default="127.0.0.1:9092", help="bootstrap servers")
    parser.add_argument("--prefix", default="kairos", help="first part of the topics' names")
    parser.add_argument("--group", default="example", help="each reads everything once, its members share the rooms")
    parser.add_argument("--until-end", action="store_true", help="stop when everything that the topics hold now is read")
    parser.add_argument("--schemas", type=pathlib.Path, default=SHIPPED, help="folder of the JSON Schemas")
    run(parser.parse_args())
