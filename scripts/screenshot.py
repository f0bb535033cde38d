#!/usr/bin/env python3
"""The picture of two panes in README, from two panes.

    scripts/screenshot.py           writes docs/two-panes.svg
    scripts/screenshot.py --check   fails if it says anything else than they do now

tmux draws reader and writer of target/release, types into both, kills the reader, starts
it again, and is asked what is on its screen. Process ids and the like may differ.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "two-panes.svg"
PROGRAMS = Path(os.environ.get("HANDOFF_BIN_DIR", ROOT / "target" / "release"))
COLUMNS, LINES = 84, 12
# What a condition may take, on whatever machine. Nothing is timed.
PATIENCE = 60

ADVANCE, LEADING, MARGIN, GAP, TITLE = 7.3, 18, 12, 12, 24
STYLE = """
text { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; fill: #24292f; white-space: pre }
.title { fill: #57606a } .pane { fill: #f6f8fa; stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .title { fill: #9198a1 } .pane { fill: #161b22; stroke: #3d444d }
}"""


def skip(why):
    print(f"SKIP picture of two panes: {why}")
    if log := os.environ.get("HANDOFF_SKIP_LOG"):
        with open(log, "a", encoding="utf-8") as skips:
            print(f"SKIP picture of two panes: {why}", file=skips)
    sys.exit()


class Panes:
    """A tmux server of one's own, with two windows that look like fresh terminals.

    In an IPC namespace of its own: the usual key is nobody else's there, and whatever
    happens, nothing is left behind.
    """

    def __init__(self, directory):
        self.socket = Path(directory) / "tmux"
        profile = Path(directory) / "profile"
        # Programs by their names, and a prompt that says nothing of this machine.
        profile.write_text(f"PATH={PROGRAMS}:$PATH\nPS1='$ '\nunset RUST_LOG\n")
        apart = ["unshare", "--ipc"] + (["--user", "--map-root-user"] if os.geteuid() else [])
        if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
            skip("no IPC namespace of its own is to be had")
        server = [*apart, *self.tmux(), "start-server", ";", "set-option", "-g", "exit-empty", "off"]
        subprocess.run(server, check=True)
        shell = ["env", "-u", "TMUX", "bash", "--noprofile", "--rcfile", str(profile), "-i"]
        for pane in ("reader", "writer"):
            self.ask("new-session", "-d", "-s", pane, "-x", str(COLUMNS), "-y", str(LINES), *shell)

    def tmux(self):
        return ["tmux", "-S", str(self.socket), "-f", "/dev/null"]

    def ask(self, *words):
        return subprocess.run([*self.tmux(), *words], check=True, capture_output=True, text=True).stdout

    def screen(self, pane):
        return [line.rstrip() for line in self.ask("capture-pane", "-p", "-t", pane).splitlines()]

    def wait(self, pane, text, times=1):
        """Until the pane shows the text so many times."""
        end = time.monotonic() + PATIENCE
        while "\n".join(self.screen(pane)).count(text) < times:
            if time.monotonic() > end:
                sys.exit(f"{pane} never shows {text!r}:\n" + "\n".join(self.screen(pane)))
            time.sleep(0.02)

    def type(self, pane, line):
        self.ask("send-keys", "-t", pane, "-l", line)
        self.ask("send-keys", "-t", pane, "Enter")

    def close(self):
        subprocess.run([*self.tmux(), "kill-server"], check=False, capture_output=True)


def play(panes):
    """What a newcomer would do in the first minute."""
    panes.wait("reader", "$")
    panes.wait("writer", "$")
    panes.type("reader", "reader")
    panes.wait("reader", "waiting for a writer")
    panes.type("writer", "writer")
    panes.wait("writer", "Enter some text:")
    panes.wait("reader", "the writer is process")
    panes.type("writer", "hello")
    panes.wait("reader", "You wrote: hello")
    panes.wait("writer", "Enter some text:", 2)
    pid = next(re.search(r"the reader is process (\d+)", line) for line in panes.screen("writer") if "is process" in line)
    os.kill(int(pid[1]), signal.SIGKILL)
    panes.wait("reader", "$", 2)
    panes.type("writer", "nobody is there to read this")
    panes.wait("writer", "Enter some text:", 3)
    panes.type("reader", "reader")
    panes.wait("reader", "You wrote: nobody")
    panes.wait("reader", "the writer is process", 2)
    panes.type("writer", "end")
    panes.wait("reader", "$", 3)
    panes.wait("writer", "$", 2)


def svg(screens):
    width, y = COLUMNS * ADVANCE + 2 * MARGIN, 0
    parts = []
    for pane, lines in screens.items():
        height = len(lines) * LEADING + TITLE + MARGIN
        parts.append(f'<rect class="pane" x="0.5" y="{y + 0.5}" width="{width - 1:.0f}" height="{height - 1}" rx="8"/>')
        parts.append(f'<text class="title" x="{MARGIN}" y="{y + 17}">{pane}</text>')
        for row, line in enumerate(lines, 1):
            parts.append(f'<text x="{MARGIN}" y="{y + TITLE + row * LEADING - 4}">{escape(line)}</text>')
        y += height + GAP
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {y - GAP}" role="img" aria-labelledby="what">',
        '<title id="what">Two terminals. The reader prints what is typed at the writer, is killed, '
        "and the next one goes on where it stopped.</title>",
        f"<style>{STYLE}\n</style>",
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def without_numbers(picture):
    """Process ids are as long as they are."""
    return re.sub(r"process \d+", "process N", picture)


def main():
    with tempfile.TemporaryDirectory() as directory:
        panes = Panes(directory)
        try:
            play(panes)
            picture = svg({pane: [line for line in panes.screen(pane) if line] for pane in ("reader", "writer")})
        finally:
            panes.close()
    if sys.argv[1:] != ["--check"]:
        PICTURE.write_text(picture)
    elif without_numbers(picture) != without_numbers(PICTURE.read_text()):
        sys.exit(f"{PICTURE.relative_to(ROOT)} is not what the programs show:\n{picture}")


main()
