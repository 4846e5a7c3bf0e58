"""What it costs to be served through a replica: GET and SET, straight and forwarded."""

import statistics

import cluster
import load
import machine
import report

REQUESTS = 1_000_000
PIPELINES = (1, 16)
COMMANDS = ("get", "set")


class Door:
    """A node as the load sees it; the CPU is of the primary and of one replica together."""

    def __init__(self, node, pair):
        self.node = node
        self.port = node.port
        self.pair = pair

    def cpu_ns(self):
        return sum(member.cpu_ns() for member in self.pair)


def doors(members):
    """The primary and a replica, each as a way to the same data."""
    pair = members[:2]
    return {"primary": Door(pair[0], pair), "replica": Door(pair[1], pair)}


def measure(kvnode, io, rounds, scale):
    """{(command, pipeline, door): [figures per round]}; the doors take turns."""
    runs = {}
    with cluster.group(kvnode, io) as members:
        cluster.fill(members[0])
        for number in range(rounds):
            for command in COMMANDS:
                for pipeline in PIPELINES:
                    share = scale if pipeline > 1 else scale / 5
                    wanted = load.Shape(command, pipeline, int(REQUESTS * share),
                                        keyspace=cluster.KEYS, value_bytes=cluster.VALUE_BYTES,
                                        connections=cluster.CONNECTIONS)
                    for name, door in doors(members).items():
                        figures = load.run(door, wanted, set(machine.ALL_CORES))
                        runs.setdefault((command, pipeline, name), []).append(figures)
                        report.progress(f"forward round {number}: {command} {pipeline} {name}",
                                        figures)
    return runs


def table(runs):
    medians = {key: {name: statistics.median(getattr(run, name) for run in by_round)
                     for name in cluster.FIGURES} for key, by_round in runs.items()}
    rows = []
    for (command, pipeline, name), m in medians.items():
        base = medians[command, pipeline, "primary"]["cpu_ns_per_op"]
        rows.append([command.upper(), str(pipeline), name, f"{m['ops_per_second']:,.0f}",
                     f"{m['cpu_ns_per_op']:,.0f}", f"{m['cpu_ns_per_op'] / base:.2f}",
                     f"{m['p50_ms']:.3f}", f"{m['p99_ms']:.3f}"])
    return report.Table(
        "Straight to the primary and through a replica",
        ["command", "pipeline", "asked", "ops/s", "CPU ns/op", "CPU ratio", "p50 ms", "p99 ms"],
        rows, note=f"{cluster.CONNECTIONS} connections, {cluster.VALUE_BYTES}-byte values; nodes "
                   "and load share all cores; CPU is the primary's and the replica's together.")
