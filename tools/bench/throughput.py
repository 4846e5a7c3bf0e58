"""SET and GET: operations per second, server CPU per operation, latency."""

import contextlib
import dataclasses
import statistics

import load
import machine
import report
import servers

REQUESTS = {1: 200_000, 16: 1_000_000, 64: 2_000_000}
KEYS = 1_000_000


def median(figures):
    """Field by field."""
    return load.Figures(**{field.name: statistics.median(getattr(f, field.name) for f in figures)
                           for field in dataclasses.fields(load.Figures)})


def measure(contenders, rounds, scale):
    """{(command, pipeline): {name: Figures}}; each round visits every server in turn."""
    results = {}
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(servers.Server(contender)) for contender in contenders]
        for server in running:
            load.fill(server, (load.BENCHMARK_KEY % i for i in range(KEYS)), "x" * 64)
        for pipeline, requests in REQUESTS.items():
            for command in ("set", "get"):
                shape = load.Shape(command, pipeline, max(int(requests * scale), 10_000),
                                   keyspace=KEYS)
                runs = {server.contender.name: [] for server in running}
                for _ in range(rounds):
                    for server in running:
                        runs[server.contender.name].append(load.run(server, shape))
                results[command, pipeline] = {name: median(r) for name, r in runs.items()}
                report.progress(f"{command} P={pipeline}", results[command, pipeline])
    return results


def table(results, baseline="redis"):
    rows = []
    for (command, pipeline), by_name in results.items():
        for name, figures in by_name.items():
            ratio = figures.cpu_ns_per_op / by_name[baseline].cpu_ns_per_op
            rows.append([command.upper(), pipeline, name, f"{figures.ops_per_second:,.0f}",
                         f"{figures.cpu_ns_per_op:,.0f}", f"{ratio:.2f}",
                         f"{figures.p50_ms:.3f}", f"{figures.p99_ms:.3f}"])
    header = ["command", "pipeline", "server", "ops/s", "CPU ns/op", f"CPU vs {baseline}",
              "p50 ms", "p99 ms"]
    return report.Table("Throughput and CPU per operation", header, rows,
                        note=f"64-byte values, {KEYS:,} random keys, 50 connections; server on "
                             f"core {sorted(machine.SERVER_CORES)}, load on core "
                             f"{sorted(machine.LOAD_CORES)}; medians, servers interleaved. "
                             + " ".join(load.Shape("get", 16, REQUESTS[16]).argv("PORT"))
                             + " and the like.")
