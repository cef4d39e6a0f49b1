"""How long after a unit of a live room has ended its provisional row can be seen, and what the jobs cost."""

import os
import pathlib
import statistics
import sys
import time
import urllib.request

TICK = 0.1  # seconds between two looks: the resolution of what is measured


def ask(url, sql):
    request = urllib.request.Request(f"{url}/?database=kairos&default_format=TSV", sql.encode())
    request.add_header("X-ClickHouse-User", "default")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return [line.split("\t") for line in answer.read().decode().splitlines()]


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(url, seconds, jobs):
    seen, late, begun = set(), [], time.time()
    resident, early = [], 600
    costs = {job: processor_seconds(pid) for job, pid in jobs.items()}
    while time.time() - begun < seconds + 5:
        rows = ask(
            url,
            # Of any revision: earlier ones go when parts are merged.
            "SELECT DISTINCT stream, room, media_us, toUnixTimestamp64Micro(captured_at) + unit_us FROM kairos.frame_scores_rows"
            f" WHERE captured_at > fromUnixTimestamp64Micro({int((time.time() - 120) * 1e6)})",
        )
        now = time.time()
        for stream, room, media, ended in rows:
            if (stream, room, media) not in seen:
                seen.add((stream, room, media))
                late.append((now - int(ended) / 1e6, f"{room} {stream} at {int(media) / 1e6:.0f} s"))
        if not resident or now - resident[-1][0] >= 10:
            resident.append((now, {job: resident_mib(pid) for job, pid in jobs.items()}))
        time.sleep(TICK if seconds <= early else 1.0)
    took = time.time() - begun
    late.sort()
    rooms = len({room for _, room, _ in seen})
    print(f"units seen {len(late)} of {rooms} rooms")
    if late:
        after = [seconds for seconds, _ in late]
        last = after[min(len(late) - 1, int(len(late) * 0.99))]
        print(f"row after its unit's end: median {statistics.median(after):.2f} s, 99th percentile {last:.2f} s, most {after[-1]:.2f} s")
        for seconds, place in late[: -1 - int(os.environ.get("LATEST", "0")) : -1]:
            print(f"  {seconds:.2f} s: {place}")
    for job, pid in jobs.items():
        used = processor_seconds(pid) - costs[job]
        print(f"kairos {job}: {used / took:.2f} cores, {resident_mib(pid):.0f} MiB resident")
    settled = [sizes for at, sizes in resident if at - begun >= early]
    for job in jobs if len(settled) > 1 else ():
        sizes = [row[job] for row in settled]
        half = len(sizes) // 2
        first, second = statistics.median(sizes[:half]), statistics.median(sizes[half:])
        print(
            f"kairos {job}: {min(sizes):.0f} to {max(sizes):.0f} MiB resident after the first ten minutes;"
            f" median of the first half of that {first:.0f}, of the second {second:.0f}"
        )


# Jobs as NAME=PID.
main(sys.argv[1], float(sys.argv[2]), {name: int(pid) for name, pid in (job.split("=") for job in sys.argv[3:])})
