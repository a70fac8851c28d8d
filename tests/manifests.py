"""A small batch whose manifest somebody has changed: what must stay stays, and every recording gets its record."""

from __future__ import annotations

import json
import os
import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from phonseg.audio.find import search
from phonseg.batch.jobs import plan_jobs
from phonseg.batch.outputs import Outputs
from phonseg.batch.records.manifest import read_records
from phonseg.batch.records.record import Made, Record, record_to_line
from phonseg.batch.segment_files import SegmentTask
from phonseg.batch.task import WorkerResult
from phonseg.system.ordinary_files import sha256
from phonseg.timeline.provenance import Provenance

NAME = "phonseg-manifest.jsonl"
PROVENANCE = Provenance("1.0", "a model", "5e", {"channel": "mix", "sensitivity": 0.5})
OURS = {"a.TextGrid": b"made of a", "b.csv": b"made of b", "d.TextGrid": b"being made of d", "f.TextGrid": b"f"}
BY_HAND = {"b.TextGrid": b"corrected", "notes.txt": b"notes", "e.TextGrid": b"by hand"}
HOSTILE: list[Any] = [
    *(None, True, [], {}, "", 0, -1, 1.5, 10**4_000, 2**64, float("nan"), float("inf"), -1e400, "x" * 10_000, "\0"),
    *(
        "..",
        "../outside.TextGrid",
        "/dev/zero",
        "/etc/passwd",
        "pipe",
        "folder",
        "zero",
        "a\0b",
        "\ud800",
        "\udcff",
        ".",
    ),
    *(
        "a/../../outside",
        "b.TextGrid",
        "e.TextGrid",
        "notes.txt",
        NAME,
        "writing",
        "done",
        "CON",
        "//x/y",
        "~",
        "\x1b[2J\n",
    ),
    *([[[[]]]], {"a": {"a": {"a": []}}}, ["b.TextGrid"], sha256(b"made of a"), sha256(b"by foot"), 1e308, 1e-320),
]
LINES = [
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"files": {}, "status": ' + b"9" * 5_000 + b"}",
    b"\xff\xfe\0\0",
    b"x" * 2_000_000,
    b"",
    b"\r\r\r",
    b"null",
    b'""',
    b"1e999",
]


def whole(folder: Path) -> bytes:
    """The manifest as phonseg wrote it, before the person corrected `b`."""
    made = {
        name: Made(sha256(data), 3, 1.5, "", 5, 1e9, PROVENANCE)
        for name, data in {**OURS, "b.TextGrid": b"as it was"}.items()
    }
    turns = {"boundaries": None, "turns": 4, "speakers": 2, "tiers": ("speaker 1", "speaker 2")}
    made["f.TextGrid"] = replace(made["f.TextGrid"], **turns, others=(made["f.TextGrid"],), changed=("diarize",))  # type: ignore[arg-type]
    records = [
        Record(Path("in", f"{name}.wav"), folder / name, status, "", 0.1, {folder / file: made[file] for file in files})
        for name, status, files in (
            ("a", "done", ["a.TextGrid"]),
            ("b", "warned", ["b.TextGrid", "b.csv"]),
            ("c", "failed", []),
            ("d", "writing", ["d.TextGrid"]),
            ("f", "done", ["f.TextGrid"]),
        )
    ]
    return b"".join(record_to_line(record, folder) for record in records)


def changed(content: bytes, chance: random.Random) -> bytes:
    """A manifest in which values have been replaced, or lines added, of which at least one is hostile."""
    lines = content.splitlines()
    for _ in range(chance.randint(1, 4)):
        number = chance.randrange(len(lines))
        if chance.random() < 0.15:
            lines[number:number] = [chance.choice(LINES)] * chance.choice([1, 1, 3])
            continue
        try:
            values = json.loads(lines[number])
            place, key = chance.choice(list(_places(values)))
        except (ValueError, IndexError, RecursionError):
            continue
        if chance.random() < 0.2 and isinstance(place, dict):
            place[str(chance.choice(HOSTILE))] = place.pop(key)
        else:
            place[key] = chance.choice(HOSTILE)
        lines[number] = json.dumps(values).encode()
    return b"\n".join(lines)


def _places(value: Any) -> Any:
    """Every place in a value whose content can be replaced."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []:
        yield value, key
        yield from _places(value[key])


def use(content: bytes, folder: Path) -> None:
    """Runs a batch in a folder with this manifest. Raises AssertionError if it does what it must not do."""
    batch = folder / "batch"
    if not batch.exists():
        (batch / "folder").mkdir(parents=True)
        os.mkfifo(batch / "pipe")
        (batch / "zero").symlink_to("/dev/zero")
        (folder / "in").mkdir()
        for name in "abcdef":
            (folder / "in" / f"{name}.wav").write_bytes(b"sound")
    for name, data in {**OURS, **BY_HAND, "../outside.TextGrid": b"outside"}.items():
        (batch / name).write_bytes(data)
    (batch / "c.TextGrid").unlink(missing_ok=True)
    (batch / NAME).write_bytes(content)
    jobs = plan_jobs(search(folder / "in"), batch, suffixes=(".TextGrid", ".csv"))
    with closing(Outputs(jobs, shard=None, overwrite=False, task=SegmentTask())) as outputs:
        for job in jobs:
            if not outputs.settles(job, PROVENANCE):
                files = {suffix: f"new {job.place}{suffix}".encode() for suffix in job.files}
                outputs.place(job, WorkerResult(files, 1.5, PROVENANCE, 3, elapsed=0.1))
    assert {name: (batch / name).read_bytes() for name in BY_HAND} == BY_HAND
    assert (folder / "outside.TextGrid").read_bytes() == b"outside"
    assert (batch / "c.TextGrid").read_bytes() == b"new c.wav.TextGrid"
    recordings = {job.recording for job in jobs}
    records = [record for record in read_records(batch) if record.recording in recordings]
    assert sorted(record.recording for record in records) == sorted(recordings)
    assert {record.recording: record for record in records} == {job.recording: outputs.record(job) for job in jobs}
