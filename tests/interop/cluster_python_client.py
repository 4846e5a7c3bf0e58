"""redis-py through one door of a cluster, as cluster_clients.mjs has it for Node.js.

    cluster_python_client.py plain|sentinel|cluster    $PORTS, $SENTINEL_PORTS: comma-separated
"""

import json
import os
import re
import sys
import threading
import time

import redis
import redis.cluster
import redis.exceptions
import redis.sentinel

HOST = "127.0.0.1"
PORTS = [int(port) for port in os.environ["PORTS"].split(",")]
SENTINEL_PORTS = [int(port) for port in os.environ["SENTINEL_PORTS"].split(",")]

# As in cluster_clients.mjs; connections that break are exceptions of their own.
ALLOWED = re.compile(r"(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|INDETERMINATE|MOVED"
                     r"|You can't write against a read only replica)")
ALLOWED_KINDS = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError,
                 redis.exceptions.ReadOnlyError, redis.exceptions.TryAgainError,
                 redis.exceptions.ClusterDownError, redis.exceptions.MovedError,
                 redis.exceptions.RedisClusterException, redis.exceptions.BusyLoadingError,
                 redis.exceptions.MasterDownError)


def connect(door):
    if door == "sentinel":
        sentinel = redis.sentinel.Sentinel([(HOST, port) for port in SENTINEL_PORTS],
                                           socket_timeout=2)
        return sentinel.master_for("shop", socket_timeout=4)
    if door == "cluster":
        nodes = [redis.cluster.ClusterNode(HOST, port) for port in PORTS]
        return redis.cluster.RedisCluster(startup_nodes=nodes, socket_timeout=4)
    return redis.Redis(HOST, PORTS[0], socket_timeout=4)


class Writer:
    def __init__(self, client):
        self.client = client
        self.acked = []
        self.allowed = {}
        self.unexpected = set()
        self.ended = threading.Event()

    def note(self, error):
        if isinstance(error, ALLOWED_KINDS) or ALLOWED.match(str(error)):
            kind = type(error).__name__
            self.allowed[kind] = self.allowed.get(kind, 0) + 1
        else:
            self.unexpected.add(f"{type(error).__name__}: {error}")

    def run(self):
        number = 0
        while not self.ended.is_set():
            try:
                self.client.set(f"key:{number}", number)
                self.acked.append(number)
            except redis.exceptions.RedisError as error:
                self.note(error)
                time.sleep(0.02)
            number += 1
            time.sleep(0.001)

    def lost(self):
        return [number for number in self.acked if self.read(number) != str(number).encode()]

    def read(self, number):
        for attempt in range(20):
            try:
                return self.client.get(f"key:{number}")
            except redis.exceptions.RedisError as error:
                self.note(error)
                if attempt == 19:
                    raise
                time.sleep(0.1)
        return None


def main():
    writer = Writer(connect(sys.argv[1]))
    thread = threading.Thread(target=writer.run)
    thread.start()
    ticker = threading.Event()

    def tick():
        while not ticker.wait(0.1):
            print(json.dumps({"acked": len(writer.acked)}), flush=True)

    ticking = threading.Thread(target=tick)
    ticking.start()
    sys.stdin.read()
    ticker.set()
    writer.ended.set()
    thread.join()
    ticking.join()
    print(json.dumps({"acked": len(writer.acked), "lost": writer.lost(),
                      "allowed": writer.allowed, "unexpected": sorted(writer.unexpected)}),
          flush=True)


if __name__ == "__main__":
    main()
