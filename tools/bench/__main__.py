"""python3 tools/bench [PART ...]: kvnode measured against redis-server.

Every figure comes from servers that run side by side in this one run. See README.md beside this.
"""

import argparse
import datetime
import os
import subprocess
import sys

import cluster
import forward
import latency
import machine
import memory
import persistence
import servers
import throughput
import workers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEFAULT_PARTS = ("throughput", "memory", "workers")
PARTS = (*DEFAULT_PARTS, "latency", "cluster", "forward", "persistence")
# Share of the full request counts.
QUICK_SCALE = 0.1


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"of {', '.join(PARTS)}; the first three unless told")
    parser.add_argument("--only", choices=PARTS, help="the same as naming one part")
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the requests, three rounds; memory is measured in full")
    parser.add_argument("--rounds", type=int, default=5, help="runs per median, 5 unless told")
    parser.add_argument("--kvnode", default=os.path.join(ROOT, "build/release/bin/kvnode"))
    parser.add_argument("--redis", default="redis-server")
    parser.add_argument("--peer", action="append", default=[], metavar="[NAME=]PATH",
                        help="another server that takes redis-server's flags")
    parser.add_argument("--io", default="auto", help="kvnode's --io")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args(arguments)
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no such part: {part}")
    return options


def measure(part, contenders, options):
    """The tables of one part."""
    scale = QUICK_SCALE if options.quick else 1.0
    rounds = min(options.rounds, 3) if options.quick else options.rounds
    if part == "throughput":
        return [throughput.table(throughput.measure(contenders, rounds, scale))]
    if part == "memory":
        return [memory.table(memory.measure(contenders))]
    if part == "workers":
        return [workers.table(workers.measure(options.kvnode, options.io, rounds, scale))]
    if part == "cluster":
        return cluster.tables(cluster.measure(options.kvnode, options.io, rounds, scale))
    if part == "persistence":
        return persistence.tables(
            persistence.measure(options.kvnode, options.redis, options.io, rounds, scale), scale)
    if part == "forward":
        return [forward.table(forward.measure(options.kvnode, options.io, rounds, scale))]
    return [latency.table(latency.measure(contenders, scale), scale)]


def main():
    options = parse(sys.argv[1:])
    parts = [options.only] if options.only else options.parts or list(DEFAULT_PARTS)
    contenders = servers.contenders(options.kvnode, options.redis, options.peer, options.io)
    load_version = subprocess.run(["redis-benchmark", "--version"], capture_output=True, text=True,
                                  check=True).stdout.strip()
    about = [f"{datetime.date.today()}, {machine.describe()}",
             *(contender.version() for contender in contenders), load_version,
             "python3 tools/bench " + " ".join(sys.argv[1:])]
    tables = [table for part in parts for table in measure(part, contenders, options)]
    if options.markdown:
        print("\n".join([*(f"- {line}" for line in about), "",
                         *(table.markdown() for table in tables)]))
    else:
        print("\n".join([*about, "", *(table.text() for table in tables)]))


if __name__ == "__main__":
    main()
