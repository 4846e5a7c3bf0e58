"""Latency of single-key commands while one hash tag grows to millions of keys.

One process fills at a steady pace. Another sends one request per period and measures from the
moment the request was due, not from when it could be sent, so that a stall counts for every request
that it delays. Beside it stands the CPU time that the server spent from the sending to the reply: a
stall that the server causes shows there too, one of the machine does not. The same is measured
while the same keys are overwritten; the difference is what growing costs.
"""

import gc
import multiprocessing
import os
import time

import load
import machine
import report
import servers

KEYS = 10_000_000
FILL_PER_SECOND = 200_000
FILL_BATCH = 100
PROBE_PERIOD_NS = 2_000_000
TAG_KEY = "{tag}%d"
PROBE_KEY = TAG_KEY % 0


def fill_at_pace(server, count, done):
    """SETs the keys of the tag in small batches, never faster than FILL_PER_SECOND."""
    os.sched_setaffinity(0, machine.LOAD_CORES)
    value = load.bulk("v" * 32)
    start = time.monotonic()
    with server.connect() as connection:
        for first in range(0, count, FILL_BATCH):
            batch = min(FILL_BATCH, count - first)
            connection.sendall(b"".join(load.set_request(load.bulk(TAG_KEY % i), value)
                                        for i in range(first, first + batch)))
            left = batch * len(b"+OK\r\n")
            while left > 0:
                left -= len(connection.recv(left))
            ahead = (first + batch) / FILL_PER_SECOND - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)
    done.set()


def probe(server, done, samples):
    """Sends GET and SET in turn on a schedule until `done`.

    Sends back two lists in ns: latencies, and CPU time of the server during each request.
    """
    os.sched_setaffinity(0, machine.LOAD_CORES)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        pass  # The figures then contain more of the load's own scheduling.
    gc.disable()
    requests = [b"*2\r\n$3\r\nGET\r\n" + load.bulk(PROBE_KEY),
                load.set_request(load.bulk(PROBE_KEY), load.bulk("v" * 32))]
    latencies, server_cpu = [], []
    with server.connect() as connection:
        due = time.monotonic_ns()
        while not done.is_set():
            due += PROBE_PERIOD_NS
            wait = due - time.monotonic_ns()
            if wait > 0:
                time.sleep(wait / 1e9)
            # Overshoot of our own sleep is not the server's; a late predecessor is.
            start = max(due, time.monotonic_ns()) if wait > 0 else due
            cpu_before = server.cpu_ns()
            connection.sendall(requests[len(latencies) % 2])
            connection.recv(256)
            server_cpu.append(server.cpu_ns() - cpu_before)
            latencies.append(time.monotonic_ns() - start)
    samples.put((sorted(latencies), sorted(server_cpu)))


def phase(server, count):
    """(latencies, CPU times) in ns, sorted, while `count` keys are written."""
    done = multiprocessing.Event()
    samples = multiprocessing.Queue()
    prober = multiprocessing.Process(target=probe, args=(server, done, samples))
    filler = multiprocessing.Process(target=fill_at_pace, args=(server, count, done))
    prober.start()
    filler.start()
    result = samples.get()
    prober.join()
    filler.join()
    return result


def measure(contenders, scale):
    """{name: (while growing, while overwriting)}, each as phase() returns it."""
    count = max(int(KEYS * scale), 100_000)
    results = {}
    for contender in contenders:
        with servers.Server(contender) as server:
            results[contender.name] = (phase(server, count), phase(server, count))
        samples = [len(latencies) for latencies, _ in results[contender.name]]
        report.progress(f"latency {contender.name}", f"{samples} samples")
    return results


def quantile(values, share):
    return values[min(int(len(values) * share), len(values) - 1)] / 1e6


def table(results, scale):
    rows = []
    for name, phases in results.items():
        for keys_are, samples in zip(("growing", "overwriting"), phases):
            for what, values in zip(("latency", "server CPU"), samples):
                rows.append([name, keys_are, what, f"{len(values):,}",
                             *(f"{quantile(values, share):.3f}" for share in (0.5, 0.99, 0.999)),
                             f"{values[-1] / 1e6:.3f}"])
    header = ["server", "keys are", "what", "samples", "p50", "p99", "p99.9", "max"]
    return report.Table("Single-key commands beside a growing hash tag, ms", header, rows,
                        note=f"{max(int(KEYS * scale), 100_000):,} keys in one hash tag at up to "
                             f"{FILL_PER_SECOND:,} SETs per second; one GET or SET every "
                             f"{PROBE_PERIOD_NS // 1_000_000} ms from another connection, "
                             "measured from when it was due.")
