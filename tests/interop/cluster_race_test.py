"""Two nodes built with ThreadSanitizer, under load, with switchovers, kills and full syncs.

Run as `cluster_race_test.py KVNODE [--rounds N]`; a round takes about five seconds.
"""

import os
import unittest

import cluster_load
import cluster_support
from cluster_load import Load
from cluster_support import Cluster, switch_over

REPORT = "WARNING: ThreadSanitizer"


class Races(unittest.TestCase):
    def setUp(self):
        os.environ.setdefault("TSAN_OPTIONS", "second_deadlock_stack=1")
        # Slower code gets more time before it counts as silent.
        self.cluster = self.enterContext(Cluster(
            size=2, flags=("--heartbeat-interval", "200", "--suspect-after", "1000",
                           "--lease", "3000")))

    def tearDown(self):
        reports = [f"{node.name}:\n{node.log()}" for node in self.cluster.nodes
                   if REPORT in node.log()]
        self.assertEqual(reports, [], "\n".join(report[:20_000] for report in reports))

    def test_no_data_race(self):
        for number in range(cluster_support.ROUNDS):
            with Load(self.cluster.nodes, f"race{number}", clients=8, pipeline=32,
                      think_seconds=0) as load:
                first, second = self.cluster.nodes
                for source, target in ((first, second), (second, first)):
                    load.wait_for_writes(1000, timeout=60)
                    self.assertEqual(switch_over(source, target), "OK")
                load.wait_for_writes(1000, timeout=60)
                # The one that is not the only voter is lost and filled again beside the writes.
                second.kill()
                load.wait_for_writes(500, timeout=60)
                second.start()
                self.cluster.wait_in_sync(2)
                load.wait_for_writes(500, timeout=60)
            load.verify(self.cluster.wait_primary())
            self.assertEqual(cluster_load.tally(load)[1:], (0, 0, 0))
        for node in self.cluster.nodes:
            self.assertEqual(node.terminate(), 0)


if __name__ == "__main__":
    cluster_support.run_tests()
