"""Clients that write and read through any node, and keep a record of what they saw.

Every key has one writer, which sets it to rising numbers; everybody reads every key. The record is
judged twice: by the simulator's checker of linearizability (history_judge, beside kvnode), which
decides, and by tally(), which counts in words that operators use.
"""

import collections
import json
import os
import random
import subprocess
import tempfile
import threading
import time

import cluster_support
import server

CLIENTS = 6
KEYS_PER_CLIENT = 8
PIPELINE = 8
# Between two batches of a client, so that a record stays small enough to be judged.
THINK_SECONDS = 0.004
# What a client does again elsewhere: certainly not applied.
REFUSALS = ("READONLY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "MASTERDOWN", "LOADING")

# A request and its reply: `value` is None for a GET, `end` and `reply` are None if none came.
Operation = collections.namedtuple("Operation", "client connection begin end key value reply")


class Client(threading.Thread):
    """Asks any node, whoever leads; after an error it goes on elsewhere."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.number = number
        self.random = random.Random(number)
        self.keys = [f"{load.prefix}:{number}:{i}" for i in range(KEYS_PER_CLIENT)]
        self.written = 0
        self.record = []
        self.errors = collections.Counter()
        self.place = self.random.choice(load.places)
        self.connection = None
        self.connection_number = None

    def run(self):
        while not self.load.stopping.is_set():
            try:
                if self.connection is None:
                    self.open()
                self.exchange(self.batch())
            except (OSError, EOFError):
                self.errors["closed" if self.connection else "unreachable"] += 1
                self.move()
            time.sleep(self.load.think_seconds)
        if self.connection:
            self.connection.close()

    def open(self):
        self.connection = cluster_support.Connection(self.place, timeout=self.load.timeout)
        self.connection_number = self.load.next_connection()
        if self.load.durability:
            self.connection.ask("CLIENT", "DURABILITY", self.load.durability)

    def move(self):
        """Leaves the node for any other one."""
        if self.connection:
            self.connection.close()
            self.connection = None
        others = [place for place in self.load.places if place != self.place]
        self.place = self.random.choice(others)

    def batch(self):
        operations = []
        for _ in range(self.load.pipeline):
            if self.random.random() < self.load.write_share:
                self.written += 1
                operations.append((self.random.choice(self.keys), self.written))
            else:
                operations.append((self.random.choice(self.load.keys), None))
        return operations

    def exchange(self, batch):
        """Sends the batch and records every reply, also those that never come."""
        answered = 0
        begin = time.monotonic_ns()
        refusal = None
        try:
            self.connection.send(*(("GET", key) if value is None else ("SET", key, value)
                                   for key, value in batch))
            for key, value in batch:
                reply = self.connection.reply().decode()
                self.note(begin, time.monotonic_ns(), key, value, reply)
                answered += 1
                if reply.startswith("-"):
                    refusal = reply
                    self.errors[reply[1:].split(" ", 1)[0]] += 1
        finally:
            for key, value in batch[answered:]:
                self.note(begin, None, key, value, None)
        if refusal is not None:
            self.move()

    def note(self, begin, end, key, value, reply):
        self.record.append(Operation(self.number, self.connection_number, begin, end, key, value,
                                     reply))


class Load:
    """A context manager: the clients work while the block runs."""

    def __init__(self, nodes, prefix="load", clients=CLIENTS, durability=None, write_share=0.5,
                 pipeline=PIPELINE, think_seconds=THINK_SECONDS, timeout=5):
        self.places = [(node.host, node.port) for node in nodes]
        self.prefix = prefix
        self.durability = durability
        self.write_share = write_share
        self.pipeline = pipeline
        self.think_seconds = think_seconds
        self.timeout = timeout
        self.stopping = threading.Event()
        self.connections = 0
        self.lock = threading.Lock()
        self.keys = []
        self.clients = [Client(self, number) for number in range(clients)]
        self.keys = [key for client in self.clients for key in client.keys]
        self.verified = []

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def next_connection(self):
        with self.lock:
            self.connections += 1
            return self.connections

    def stop(self):
        self.stopping.set()
        for client in self.clients:
            client.join(30)

    def record(self):
        return [operation for client in self.clients for operation in list(client.record)]

    def errors(self):
        return sum((client.errors for client in self.clients), collections.Counter())

    def acknowledged(self):
        """When each acknowledged write was, in order."""
        return sorted(operation.end for operation in self.record()
                      if operation.value is not None and operation.reply == "+OK\r\n")

    def wait_for_writes(self, count, timeout=30):
        """Until so many more writes were acknowledged from now on."""
        now = time.monotonic_ns()

        def enough():
            return sum(end > now for end in self.acknowledged()) >= count

        server.wait_until(enough, f"{count} writes are acknowledged: {dict(self.errors())}",
                          timeout)

    def longest_gap(self, since, until=None):
        """The longest time without an acknowledged write in the interval, in seconds."""
        until = until or time.monotonic_ns()
        ends = [since, *(end for end in self.acknowledged() if since < end < until), until]
        return max(later - earlier for earlier, later in zip(ends, ends[1:])) / 1e9

    def verify(self, node, keys=None):
        """Reads every key once more, on this node, into the record."""
        with node.connect(timeout=10) as connection:
            number = self.next_connection()
            for key in keys or self.keys:
                begin = time.monotonic_ns()
                connection.send(("GET", key))
                reply = connection.reply().decode()
                if reply.startswith("-"):
                    raise AssertionError(f"verifying {key}: {reply}")
                self.verified.append(Operation(len(self.clients), number, begin,
                                               time.monotonic_ns(), key, None, reply))

    def history(self):
        return self.record() + self.verified


Tally = collections.namedtuple("Tally", "acknowledged lost stale phantom")


def read_value(reply):
    """The number that a GET replied, 0 for a nil, None for an error."""
    if reply is None or reply.startswith("-"):
        return None
    return 0 if reply == "$-1\r\n" else int(reply.split("\r\n")[1])


def tally(load):
    """Acknowledged writes, and of what was read: older than a write acknowledged before (lost if
    it was read at the end), or never written."""
    floors = collections.defaultdict(list)
    attempted = collections.defaultdict(set)
    acknowledged = 0
    for operation in load.record():
        if operation.value is not None:
            if operation.reply is None or operation.reply.startswith(("+", "-INDETERMINATE")):
                attempted[operation.key].add(operation.value)
            if operation.reply == "+OK\r\n":
                acknowledged += 1
                floors[operation.key].append((operation.end, operation.value))
    counts = collections.Counter()
    reads = collections.defaultdict(list)
    for operation in load.history():
        if operation.value is None and read_value(operation.reply) is not None:
            reads[operation.key].append(operation)
    for key, operations in reads.items():
        floors[key] += [(op.end, read_value(op.reply)) for op in operations]
        known = sorted(floors[key])
        position = floor = 0
        for operation in sorted(operations, key=lambda op: op.begin):
            while position < len(known) and known[position][0] < operation.begin:
                floor = max(floor, known[position][1])
                position += 1
            value = read_value(operation.reply)
            if value < floor:
                counts["lost" if operation.client == len(load.clients) else "stale"] += 1
            if value and value not in attempted[key]:
                counts["phantom"] += 1
    return Tally(acknowledged, counts["lost"], counts["stale"], counts["phantom"])


def write_history(operations, path):
    """As history_judge reads it: a JSON object a line."""
    start = min(operation.begin for operation in operations)
    with open(path, "w", encoding="utf-8") as file:
        for operation in sorted(operations, key=lambda op: op.begin):
            command = (["GET", operation.key] if operation.value is None
                       else ["SET", operation.key, str(operation.value)])
            line = {"client": operation.client, "connection": operation.connection,
                    "begin": operation.begin - start, "command": command}
            if operation.reply is not None:
                line["end"] = operation.end - start
                line["reply"] = operation.reply
            file.write(json.dumps(line) + "\n")


def judge(load):
    """What the checker says of the record: (whether it is linearizable, its words)."""
    binary = os.path.join(os.path.dirname(os.path.abspath(server.BINARY)), "history_judge")
    with tempfile.TemporaryDirectory(prefix="holdfast.") as directory:
        path = os.path.join(directory, "history.jsonl")
        write_history(load.history(), path)
        done = subprocess.run([binary, path], capture_output=True, text=True, timeout=240,
                              check=False)
        if done.returncode not in (0, 1):
            raise AssertionError(f"{binary}: {done.stdout}{done.stderr}")
        if done.returncode == 1 and (keep := os.environ.get("HOLDFAST_KEEP_HISTORY")):
            os.replace(path, keep)
    return done.returncode == 0, done.stdout.strip()
