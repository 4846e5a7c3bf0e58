"""What replication costs: throughput and CPU of a group of three, memory while one is filled."""

import contextlib
import json
import signal
import statistics
import subprocess
import threading
import time

import load
import machine
import report
import servers

NODES = 3
KEYS = 1_000_000
REQUESTS = 2_000_000
CONNECTIONS = 64
PIPELINE = 16
VALUE_BYTES = 64
FIGURES = ("ops_per_second", "cpu_ns_per_op", "p50_ms", "p99_ms")
SAMPLE_SECONDS = 0.01
PATIENCE_SECONDS = 120


class Member(servers.Server):
    """A node of a group; it can be killed and started again in its place."""

    def __init__(self, contender):
        self.peer_port = servers.free_port()
        super().__init__(contender, set(machine.ALL_CORES), (
            "--cluster-enabled", "yes", "--cluster-port", str(self.peer_port)))

    def place(self, name):
        return f"{name}=127.0.0.1:{self.port}:{self.peer_port}"

    def status(self):
        return json.loads(self.request("HOLDFAST", "STATUS"))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        """Starts it again, more than once while the kernel still holds the killed one's ports."""
        def attempt():
            self.process = subprocess.Popen([*self.command(), "--dir", self.directory],
                                            stdout=self.log, stderr=self.log,
                                            stdin=subprocess.DEVNULL)
            wait_until(lambda: self.process.poll() is not None or self.answers(), "PING")
            return self.process.poll() is None

        wait_until(attempt, "a killed node starts again")


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def group(kvnode, io):
    """Three nodes in sync, the primary first."""
    contender = servers.Contender("kvnode", kvnode, ("--workers", "1", "--io", io))
    with contextlib.ExitStack() as stack:
        members = [stack.enter_context(Member(contender)) for _ in range(NODES)]
        places = [member.place(f"n{i}") for i, member in enumerate(members)]
        answer = members[0].request("HOLDFAST", "CREATE", "bench", *places)
        if answer != b"OK":
            raise SystemExit(f"bench: HOLDFAST CREATE: {answer.decode()}")
        wait_until(lambda: in_sync(members[0]) == NODES, "all members are in sync")
        yield members


def in_sync(primary):
    status = primary.status()
    return len(status["cluster"]["group"]["in_sync"]) if status["group"]["serving"] else 0


def fill(server):
    load.fill(server, (load.BENCHMARK_KEY % i for i in range(KEYS)), "x" * VALUE_BYTES)


def shape(requests):
    return load.Shape("set", PIPELINE, requests, keyspace=KEYS, value_bytes=VALUE_BYTES,
                      connections=CONNECTIONS)


def measure_throughput(kvnode, io, rounds, scale):
    """{name: [a dict of FIGURES per round]}; the group and a single node take turns."""
    alone = servers.Contender("kvnode", kvnode, ("--workers", "1", "--io", io))
    cores = set(machine.ALL_CORES)
    wanted = shape(int(REQUESTS * scale))
    runs = {}
    with servers.Server(alone, cores) as single, group(kvnode, io) as members:
        contenders = {"single node": single, f"primary of {NODES}": members[0]}
        for server in contenders.values():
            fill(server)
        for number in range(rounds):
            for name, server in contenders.items():
                figures = load.run(server, wanted, cores)
                runs.setdefault(name, []).append({f: getattr(figures, f) for f in FIGURES})
                report.progress(f"cluster round {number}: {name}", figures)
    return runs


class Peaks(threading.Thread):
    """The highest resident memory of each of some processes while it runs."""

    def __init__(self, members):
        super().__init__(daemon=True)
        self.members = members
        self.peaks = [0] * len(members)
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(SAMPLE_SECONDS):
            for i, member in enumerate(self.members):
                self.peaks[i] = max(self.peaks[i], member.resident_bytes())


@contextlib.contextmanager
def background_load(server):
    """SETs on the keys that exist, for as long as the block runs."""
    process = subprocess.Popen(shape(1_000_000_000).argv(server.port), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure_sync(kvnode, io):
    """Bytes of the data set at rest, highest of the primary and of the learner; seconds."""
    with group(kvnode, io) as members:
        primary, learner = members[0], members[-1]
        fill(primary)
        data_set = primary.settled_resident_bytes()
        with background_load(primary):
            time.sleep(1)
            learner.kill()
            wait_until(lambda: in_sync(primary) == NODES - 1, "the killed member is missed")
            start = time.monotonic()
            learner.restart()
            peaks = Peaks([primary, learner])
            peaks.start()
            wait_until(lambda: in_sync(primary) == NODES, "the learner is in sync")
            seconds = time.monotonic() - start
            peaks.ended.set()
            peaks.join()
    report.progress("cluster sync", (data_set, peaks.peaks, seconds))
    return data_set, *peaks.peaks, seconds


def measure(kvnode, io, rounds, scale):
    return measure_throughput(kvnode, io, rounds, scale), measure_sync(kvnode, io)


def tables(results):
    runs, (data_set, primary, learner, seconds) = results
    medians = {name: {f: statistics.median(run[f] for run in by_round) for f in FIGURES}
               for name, by_round in runs.items()}
    base = medians["single node"]["cpu_ns_per_op"]
    rows = [[name, f"{m['ops_per_second']:,.0f}", f"{m['cpu_ns_per_op']:,.0f}",
             f"{m['cpu_ns_per_op'] / base:.2f}", f"{m['p50_ms']:.3f}", f"{m['p99_ms']:.3f}"]
            for name, m in medians.items()]
    throughput = report.Table(
        "SET, acknowledged by all in sync",
        ["server", "ops/s", "CPU ns/SET", "CPU ratio", "p50 ms", "p99 ms"], rows,
        note=f"{CONNECTIONS} connections, pipeline {PIPELINE}, {VALUE_BYTES}-byte values; the "
             "nodes and the load share all cores; CPU is the primary's process.")
    mib = 1024 * 1024
    sync = report.Table(
        f"Full sync of {KEYS:,} keys under load", ["what", "MiB", "of the data set"],
        [["data set at rest", f"{data_set / mib:.0f}", "1.00"],
         ["primary, highest", f"{primary / mib:.0f}", f"{primary / data_set:.2f}"],
         ["learner, highest", f"{learner / mib:.0f}", f"{learner / data_set:.2f}"]],
        note=f"Resident memory; from the learner's start until it was in sync: {seconds:.1f} s.")
    return [throughput, sync]
