"""kvlog on logs that are whole, torn and damaged. Run as `kvlog_test.py KVLOG`."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest

MARK = 0xFFFFFFFFFFFFFF01


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def header():
    fields = b"HFLOG\0\0\1" + struct.pack("<QQQQ", 77, 0, 0, 0) + bytes(20)
    return fields + struct.pack("<I", crc32c(fields))


def record(lsn, payload):
    body = struct.pack("<IQQQQ", 0, lsn, 1, 1700000000000 + lsn, lsn - 1) + payload
    body += bytes(-(12 + len(body)) % 8)
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", crc32c(length + body)) + body


def mark(lsn):
    fields = struct.pack("<QQ", MARK, lsn)
    return fields + struct.pack("<I", crc32c(fields)) + bytes(4)


def put(key, value):
    return bytes([1, 0, len(key)]) + key + bytes([len(value)]) + value


class Kvlog(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="holdfast.")
        self.addCleanup(holder.cleanup)
        self.directory = holder.name
        self.path = os.path.join(self.directory, "log-0000000000000001.hf")
        self.write(header() + record(1, b"\0") + record(2, put(b"k", b"v\n")) + mark(2) +
                   record(3, bytes([8, 0, 1]) + b"k"))

    def write(self, content):
        with open(self.path, "wb") as file:
            file.write(content)

    def content(self):
        with open(self.path, "rb") as file:
            return file.read()

    def run_kvlog(self, *arguments, code=0):
        done = subprocess.run([KVLOG, *arguments], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def test_verify(self):
        said, _ = self.run_kvlog("verify", self.directory)
        self.assertIn("log 000000000000004d: records 1 to 3, epoch 1", said)
        self.assertNotIn("torn", said)

    def test_dump(self):
        said, _ = self.run_kvlog("dump", self.directory)
        self.assertEqual(said.splitlines(), [
            "1 epoch=1 time=1700000000001 commit=0 bytes=1 nothing",
            '2 epoch=1 time=1700000000002 commit=1 bytes=7 put 0 "k" "v\\n"',
            '3 epoch=1 time=1700000000003 commit=2 bytes=4 erase 0 "k"'])
        said, _ = self.run_kvlog("dump", self.directory, "--after", "1", "--until", "2")
        self.assertEqual(len(said.splitlines()), 1)

    def test_a_torn_tail_is_told_and_left_alone(self):
        whole = self.content()
        self.write(whole[:-10])
        said, _ = self.run_kvlog("verify", self.directory)
        self.assertIn("records 1 to 2", said)
        self.assertIn("torn tail, not counted", said)
        self.assertEqual(self.content(), whole[:-10])

    def test_damage_is_an_error_with_its_place(self):
        damaged = bytearray(self.content())
        damaged[len(header()) + 60] ^= 1
        self.write(bytes(damaged))
        for command in ("verify", "dump"):
            _, complaint = self.run_kvlog(command, self.directory, code=1)
            self.assertIn(f"{self.path} is damaged at byte ", complaint)
            self.assertIn("had been on disk", complaint)

    def test_truncate_asks_first(self):
        before = self.content()
        _, complaint = self.run_kvlog("truncate", self.directory, "--after", "1", code=7)
        self.assertIn("would remove 2 records, 2 to 3", complaint)
        self.assertEqual(self.content(), before)
        self.run_kvlog("truncate", self.directory, "--after", "1", "--yes")
        said, _ = self.run_kvlog("verify", self.directory)
        self.assertIn("records 1 to 1", said)
        self.run_kvlog("truncate", self.directory, "--after", "1", "--yes", code=7)

    def test_bad_input(self):
        self.run_kvlog("verify", code=2)
        self.run_kvlog("nothing", code=2)
        _, complaint = self.run_kvlog("verify", self.directory + "/absent", code=1)
        self.assertIn("absent", complaint)
        os.remove(self.path)
        said, _ = self.run_kvlog("verify", self.directory)
        self.assertEqual(said, "no log\n")


if __name__ == "__main__":
    KVLOG = sys.argv.pop(1)
    unittest.main(argv=[sys.argv[0], "-v"])
