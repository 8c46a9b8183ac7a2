"""Stock paho as a farm's own script would use it, for the tests in Rust beside it.

    farm_script.py publish --port P --version 311|5 --user GATEWAY --key KEY --probe PROBE
        publishes one reading after another with QoS 1 until SIGTERM, whatever becomes of the
        server, and says "ack N" for each that was acknowledged and "made N" at the end

    farm_script.py talk --port P --version 311|5 --user GATEWAY --key KEY --probe PROBE
        listens to `committed`, leaves a retained status and a last will, is taken over, and says
        what it heard as one JSON object
"""

import argparse
import json
import signal
import socket
import sys
import time

import paho.mqtt.client as mqtt

# The same as in `faults/publisher.rs`: reading n is n seconds later and says n in its values.
START = 1_767_571_200
WINDOW = 20
PACE_SECONDS = 0.01
PATIENCE_SECONDS = 60


def pack(number):
    low, middle, high = number % 50, number // 50 % 100, number // 5_000 % 100
    return json.dumps([
        {"bt": START + number, "n": "temperature", "v": low},
        {"n": "humidity", "v": middle},
        {"n": "soil-moisture", "v": high},
    ])


class Client:
    """One connection and what it heard. Driven by hand: no thread of paho's own."""

    def __init__(self, args, client_id, clean=True, will=None):
        self.args = args
        self.connected = False
        self.ended = None
        self.acknowledged = set()
        self.granted = None
        self.messages = []
        is_5 = args.version == "5"
        words = {
            "client_id": client_id,
            "protocol": mqtt.MQTTv5 if is_5 else mqtt.MQTTv311,
        }
        if not is_5:
            words["clean_session"] = clean
        if hasattr(mqtt, "CallbackAPIVersion"):
            # paho 2 asks whose callbacks these are.
            words["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.client = mqtt.Client(**words)
        self.client.username_pw_set(args.user, args.key)
        self.client.max_inflight_messages_set(WINDOW)
        if will is not None:
            self.client.will_set(args.status, will, qos=1, retain=True)
        self.client.on_connect = self.on_connect
        self.client.on_disconnect = self.on_disconnect
        self.client.on_publish = lambda _client, _data, mid, *_: self.acknowledged.add(mid)
        self.client.on_subscribe = self.on_subscribe
        self.client.on_message = lambda _client, _data, message: self.messages.append(message)

    def on_connect(self, _client, _data, _flags, reason, *_):
        if code(reason) != 0:
            raise SystemExit(f"refused: {reason}")
        self.connected = True

    def on_disconnect(self, _client, _data, reason, *_):
        self.connected = False
        self.ended = code(reason)

    def on_subscribe(self, _client, _data, _mid, granted, *_):
        self.granted = [code(one) for one in granted]

    def connect(self):
        self.client.connect("127.0.0.1", self.args.port, keepalive=5)
        until("CONNACK", lambda: self.connected, self)
        return self

    def subscribe(self, topic):
        self.client.subscribe(topic, qos=1)
        until("SUBACK", lambda: self.granted is not None, self)
        return self

    def publish(self, topic, payload, retain=False):
        sent = self.client.publish(topic, payload, qos=1, retain=retain)
        until("PUBACK", lambda: sent.mid in self.acknowledged, self)

    def payloads(self):
        return [json.loads(message.payload) for message in self.messages]


def code(reason):
    return int(getattr(reason, "value", reason))


def until(what, is_so, *clients):
    patience = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > patience:
            raise SystemExit(f"{what}: not in time")
        for one in clients:
            one.client.loop(timeout=0.01)


def publish(args):
    one = Client(args, args.user)
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(time.monotonic()))
    number, due, waiting = 0, 0.0, {}
    one.connect()
    while not stopping or waiting:
        if stopping and time.monotonic() - stopping[0] > PATIENCE_SECONDS:
            raise SystemExit(f"never acknowledged: {sorted(waiting.values())}")
        if one.client.loop(timeout=0.005) != mqtt.MQTT_ERR_SUCCESS:
            time.sleep(0.05)
            try:
                one.client.reconnect()
            except OSError:
                pass
        for mid in one.acknowledged & waiting.keys():
            print("ack", waiting.pop(mid), flush=True)
        one.acknowledged.clear()
        now = time.monotonic()
        if one.connected and not stopping and len(waiting) < WINDOW and now >= due:
            due = now + PACE_SECONDS
            sent = one.client.publish(args.telemetry, pack(number), qos=1)
            waiting[sent.mid] = number
            number += 1
    one.client.disconnect()
    print("made", number, flush=True)


def talk(args):
    heard = {}
    node = Client(args, "node").connect().subscribe(args.committed)
    for number in (1, 2, 3):
        record = {"n": "temperature", "v": number, "t": START + number, "sq": number}
        node.publish(args.telemetry, json.dumps([record]))
    numbers = lambda: sorted(n for one in node.payloads() for n in one["sq"])
    until("committed", lambda: len(numbers()) >= 3, node)
    heard["committed"] = numbers()

    node.publish(args.status, '{"state":"online"}', retain=True)
    observer = Client(args, "observer").connect().subscribe(args.status)
    until("what is retained", lambda: observer.messages, observer)
    first = observer.messages.pop(0)
    heard["retained"] = [bool(first.retain), json.loads(first.payload)]

    # Who falls silent leaves a will; who says goodbye does not.
    lost = Client(args, "lost", will='{"state":"offline"}').connect()
    lost.client.socket().shutdown(socket.SHUT_RDWR)
    until("the last will", lambda: observer.messages, observer)
    heard["will"] = observer.payloads().pop()
    observer.messages.clear()
    polite = Client(args, "polite", will='{"state":"offline"}').connect()
    polite.client.disconnect()
    until("goodbye", lambda: not polite.connected, polite)
    node.publish(args.status, '{"state":"online"}', retain=True)
    until("the next status", lambda: observer.messages, observer)
    heard["after_goodbye"] = observer.payloads()

    older = Client(args, "one-of-two").connect()
    newer = Client(args, "one-of-two").connect()
    until("take-over", lambda: older.ended is not None, older, newer)
    newer.publish(args.telemetry, pack(0))
    heard["taken_over"] = [older.ended, newer.connected]
    print(json.dumps(heard), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["publish", "talk"])
    parser.add_argument("--port", type=int, required=True)
    for name in ("version", "user", "key", "probe"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    own = f"suyuan/v1/{args.user}"
    args.telemetry = f"{own}/{args.probe}/telemetry"
    args.status, args.committed = f"{own}/status", f"{own}/committed"
    {"publish": publish, "talk": talk}[args.what](args)


if __name__ == "__main__":
    sys.exit(main())
