"""Files that redis-server writes are read, and what is written from them it loads again."""

import os
import subprocess
import sys
import tempfile
import unittest

import server

# A row per encoding that redis-server 7.0 has, and what makes it choose that.
VALUES = [
    ("SET", "text", "hello"), ("SET", "int8", "-7"), ("SET", "int16", "30000"),
    ("SET", "int32", "-2000000000"), ("SET", "int64", "9223372036854775807"),
    ("SET", "not-an-int", "007"), ("SET", "empty", ""), ("SET", "compressible", "ab" * 5000),
    ("SET", "not-compressible", "".join(chr(33 + i * 7919 % 90) for i in range(60))),
    ("RPUSH", "list", "a", "1", "-1", "127", "128", "-4096", "4095", "40000", "-8388608",
     "2147483648", "9223372036854775807", "x" * 63, "y" * 64, "z" * 4095, "w" * 4096),
    ("RPUSH", "long-list", *(f"element-{i}" for i in range(5000))),
    ("RPUSH", "wide-list", *("v" * 9000 for _ in range(5))),
    ("SADD", "intset", *range(100)), ("SADD", "wide-intset", -2**40, 2**40),
    ("SADD", "set", *(f"m{i}" for i in range(300))),
    ("HSET", "hash", "f", "v", "n", 5), ("HSET", "big-hash", *(f"x{i}" for i in range(600))),
    ("ZADD", "sorted", 1.5, "a", "-inf", "b", "+inf", "c"),
    ("ZADD", "big-sorted", *(x for i in range(300) for x in (i / 7, f"m{i}"))),
    ("XADD", "stream", "1-1", "f", "v"), ("XADD", "stream", "2-1", "f", "w", "g", "x"),
    ("XGROUP", "CREATE", "stream", "group", "0"),
    ("XREADGROUP", "GROUP", "group", "me", "COUNT", "1", "STREAMS", "stream", ">"),
    ("PFADD", "hll", *range(50)),
]


class Files(unittest.TestCase):
    def digest(self, node, databases=(0, 9)):
        return [node.cli("-n", str(n), "DEBUG", "DIGEST") for n in databases]

    def copy(self, source, target):
        done = subprocess.run([COPY, source, target], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = subprocess.run(["redis-check-rdb", target], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        return done.stdout

    def round_trip(self, *flags):
        with server.Server("--enable-debug-command", "yes", *flags) as node:
            for command in VALUES:
                node.cli(*map(str, command))
            node.cli("SET", "expires", "soon", "PXAT", "4102444800123")
            node.cli("-n", "9", "RPUSH", "other", "1", "2")
            node.cli("FUNCTION", "LOAD",
                     "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
            node.cli("SAVE")
            before = self.digest(node)
            source = os.path.join(node.directory, "dump.rdb")
            with tempfile.TemporaryDirectory(prefix="holdfast.") as directory:
                target = os.path.join(directory, "copy.rdb")
                said = self.copy(source, target)
                self.assertIn("skipped a library of functions", said)
                os.replace(target, source)
            # It loads what it finds; nothing of its own is left over.
            node.cli("CONFIG", "SET", "save", "")
            self.assertEqual(node.cli("DEBUG", "RELOAD", "NOSAVE"), "OK")
            self.assertEqual(self.digest(node), before)
            self.assertEqual(node.cli("PEXPIRETIME", "expires"), "4102444800123")
            self.assertEqual(node.cli("XPENDING", "stream", "group").splitlines()[0], "1")

    def test_as_configured_by_default(self):
        self.round_trip()

    def test_uncompressed_without_checksum_and_with_long_encodings(self):
        self.round_trip("--rdbcompression", "no", "--rdbchecksum", "no",
                        "--list-max-listpack-size", "3", "--hash-max-listpack-entries", "0",
                        "--set-max-intset-entries", "0", "--zset-max-listpack-entries", "0")

    def test_a_cut_file_is_refused(self):
        with server.Server() as node:
            node.cli("SET", "k", "v")
            node.cli("SAVE")
            path = os.path.join(node.directory, "dump.rdb")
            os.truncate(path, os.path.getsize(path) - 5)
            done = subprocess.run([COPY, path, path + ".copy"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("in the middle", done.stderr)


if __name__ == "__main__":
    COPY = sys.argv.pop(1)
    server.run_tests()
