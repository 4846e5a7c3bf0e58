"""Nodes that speak RESP, answer what kvctl asks, and hold nothing.

A FakeCluster is the state that its FakeNodes share; tests change it directly, or let kvctl change
it. What a node was told is in `node.told`.
"""

import copy
import fnmatch
import json
import socket
import threading
import time

REPLIES_OK = b"+OK\r\n"


def bulk(text):
    data = text.encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)


def error(text):
    return b"-" + text.encode() + b"\r\n"


def encode(value):
    """A value as RESP2: an Exception is an error, None a nil."""
    if isinstance(value, Exception):
        return error(str(value))
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, (list, tuple)):
        return b"*%d\r\n" % len(value) + b"".join(map(encode, value))
    return b"$-1\r\n" if value is None else bulk(value)


class FakeNode:
    """Listens on a free loopback port until stop()."""

    def __init__(self, cluster, name, number, witness=False):
        self.cluster = cluster
        self.name = name
        self.host = "127.0.0.1"    # as the configuration lists it
        self.id = f"{number:016x}"
        self.incarnation = f"{number + 0x100:016x}"
        self.witness = witness
        self.keys = 0
        self.member = False        # of the cluster
        self.role = "none"
        self.serving = True
        self.why = ""
        self.sync_percent = None
        self.password = None
        self.script = None         # bytes to answer everything with; b"": never answers
        self.errors = {}           # by subcommand: an error to answer
        self.replies = {}          # by command: a value to answer, or what makes one of the words
        self.settings = {"maxmemory": "0", "port": str(number)}
        self.replies["CONFIG"] = self._config
        self.blocked = set()       # peer addresses that cannot be reached
        self.preflight_error = None
        self.on_told = None
        self.events, self.epochs, self.digest = [], [], "d1"
        self.told = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.peer_port = self.port - 10000 if self.port > 40000 else self.port + 10000
        self.stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def peer_address(self):
        return f"127.0.0.1:{self.peer_port}"

    @property
    def text(self):
        """As create and add-node take it."""
        suffix = ":witness" if self.witness else ""
        return f"{self.name}={self.address}:{self.peer_port}{suffix}"

    def identity(self):
        return {"node": self.id, "incarnation": self.incarnation}

    def stop(self):
        if not self.stopped:
            self.stopped = True
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()

    def _accept(self):
        while not self.stopped:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as requests:
            logged_in = self.password is None
            try:
                while line := requests.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        size = int(requests.readline()[1:])
                        words.append(requests.read(size + 2)[:-2].decode())
                    if words[0] == "AUTH":
                        if self.password is None:
                            reply = error("ERR AUTH <password> called without any password")
                        elif words[-1] == self.password:
                            logged_in, reply = True, REPLIES_OK
                        else:
                            reply = error("WRONGPASS invalid username-password pair")
                    elif not logged_in:
                        reply = error("NOAUTH Authentication required.")
                    else:
                        reply = self._answer(words)
                    if reply is None:
                        return
                    connection.sendall(reply)
            except (OSError, ValueError, IndexError):
                pass

    def _answer(self, words):
        if self.script is not None:
            if not self.script:
                time.sleep(30)
            return self.script
        if words[0] == "PING":
            return b"+PONG\r\n"
        if words[0] == "SHUTDOWN":
            self.told.append(words)
            return None
        if words[0] in self.replies:
            self.told.append(words)
            reply = self.replies[words[0]]
            return encode(reply(words[1:]) if callable(reply) else reply)
        if words[0] != "HOLDFAST":
            return error(f"ERR unknown command '{words[0]}'")
        self.told.append(words[1:])
        if words[1] in self.errors:
            reply = self.errors[words[1]]
            return None if reply is None else error(reply)
        if self.on_told:
            self.on_told(words[1:])
        with self.cluster.lock:
            return getattr(self, "_" + words[1].lower().replace("-", "_"))(words[2:])

    def _status(self, _):
        return bulk(json.dumps(self.status()))

    def status(self):
        cluster = self.cluster
        known = cluster.configuration if self.member else None
        group = known["group"] if known else {"epoch": 0, "in_sync": []}
        members = []
        if self.role == "primary":
            for node in cluster.nodes:
                if node is self or node.witness or not node.member:
                    continue
                in_sync = node.identity() in group["in_sync"]
                state = "silent" if node.stopped else "in-sync" if in_sync else "learner"
                members.append({**node.identity(), "state": state, "acked": cluster.tail,
                                "last_heard_ms": 35, "sync_percent": node.sync_percent})
        return {
            "schema": "holdfast.status/v1",
            "node": {"id": self.id, "incarnation": self.incarnation, "name": self.name,
                     "address": self.address, "peer_address": self.peer_address,
                     "version": "0.1.0", "witness": self.witness, "uptime_seconds": 7,
                     "keys": self.keys},
            "cluster": copy.deepcopy(known),
            "group": {"role": self.role, "serving": self.serving, "epoch": group["epoch"],
                      "tail": cluster.tail, "committed": cluster.tail, "applied": cluster.tail,
                      "why": self.why, "lease_margin_ms": 812, "held_replies": 0,
                      "oldest_uncommitted_ms": 0, "min_in_sync": cluster.min_in_sync,
                      "open_change": False, "members": members},
            "register": {"open": False, "why": ""}}

    def _config(self, words):
        if words[0] == "SET":
            self.settings[words[1]] = words[2]
            return "OK"
        return [word for name, value in sorted(self.settings.items())
                if fnmatch.fnmatch(name, words[1]) for word in (name, value)]

    def _events(self, _):
        return bulk(json.dumps(self.events))

    def _history(self, _):
        return bulk(json.dumps(self.epochs))

    def _digest(self, words):
        if words and int(words[0]) != self.cluster.tail:
            return error("TRYAGAIN the log is executed further already")
        return bulk(json.dumps({"lsn": self.cluster.tail, "digest": self.digest, "keys": 3}))

    def _recover(self, words):
        self.cluster.lead(self)
        self.cluster.configuration["group"]["in_sync"] = [self.identity()]
        return REPLIES_OK

    def _preflight(self, peers):
        if self.preflight_error:
            return error(self.preflight_error)
        return bulk(json.dumps([
            {"peer": peer, "ok": peer not in self.blocked, "rtt_ms": 0.2, "empty": True,
             "cluster_id": "0", "version": "0.1.0", "clock_offset_ms": 1,
             "why": "connection timed out" if peer in self.blocked else ""} for peer in peers]))

    def _create(self, words):
        self.cluster.form(words[0], [word.split("=")[0] for word in words[1:]])
        return REPLIES_OK

    def _switchover(self, words):
        if int(words[1]) != self.cluster.configuration["version"]:
            return error("CONFLICT the configuration has another version")
        self.cluster.lead(self.cluster.named(words[0]))
        return REPLIES_OK

    def _add_node(self, words):
        self.cluster.join(self.cluster.named(words[0].split("=")[0]), voter="VOTER" in words)
        return REPLIES_OK

    def _remove_node(self, words):
        self.cluster.leave(self.cluster.named(words[0]))
        return REPLIES_OK


class FakeCluster:
    """n1, n2 ... of which the first `members` are a cluster, led by n1."""

    def __init__(self, nodes=3, members=None, first_number=1, name="shop", cluster_id="c1"):
        self.lock = threading.RLock()
        self.tail = 10
        self.min_in_sync = 1
        self.configuration = None
        self.cluster_id = cluster_id
        self.nodes = [FakeNode(self, f"n{i + 1}", first_number + i) for i in range(nodes)]
        members = nodes if members is None else members
        if members:
            self.form(name, [node.name for node in self.nodes[:members]])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()

    def __getitem__(self, name):
        return self.named(name)

    def named(self, name):
        return next(node for node in self.nodes if node.name == name)

    def form(self, name, names):
        nodes = [self.named(other) for other in names]
        self.configuration = {
            "name": name, "id": self.cluster_id, "version": 7, "nodes": [], "voters": [],
            "next_voters": [],
            "group": {"epoch": 3, "primary": nodes[0].identity(), "in_sync": [],
                      "status": "active"}}
        for node in nodes:
            self.join(node, voter=True)
            if not node.witness:
                self.sync(node)
        nodes[0].role = "primary"
        self.configuration["version"] = 7
        self.min_in_sync = 2 if len([n for n in nodes if not n.witness]) > 2 else 1

    def join(self, node, voter):
        node.member = True
        node.role = "witness" if node.witness else "learner"
        self.configuration["nodes"].append(
            {"id": node.id, "name": node.name, "host": node.host, "client_port": node.port,
             "peer_port": node.peer_port, "witness": node.witness})
        if voter:
            self.configuration["voters"].append(node.id)
        self.configuration["version"] += 1

    def sync(self, node):
        node.role = "replica"
        self.configuration["group"]["in_sync"].append(node.identity())
        self.configuration["version"] += 1

    def lead(self, node):
        for other in self.nodes:
            if other.role == "primary":
                other.role = "replica"
        node.role = "primary"
        group = self.configuration["group"]
        group["primary"] = node.identity()
        group["epoch"] += 1
        self.configuration["version"] += 1

    def leave(self, node):
        node.member, node.role = False, "none"
        configuration = self.configuration
        configuration["nodes"] = [n for n in configuration["nodes"] if n["id"] != node.id]
        configuration["voters"] = [v for v in configuration["voters"] if v != node.id]
        group = configuration["group"]
        group["in_sync"] = [i for i in group["in_sync"] if i["node"] != node.id]
        configuration["version"] += 1
