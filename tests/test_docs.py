"""The pages in docs/: their commands and code run, one after the other, on a conversation of two computer voices."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

import phonseg.batch.run_batch
from phonseg.cli.main import main

HOUSE = Path(__file__).parent.parent
DEMO = HOUSE / "data" / "demo"
RATE = 16_000
# Voice, and the first and the last second of a part of its sentence.
PARTS = [("english.wav", 0.2, 1.7), ("czech.flac", 0.1, 3.6), ("english.wav", 0.2, 4.5), ("czech.flac", 1.7, 3.6)] * 2


def blocks(page: str, language: str) -> list[str]:
    text = (HOUSE / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def interview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with an interview of 29 s."""
    sound = [np.zeros(RATE // 2)]
    for name, start, end in PARTS:
        samples, rate = soundfile.read(DEMO / name)
        voice = soxr.resample(samples, rate, RATE)[round(start * RATE) : round(end * RATE)]
        sound += [0.1 * voice / voice.std(), np.zeros(RATE // 2)]
    samples = np.concatenate(sound)
    soundfile.write(tmp_path / "interview.wav", samples + np.random.default_rng(0).normal(0, 1e-3, len(samples)), RATE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)  # processes would load everything
    return tmp_path


def test_who_speaks_when_runs_from_the_recording_to_the_table(interview: Path) -> None:
    page = "who_speaks_when.md"
    for line in "".join(blocks(page, "sh")).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "phonseg"
        assert main(arguments) == 0, line
        if not Path("corrected").exists():  # what a person does in Praat
            Path("corrected").mkdir()
            shutil.copy("interview.TextGrid", "corrected")
    assert Path("turns.png").read_bytes().startswith(b"\x89PNG")
    assert len(list(Path("tables").iterdir())) == 2
    Path("code.py").write_text("".join(blocks(page, "python")), encoding="utf-8")
    names = runpy.run_path("code.py")
    assert len(names["corrected"].speakers) == len(names["few"].speakers) == 2
    assert len(phonseg.read_turns("turns.csv")) == len(phonseg.read_turns("turns.rttm")) == len(names["corrected"])
    assert Path("compared.png").read_bytes().startswith(b"\x89PNG")
    if shutil.which("Rscript"):
        (lines,) = blocks(page, "r")
        done = subprocess.run(["Rscript", "-"], input=lines, capture_output=True, encoding="utf-8", check=True)
        assert "speaker 1" in done.stdout


def test_faster_and_slower_runs_from_the_recording_to_the_duration_tier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)
    page = "faster_and_slower.md"
    shutil.copy(DEMO / "english.wav", "interview.wav")
    shutil.copy(DEMO / "english.TextGrid", "corrected.TextGrid")
    shutil.copytree(DEMO, "recordings")
    for line in "".join(blocks(page, "sh")).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "phonseg"
        assert main(arguments) == 0, line
    Path("code.py").write_text("".join(blocks(page, "python")), encoding="utf-8")
    names = runpy.run_path("code.py")
    assert len(names["samples"]) == round(soundfile.info("interview.wav").frames / 0.8)
    again, corrected = (phonseg.read_textgrid(f"{name}.TextGrid") for name in ("again", "corrected"))
    np.testing.assert_allclose(again.boundaries, corrected.boundaries, rtol=0, atol=1e-9)
    assert again.labels == corrected.labels
    assert names["same"](1.5) == pytest.approx(names["time_map"](1.5), abs=1e-6)
    assert len(list(Path("fast").glob("*.wav"))) == 3
    assert {path.name for path in Path("slow").iterdir()} == {"english.wav", "english.TextGrid"}
    own, slow = (phonseg.read_textgrid(f"{name}.TextGrid", tier="phones") for name in ("own", "slow/english"))
    assert own.labels == slow.labels == corrected.labels
    np.testing.assert_array_equal(own.boundaries, slow.boundaries)
    assert Path("slow.png").read_bytes().startswith(b"\x89PNG")


def test_links_lead_to_files() -> None:
    for page in (HOUSE / "docs").glob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"
