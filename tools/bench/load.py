"""What is put on a server: redis-benchmark for figures, a raw socket for filling."""

import csv
import dataclasses
import os
import subprocess
import threading

import machine

# Keys of redis-benchmark -r look like this.
BENCHMARK_KEY = "key:%012d"
BATCH = 1000


@dataclasses.dataclass
class Shape:
    """One benchmark run."""

    command: str  # "set" or "get"
    pipeline: int
    requests: int
    keyspace: int = 1_000_000
    value_bytes: int = 64
    connections: int = 50
    threads: int = 1

    def argv(self, port):
        argv = ["redis-benchmark", "-h", "127.0.0.1", "-p", str(port), "-t", self.command,
                "-n", str(self.requests), "-r", str(self.keyspace), "-d", str(self.value_bytes),
                "-c", str(self.connections), "-P", str(self.pipeline), "--csv"]
        return argv + (["--threads", str(self.threads)] if self.threads > 1 else [])


@dataclasses.dataclass
class Figures:
    """What one run gave."""

    ops_per_second: float
    cpu_ns_per_op: float
    p50_ms: float
    p99_ms: float


def run(server, shape, cores=None):
    """Runs redis-benchmark once. CPU per operation covers the whole run of the load."""
    cores = cores or machine.LOAD_CORES
    cpu_before = server.cpu_ns()
    done = subprocess.run(shape.argv(server.port), capture_output=True, text=True, check=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, cores))
    cpu = server.cpu_ns() - cpu_before
    row = list(csv.DictReader(done.stdout.splitlines()))[-1]
    return Figures(ops_per_second=float(row["rps"]), cpu_ns_per_op=cpu / shape.requests,
                   p50_ms=float(row["p50_latency_ms"]), p99_ms=float(row["p99_latency_ms"]))


def bulk(text):
    data = text.encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)


def set_request(key, value, expire_seconds=None):
    """SET as bytes; `key` and `value` are bytes of bulk()."""
    if expire_seconds is None:
        return b"*3\r\n$3\r\nSET\r\n" + key + value
    return b"*5\r\n$3\r\nSET\r\n" + key + value + b"$2\r\nEX\r\n" + bulk(str(expire_seconds))


def fill(server, keys, value, expire_seconds=None):
    """SETs every key of the iterable, pipelined; returns how many."""
    ok = b"+OK\r\n"
    sent = 0
    value = bulk(value)
    with server.connect() as connection:
        received = [0]

        def drain():
            while piece := connection.recv(1 << 20):
                received[0] += len(piece)

        reader = threading.Thread(target=drain)
        reader.start()
        batch = []
        for key in keys:
            batch.append(set_request(bulk(key), value, expire_seconds))
            if len(batch) == BATCH:
                connection.sendall(b"".join(batch))
                sent += BATCH
                batch.clear()
        connection.sendall(b"".join(batch) + b"QUIT\r\n")
        sent += len(batch)
        reader.join()
    if received[0] != (sent + 1) * len(ok):
        raise SystemExit(f"bench: filling {server.contender.name}: "
                         f"{received[0]} bytes of replies to {sent} SETs")
    return sent
