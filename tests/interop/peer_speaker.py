"""Speaks to a node's peer port, rightly or wrongly (net/peer/frame.h, net/peer/handshake.h)."""

import hashlib
import hmac
import os
import socket
import struct

HELLO, PROOF, REFUSE = 1, 2, 3
CONTROL = 0
HEADER_BYTES = 16


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def header(kind, length):
    """All of a frame's header but the checksum of the whole."""
    bare = b"HFP\x01" + struct.pack("<B3xI", kind, length)
    return bare[:5] + struct.pack("<I", crc32c(bare))[:3] + bare[8:]


def frame(kind, payload, crc=None):
    head = header(kind, len(payload))
    return head + struct.pack("<I", crc32c(head + payload) if crc is None else crc) + payload


def hello(versions=(1, 2), cluster=0, channel=CONTROL, node=None):
    node = node or int.from_bytes(os.urandom(8), "little") | 1
    return struct.pack("<HHB3xQQQQQ", *versions, channel, cluster, node, 1, 0, 1) + os.urandom(16)


def proof(secret, side, dialer_hello, acceptor_hello):
    said = side + b"".join(struct.pack("<I", len(part)) + part
                           for part in (dialer_hello, acceptor_hello))
    return hmac.new(secret.encode(), said, hashlib.sha256).digest()


class Peer:
    """A context manager: a connection to a peer port."""

    def __init__(self, node, timeout=5):
        self.address = (node.host, node.peer_port)
        self.timeout = timeout

    def __enter__(self):
        self.socket = socket.create_connection(self.address, timeout=self.timeout)
        self.stream = self.socket.makefile("rb")
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next frame as (type, payload); None if the node closed the connection."""
        try:
            head = self.stream.read(HEADER_BYTES)
            if len(head) < HEADER_BYTES:
                return None
            kind, length = struct.unpack_from("<B3xI", head, 4)
            return kind, self.stream.read(length)
        except ConnectionResetError:
            return None

    def refusal(self):
        """What the node says when it refuses, "" if it only closes; nothing may follow."""
        said = self.receive()
        if said is None:
            return ""
        kind, payload = said
        if kind != REFUSE or self.receive() is not None:
            raise AssertionError(f"not refused: frame {kind}: {payload}")
        return payload[1:].decode()

    def greet(self, secret, **claims):
        """The dialer's half of the handshake; returns the frame that answers the proof."""
        mine = hello(**claims)
        self.send(frame(HELLO, mine))
        kind, theirs = self.receive()
        if kind != HELLO:
            return kind, theirs
        self.send(frame(PROOF, proof(secret, b"D", mine, theirs)))
        return self.receive()
