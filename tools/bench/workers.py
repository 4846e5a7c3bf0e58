"""What a second worker costs: CPU per operation with two workers and with one."""

import contextlib
import statistics

import load
import machine
import report
import servers

REQUESTS = 1_000_000
KEYS = 1_000_000


def measure(kvnode, io, rounds, scale):
    """{(command, workers): CPU ns per operation}; server and load share all cores."""
    cores = set(machine.ALL_CORES)
    runs = {}
    with contextlib.ExitStack() as stack:
        running = {}
        for workers in (1, 2):
            contender = servers.Contender(f"kvnode-{workers}", kvnode,
                                          ("--workers", str(workers), "--io", io))
            running[workers] = stack.enter_context(servers.Server(contender, cores))
            load.fill(running[workers], (load.BENCHMARK_KEY % i for i in range(KEYS)), "x" * 64)
        for command in ("set", "get"):
            shape = load.Shape(command, 16, max(int(REQUESTS * scale), 10_000), keyspace=KEYS)
            for _ in range(rounds):
                for workers, server in running.items():
                    figures = load.run(server, shape, cores)
                    runs.setdefault((command, workers), []).append(figures.cpu_ns_per_op)
    return {key: statistics.median(values) for key, values in runs.items()}


def table(results):
    rows = []
    for command in ("set", "get"):
        one, two = results[command, 1], results[command, 2]
        rows.append([command.upper(), f"{one:,.0f}", f"{two:,.0f}", f"{two / one:.2f}"])
    return report.Table("CPU per operation of two workers",
                        ["command", "1 worker, ns", "2 workers, ns", "ratio"], rows,
                        note="Pipeline 16; server and load share all cores in both cases.")
