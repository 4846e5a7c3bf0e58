"""Tables as text or Markdown."""

import dataclasses
import sys


@dataclasses.dataclass
class Table:
    title: str
    header: list
    rows: list
    note: str = ""

    def markdown(self):
        lines = [f"### {self.title}", "", "| " + " | ".join(self.header) + " |",
                 "|" + " --- |" * len(self.header)]
        lines += ["| " + " | ".join(map(str, row)) + " |" for row in self.rows]
        return "\n".join([*lines, "", self.note, ""])

    def text(self):
        cells = [self.header, *([str(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells]
        return "\n".join([self.title, *lines, self.note, ""])


def progress(what, figures):
    """Tells on stderr how far the run is; stdout is for the result."""
    print(f"bench: {what}: {figures}", file=sys.stderr, flush=True)
