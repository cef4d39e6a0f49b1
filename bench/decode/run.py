#!/usr/bin/env python3
"""CPU seconds of kairos-decode beside the ffmpeg command line, same work, one thread each, as a Markdown table.

Usage: run.py DECODE_BENCH_BINARY FILE...   (called by run.sh)
Every figure is the median of RUNS alternating runs of user plus system time of the child process.
"""

import os
import resource
import statistics
import subprocess
import sys

RUNS = int(os.environ.get("RUNS", "5"))
SCALE = "scale=224:224:flags=bilinear,format=rgb24"
RAW = ["-f", "rawvideo", "-y", "/dev/null"]
MODES = {
    "every picture, 224x224 RGB": ("full", [], ["-an", "-vf", SCALE, "-vsync", "passthrough", *RAW]),
    "1 picture/s": ("sampled", [], ["-an", "-vf", f"fps=1,{SCALE}", *RAW]),
    "keyframes only": (
        "keyframes",
        ["-skip_frame", "nokey"],
        ["-an", "-vf", SCALE, "-vsync", "passthrough", *RAW],
    ),
    "sound, 16 kHz mono": ("sound", [], ["-vn", "-ac", "1", "-ar", "16000", "-f", "f32le", "-y", "/dev/null"]),
}


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout.strip()


def main():
    binary, files = sys.argv[1], sys.argv[2:]
    print("| input | work | came out | ours, CPU s | ffmpeg, CPU s | ours / ffmpeg |")
    print("|---|---|---|---:|---:|---:|")
    for file in files:
        for work, (mode, before, after) in MODES.items():
            theirs = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", *before, "-i", file]
            theirs += ["-filter_threads", "1", *after]
            ours_cpu, theirs_cpu = [], []
            for _ in range(RUNS):
                seconds, out = cpu_seconds([binary, file, mode])
                ours_cpu.append(seconds)
                theirs_cpu.append(cpu_seconds(theirs)[0])
            ours, other = statistics.median(ours_cpu), statistics.median(theirs_cpu)
            out = out.splitlines()[0]
            print(f"| {os.path.basename(file)} | {work} | {out} | {ours:.3f} | {other:.3f} | {ours / other:.2f} |")


if __name__ == "__main__":
    main()
