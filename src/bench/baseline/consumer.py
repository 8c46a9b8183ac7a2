"""The Python baseline of `suyuan bench ingest --baselines`: what a careful integrator writes with
paho-mqtt and psycopg. It batches, writes with COPY, commits, and only then acknowledges by hand.
It resolves names and units as ingest does, but keeps no dead letters, alarms or rollups.

It answers each line on standard input with its counts and ends when standard input closes.
"""

import json
import os
import sys
import threading
import time

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

BATCH_REPORTS = 1_000
LINGER_SECONDS = 0.2
COPY = "copy {} (probe_id, time, arrived, values) from stdin"

state = {"ready": False, "count": 0}
waiting = []
reports = []
oldest = 0.0


def load_probes(database):
    rows = database.execute(
        """select gateway_id || '/' || probe.name, probe.id,
                  array_agg(channel.name order by index), array_agg(unit order by index)
           from probe join profile_channel as channel using (profile_id)
           group by 1, 2"""
    ).fetchall()
    return {
        name: (key, {channel: (slot, unit) for slot, (channel, unit) in enumerate(zip(names, units))})
        for name, key, names, units in rows
    }


def decode(payload, key, channels, arrived):
    """Rows of one SenML pack: one line of COPY text a time."""
    base_name, base_time = "", 0.0
    found = {}
    for record in json.loads(payload):
        base_name = record.get("bn", base_name)
        base_time = record.get("bt", base_time)
        slot, unit = channels[record["n"]]
        if record.get("u", unit) != unit:
            raise ValueError("unit")
        moment = base_time + record.get("t", 0)
        values = found.get(moment)
        if values is None:
            values = found[moment] = ["NULL"] * len(channels)
        values[slot] = repr(record["v"])
    for moment, values in found.items():
        stamp = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(moment))
        reports.append(f"{key}\t{stamp}\t{arrived}\t{{{','.join(values)}}}\n")


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe("suyuan/v1/+/+/telemetry", qos=1)


def on_subscribe(client, userdata, mid, reasons, properties):
    state["ready"] = True


def on_message(client, probes, message):
    global oldest
    _, _, gateway, probe, _ = message.topic.split("/")
    key, channels = probes[f"{gateway}/{probe}"]
    if not waiting:
        oldest = time.monotonic()
    arrived = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime())
    decode(message.payload, key, channels, arrived)
    waiting.append((message.mid, message.qos))


def copy(cursor, table):
    with cursor.copy(COPY.format(table)) as sink:
        sink.write("".join(reports))


def flush(client, database):
    """One transaction; reports that are there already go through a temporary table."""
    try:
        with database.cursor() as cursor:
            copy(cursor, "report")
        database.commit()
    except psycopg.errors.UniqueViolation:
        database.rollback()
        with database.cursor() as cursor:
            cursor.execute("create temporary table incoming (like report) on commit drop")
            copy(cursor, "incoming")
            cursor.execute("insert into report select * from incoming on conflict do nothing")
        database.commit()
    for mid, qos in waiting:
        client.ack(mid, qos)
    state["count"] += len(reports)
    waiting.clear()
    reports.clear()


def answer():
    for _ in sys.stdin:
        print(json.dumps(state), flush=True)
    os._exit(0)


def main():
    url, port = sys.argv[1], int(sys.argv[2])
    database = psycopg.connect(url)
    probes = load_probes(database)
    database.commit()
    threading.Thread(target=answer, daemon=True).start()
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id="python",
        userdata=probes,
        protocol=mqtt.MQTTv5,
        manual_ack=True,
    )
    client.on_connect, client.on_subscribe = on_connect, on_subscribe
    client.on_message = on_message
    properties = Properties(PacketTypes.CONNECT)
    properties.ReceiveMaximum = 4_000
    client.connect("127.0.0.1", port, properties=properties)
    while True:
        client.loop(timeout=0.01)
        if len(reports) >= BATCH_REPORTS or (
            waiting and time.monotonic() - oldest >= LINGER_SECONDS
        ):
            flush(client, database)


main()
