from __future__ import annotations

import re
from pathlib import Path

import pytest

from phonseg.batch.jobs import Job
from phonseg.batch.progress import Progress
from phonseg.batch.records.record import Made, Record
from phonseg.timeline.provenance import Provenance


def a_job(name: str, size: int) -> Job:
    return Job(Path(name), Path(name), {".TextGrid": Path(f"{name}.TextGrid")}, Path(), name, size, 0.0)


def test_files_hours_speed_and_how_far(capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [a_job("a", 300), a_job("b", 100), a_job("c", 600)]
    progress = Progress(jobs, "segmenting", shown=True)
    made = Made("", 1, 1800.0, "", 0, 0.0, Provenance("", "", ""))
    for job, status in zip(jobs[:2], ("done", "failed"), strict=True):
        progress.advance(job, Record(job.recording, job.target, status, files={job.target: made}))  # type: ignore[arg-type]
    progress.close()
    last = capsys.readouterr().err.strip().split("\r")[-1]
    assert re.search(r"^segmenting +40 %\|.*left, 2/3 files, 0\.50 h of audio, \d+ x real time\]$", last)


@pytest.mark.parametrize(("n", "shown"), [(0, True), (3, False)])
def test_nothing_to_show(capsys: pytest.CaptureFixture[str], n: int, shown: bool) -> None:
    progress = Progress([a_job("a", 1)] * n, "segmenting", shown=shown)
    for _ in range(n):
        progress.advance(a_job("a", 1), Record(Path("a"), Path("b"), "failed"))
    progress.close()
    assert capsys.readouterr().err == ""
