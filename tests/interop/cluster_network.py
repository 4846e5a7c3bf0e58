"""A network for one test: every node in a namespace of its own, all on one bridge.

    n1 (10.x.y.1) --veth--+
    n2 (10.x.y.2) --veth--+-- bridge in a namespace of its own (10.x.y.100, where the clients are)
    n3 (10.x.y.3) --veth--+

One direction of a path is cut by giving the sender a false neighbour address of the receiver:
frames go out and nobody takes them, connections that stand get no error. It needs root and ip(8),
and leaves the machine's own network alone.
"""

import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
NOBODY = "02:00:00:00:00:ff"
CLIENTS = 100


def ip(*words, check=True):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """A context manager; this process is inside the clients' namespace while the block runs."""

    def __init__(self, size):
        self.size = size
        tag = os.getpid() % 62_500
        self.prefix = f"10.{tag // 250 + 1}.{tag % 250 + 1}"
        self.names = {number: f"hf{os.getpid()}-{number}" for number in (*range(1, size + 1), CLIENTS)}
        self.home = None

    def address(self, number):
        return f"{self.prefix}.{number}"

    def inside(self, number):
        """What to put before a command that runs where node `number` is."""
        return ("ip", "netns", "exec", self.names[number])

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            self.build()
            self.move_to(f"/run/netns/{self.names[CLIENTS]}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.home is None:
            return
        self.set_namespace(self.home)
        os.close(self.home)
        self.home = None
        for name in self.names.values():
            ip("netns", "del", name, check=False)

    def build(self):
        for name in self.names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        bridge = self.names[CLIENTS]
        ip("-n", bridge, "link", "add", "bridge", "type", "bridge")
        ip("-n", bridge, "addr", "add", f"{self.address(CLIENTS)}/24", "dev", "bridge")
        ip("-n", bridge, "link", "set", "bridge", "up")
        for number in range(1, self.size + 1):
            ip("-n", bridge, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0",
               "netns", self.names[number])
            ip("-n", bridge, "link", "set", f"port{number}", "master", "bridge", "up")
            ip("-n", self.names[number], "addr", "add", f"{self.address(number)}/24", "dev", "eth0")
            ip("-n", self.names[number], "link", "set", "eth0", "up")

    def move_to(self, path):
        handle = os.open(path, os.O_RDONLY)
        self.set_namespace(handle)
        os.close(handle)

    @staticmethod
    def set_namespace(handle):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def cut(self, sender, receiver):
        """What `sender` sends to `receiver` arrives no more; the other direction stays."""
        ip("-n", self.names[sender], "neigh", "replace", self.address(receiver), "lladdr", NOBODY,
           "dev", "eth0", "nud", "permanent")

    def cut_both(self, one, other):
        self.cut(one, other)
        self.cut(other, one)

    def mend(self):
        for number in range(1, self.size + 1):
            ip("-n", self.names[number], "neigh", "flush", "all", "dev", "eth0", "nud", "permanent")
