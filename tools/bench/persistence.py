"""What the disk costs: a snapshot while writes go on, a restart with it, and a log.

Files go to the temporary directory's disk. Peak memory is that of the server and of all its
children together, sampled every 10 ms; before the save and during it the same load runs.
"""

import os
import statistics
import subprocess
import threading
import time

import load
import report
import servers

KEYS = 5_000_000
VALUE_BYTES = 32
WRITES_PER_SECOND = 20_000
BATCH = 20
SAMPLE_SECONDS = 0.01
IDLE_SECONDS = 5
LOGGED = ("--appendonly", "yes")
ALWAYS = (*LOGGED, "--appendfsync", "always")


def keys(count):
    return ("key:%012d" % i for i in range(count))


def family_bytes(pid):
    """Private and shared bytes of a process and its children, shared ones counted once."""
    found = 0
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True,
                              check=False).stdout.split()
    for member in (pid, *children):
        try:
            with open(f"/proc/{member}/smaps_rollup", encoding="ascii") as rollup:
                found += sum(int(line.split()[1]) * 1024 for line in rollup
                             if line.startswith("Pss:"))
        except OSError:
            pass  # It has ended meanwhile.
    return found


class Writer(threading.Thread):
    """SETs keys that exist at a steady pace, and notes how long each small batch took."""

    def __init__(self, server, count):
        super().__init__(daemon=True)
        self.server, self.count = server, count
        self.latencies = []
        self.stopping = threading.Event()

    def run(self):
        value = load.bulk("w" * VALUE_BYTES)
        begun, sent = time.monotonic(), 0
        with self.server.connect() as connection:
            while not self.stopping.is_set():
                ahead = sent / WRITES_PER_SECOND - (time.monotonic() - begun)
                if ahead > 0:
                    time.sleep(ahead)
                batch = b"".join(load.set_request(
                    load.bulk("key:%012d" % ((sent + i) * 7919 % self.count)), value)
                                 for i in range(BATCH))
                start = time.monotonic()
                connection.sendall(batch)
                left = BATCH * len(b"+OK\r\n")
                while left > 0:
                    left -= len(connection.recv(left))
                self.latencies.append(time.monotonic() - start)
                sent += BATCH

    def take(self):
        """What was measured since the last call."""
        taken, self.latencies = self.latencies, []
        return sorted(taken)


def p999(latencies):
    return latencies[int(len(latencies) * 0.999)] * 1000


def saving(server):
    return b"rdb_bgsave_in_progress:1" in server.request("INFO", "persistence")


def save(contender, count):
    """A save under load, and a restart with the file."""
    with servers.Server(contender) as server:
        load.fill(server, keys(count), "v" * VALUE_BYTES)
        writer = Writer(server, count)
        writer.start()
        time.sleep(IDLE_SECONDS)
        idle_p999 = p999(writer.take())
        before = family_bytes(server.process.pid)
        begun, peak = time.monotonic(), before
        server.request("BGSAVE")
        while saving(server):
            peak = max(peak, family_bytes(server.process.pid))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.monotonic() - begun
        busy_p999 = p999(writer.take())
        writer.stopping.set()
        writer.join()
        server.process.kill()
        server.process.wait()
        begun = time.monotonic()
        again = subprocess.Popen([*server.command(), "--dir", server.directory],
                                 stdout=server.log, stderr=server.log, stdin=subprocess.DEVNULL,
                                 preexec_fn=lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
        server.process = again
        while True:
            try:
                if int(server.request("DBSIZE")) == count:
                    break
            except (OSError, ValueError):
                time.sleep(0.01)
        restart = time.monotonic() - begun
    return seconds, peak / before, idle_p999, busy_p999, restart


def logging(contenders, rounds, scale):
    """{(name, policy): (median CPU in us per SET, median SETs per second)}"""
    shapes = {"none": ((), 16, 2_000_000), "everysec": (LOGGED, 16, 2_000_000),
              "always": (ALWAYS, 1, 40_000)}
    runs = {}
    for number in range(rounds):
        for contender in contenders:
            for policy, (flags, pipeline, requests) in shapes.items():
                shape = load.Shape("set", pipeline, int(requests * scale), keyspace=100_000,
                                   value_bytes=VALUE_BYTES, connections=64)
                with servers.Server(contender, flags=flags) as server:
                    figures = load.run(server, shape)
                runs.setdefault((contender.name, policy), []).append(
                    (figures.cpu_ns_per_op / 1000, figures.ops_per_second))
                report.progress(f"log {contender.name} {policy}, round {number + 1}",
                                runs[contender.name, policy][-1])
    return {key: tuple(statistics.median(column) for column in zip(*values))
            for key, values in runs.items()}


def measure(kvnode, redis, io, rounds, scale):
    one = servers.Contender("kvnode", kvnode, ("--workers", "1", "--io", io))
    two = servers.Contender("kvnode", kvnode, ("--workers", "2", "--io", io))
    other = servers.Contender("redis", redis)
    saves = {}
    for number in range(max(1, rounds // 2)):
        for contender in (two, other):
            saves.setdefault(contender.name, []).append(save(contender, int(KEYS * scale)))
            report.progress(f"save {contender.name}, round {number + 1}",
                            saves[contender.name][-1])
    return saves, logging((one, other), rounds, scale)


def tables(results, scale):
    saves, logs = results
    rows = []
    for name, runs in saves.items():
        seconds, growth, idle, busy, restart = (statistics.median(column) for column in zip(*runs))
        rows.append([name, f"{seconds:.2f}", f"{growth:.2f}", f"{idle:.2f}", f"{busy:.2f}",
                     f"{restart:.2f}"])
    return [
        report.Table(f"Snapshot of {KEYS * scale / 1e6:.1f} million keys under "
                     f"{WRITES_PER_SECOND} writes/s",
                     ["server", "save s", "peak memory / before", "p99.9 before ms",
                      "p99.9 during ms", "restart s"], rows,
                     note=f"A batch of {BATCH} SETs each; kvnode with two workers."),
        report.Table("A log", ["server", "log", "CPU us per SET", "SETs per second"],
                     [[name, policy, f"{cpu:.2f}", f"{rate:,.0f}"]
                      for (name, policy), (cpu, rate) in logs.items()],
                     note="64 connections; pipeline 16, and 1 for always. kvnode with one worker."),
    ]
