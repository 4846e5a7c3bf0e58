"""A failing seed as a page: it needs nothing else, and a browser draws it.

Run as `story_page_test.py KVSIM`. The drawing is skipped (77) where Chromium is not installed.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

KVSIM = sys.argv[1]
CHROMIUM = shutil.which("chromium")
SKIPPED = 77
# Seen within a second of simulated time.
RED = ("--seed", "1", "--bug", "acknowledge-before-replicating")


class Page(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="holdfast."))
        self.path = os.path.join(self.directory, "out.html")
        run = subprocess.run([KVSIM, *RED, "--trace", self.path], check=False, text=True,
                             capture_output=True)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.told = run.stdout
        with open(self.path, encoding="utf-8") as file:
            self.text = file.read()

    def test_it_is_one_file_that_asks_for_no_other(self):
        for reference in ("http:", "https:", "src=", "href=", "url(", "import ", "fetch("):
            self.assertNotIn(reference, self.text)
        violation = self.told.splitlines()[1]
        self.assertIn(violation.split(":")[0], self.text)
        for kind in ("heartbeat", "records", "register"):
            self.assertIn(f'"{kind}"', self.text)

    def chromium(self, *arguments, page=""):
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={self.directory}/profile", "--window-size=1400,900",
             "--virtual-time-budget=3000", *arguments, f"file://{self.path}{page}"],
            capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @unittest.skipUnless(CHROMIUM, "needs Debian's chromium")
    def test_a_browser_draws_it(self):
        drawn = self.chromium("--dump-dom")
        self.assertGreater(int(re.search(r'data-drawn="(\d+)"', drawn)[1]), 10)
        self.assertEqual(int(re.search(r'data-listed="(\d+)"', drawn)[1]),
                         len(re.findall(r'<div class="[a-z]*">', drawn)))
        self.assertIn("leads epoch 1", html.unescape(drawn))
        # Zoomed in, it has fewer messages to draw.
        zoomed = self.chromium("--dump-dom", page="#0.1-0.15")
        self.assertLess(int(re.search(r'data-drawn="(\d+)"', zoomed)[1]),
                        int(re.search(r'data-drawn="(\d+)"', drawn)[1]))
        picture = os.path.join(self.directory, "picture.png")
        self.chromium(f"--screenshot={picture}")
        self.assertGreater(os.path.getsize(picture), 10_000)


if __name__ == "__main__":
    run = unittest.main(argv=[sys.argv[0], "-v"], exit=False).result
    sys.exit(1 if not run.wasSuccessful() else SKIPPED if run.skipped else 0)
