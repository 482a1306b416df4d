# SPDX-License-Identifier: MIT
"""Contestants that run at one pace: each is a process, a round goes to one after the other.

A round is a line with the seconds that it lasts at least; the answer are the seconds of one run, by
the clock and of processors.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
import time

REST = 0.02  # seconds between rounds, for threads of the one before to fall asleep


class Contestant:
    """A process that answers lines with lines."""

    def __init__(self, name, arguments):
        self.name = name
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, line):
        """None: the process has ended."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        return self.process.stdout.readline().strip() or None

    def time(self, options):
        answer = self.ask(str(options.seconds))
        if answer is None:
            sys.exit(f"{self.name}: ended with exit status {self.process.wait()}")
        return float(answer.split()[options.processors])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peer(Contestant):
    """A script beside this one, which takes one case after another."""

    def __init__(self, name, script):
        here = os.path.dirname(os.path.abspath(__file__))
        super().__init__(name, [sys.executable, os.path.join(here, script)])

    def take(self, case):
        """Why it cannot, None where it can."""
        answer = self.ask(json.dumps(case))
        if answer is None:
            sys.exit(f"{self.name}: ended with exit status {self.process.wait()}")
        answer = json.loads(answer)
        self.version = answer["version"]
        return answer.get("skipped")


def serve(version, make):
    """A peer's side: make(case) returns a function that does the work once, or raises
    NotImplementedError with the reason."""
    run = None
    for line in sys.stdin:
        if line.startswith("{"):
            answer, run = {"version": version}, None
            try:
                run = make(json.loads(line))
                run()
            except NotImplementedError as reason:
                answer["skipped"] = str(reason)
            print(json.dumps(answer), flush=True)
            continue
        least, times, spent = float(line), 0, 0
        start, work = time.perf_counter(), time.process_time()
        while times == 0 or spent < least:
            run()
            times += 1
            spent = time.perf_counter() - start
        print(spent / times, (time.process_time() - work) / times, flush=True)


def alternate(contestants, options):
    """{name: its seconds in each round}; everyone warms up first."""
    for one in contestants:
        one.time(options)
    took = {one.name: [] for one in contestants}
    for _ in range(options.rounds):
        for one in contestants:
            time.sleep(REST)
            took[one.name].append(one.time(options))
    return took


def counted(threads):
    return f"{threads} thread{'s' if threads > 1 else ''}"


class Report:
    """What alternations gave: a line each, then a CSV and a picture."""

    def __init__(self, options, title):
        self.options, self.title, self.lines = options, title, []

    def add(self, row, threads, took, versions, wanted, flops):
        """wanted: the least ratio to the fastest peer, or None; flops: of one run, or None."""
        medians = {name: statistics.median(times) for name, times in took.items()}
        pairs = {name: sorted(peer / own for peer, own in zip(times, took["heed"]))
                 for name, times in took.items()}
        best = min((name for name in pairs if name != "heed"), default=None,
                   key=lambda name: statistics.median(pairs[name]))
        for name, times in took.items():
            ratios = pairs[name]
            self.lines.append({
                "row": row, "threads": threads, "contestant": name,
                "version": versions.get(name, ""), "rounds": len(times),
                "median_seconds": f"{medians[name]:.6e}", "fastest_seconds": f"{min(times):.6e}",
                "gflops": f"{1e-9 * flops / medians[name]:.1f}" if flops else "",
                "ratio": f"{statistics.median(ratios):.3f}", "least_ratio": f"{ratios[0]:.3f}",
                "most_ratio": f"{ratios[-1]:.3f}", "best_peer": int(name == best),
                "wanted": wanted if name == best and wanted else ""})
        self.show(self.lines[-len(took):])

    def show(self, lines):
        parts = []
        for line in lines:
            rate = f", {line['gflops']} GFLOP/s" if line["gflops"] else ""
            part = f"{line['contestant']} {1e3 * float(line['median_seconds']):.3f} ms{rate}"
            if line["contestant"] != "heed":
                part += f" ({line['ratio']} x, {line['least_ratio']} to {line['most_ratio']}"
                part += f"; wanted {line['wanted']})" if line["wanted"] else ")"
            parts.append(part)
        print(f"{lines[0]['row']}, {counted(lines[0]['threads'])}: " + "; ".join(parts),
              flush=True)

    def write(self):
        if not self.lines:
            return
        if self.options.csv:
            with open(self.options.csv, "w", newline="") as file:
                table = csv.DictWriter(file, self.lines[0].keys())
                table.writeheader()
                table.writerows(self.lines)
        if self.options.png:
            peers = [line for line in self.lines if line["contestant"] != "heed"]
            rows = "".join(f"{x['row']}, {counted(x['threads'])}\t{x['contestant']}\t{x['ratio']}\t"
                           f"{x['least_ratio']}\t{x['most_ratio']}\t{x['wanted']}\n" for x in peers)
            chart = os.path.join(self.options.build, "bench", "chart")
            if not os.path.exists(chart):
                sys.exit(f"{self.options.png}: no picture, since heed was built without cairo")
            subprocess.run([chart, self.options.png, self.title], input=rows, text=True, check=True)


def add_options(parser, names):
    parser.add_argument("--rows", default=",".join(names), help="names with commas: " +
                        ", ".join(names))
    parser.add_argument("--threads", default="1,2", help="numbers with commas (default 1,2)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="a round lasts at least")
    parser.add_argument("--processors", action="store_true",
                        help="seconds of processor time: on a busy machine")
    parser.add_argument("--csv", help="write the figures there")
    parser.add_argument("--png", help="draw the ratios there")


def chosen(parser, options, rows):
    """The rows that are named, in their order; and the numbers of threads."""
    names = options.rows.split(",")
    for name in names:
        if name not in rows:
            parser.error(f"there is no row {name}; there are {', '.join(rows)}")
    return names, [int(n) for n in options.threads.split(",")]
