"""Many recordings -> files of the same speech, faster or slower; large files go from disk to disk."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from batches import AtOnce, record
from conftest import RATE, mel_segmenter, speech_like

import phonseg
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.batch.records.manifest import read_records
from phonseg.batch.records.record import Record
from phonseg.errors import AudioError, ConfigurationError
from phonseg.system.ordinary_files import sha256
from phonseg.tempo.tempo_plan import TempoPlan
from phonseg.timeline.time_map import TimeMap

MODEL = replace(mel_segmenter(), digest="5e")
ALL = ("wav", "flac", "textgrid", "durationtier")
change: Callable[..., list[Record]] = partial(
    phonseg.change_tempo_files, model=MODEL, executor=AtOnce(), progress=False
)


@pytest.fixture
def x(tmp_path: Path) -> Path:
    return record(tmp_path / "in" / "x.wav")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_same_as_one_by_one(tmp_path: Path) -> None:
    record(tmp_path / "in" / "ä.wav")
    record(tmp_path / "in" / "deep" / "ä.flac", 1)
    records = change(tmp_path / "in", tmp_path / "out", 0.8, formats=ALL)
    assert [one.status for one in records] == ["done", "done"]
    stems = ("deep/ä", "ä")
    suffixes = (".DurationTier", ".TextGrid", ".flac", ".wav")
    made = sorted([f"{stem}{suffix}" for stem in stems for suffix in suffixes] + ["phonseg-manifest.jsonl"])
    assert names(tmp_path / "out") == made
    for one in records:
        alone = phonseg.change_tempo(one.recording, 0.8, model=MODEL)
        for suffix in (".wav", ".flac"):
            alone.save(tmp_path / f"alone{suffix}")
            assert (tmp_path / f"alone{suffix}").read_bytes() == Path(f"{one.target}{suffix}").read_bytes()
        assert np.array_equal(read_textgrid(one.textgrid).boundaries, alone.segmentation.boundaries)
        tier = TimeMap.from_duration_tier(Path(f"{one.target}.DurationTier"))
        np.testing.assert_allclose(tier(alone.time_map.old), alone.time_map.new, rtol=0, atol=1e-6)
        assert one.boundaries == len(alone.segmentation.boundaries)
        assert one.seconds == soundfile.info(one.recording).duration
        assert [(of.command, of.factor, of.provenance) for of in one.files.values()] == [
            ("tempo", 0.8, alone.provenance)
        ] * 4
    assert read_records(tmp_path / "out") == records
    assert [one.status for one in change(tmp_path / "in", tmp_path / "out", 0.8, formats=ALL)] == ["skipped"] * 2
    assert [one.status for one in change(tmp_path / "in", tmp_path / "out", 0.9, formats=ALL)] == ["done"] * 2
    assert names(tmp_path / "out") == made


def test_workers_in_other_processes_write_the_same(x: Path, tmp_path: Path) -> None:
    with ProcessPoolExecutor(1) as executor:
        (one,) = phonseg.change_tempo_files(x, tmp_path / "out", 1.3, executor=executor, progress=False)
    assert one.status == "done"
    phonseg.change_tempo(x, 1.3).save(tmp_path / "alone.wav")
    assert (tmp_path / "out" / "x.wav").read_bytes() == (tmp_path / "alone.wav").read_bytes()
    assert names(tmp_path / "out") == ["phonseg-manifest.jsonl", "x.wav"]


def test_what_a_person_has_changed_is_left_alone(x: Path, tmp_path: Path) -> None:
    (one,) = change(x, tmp_path / "out", 0.8)
    made = tmp_path / "out" / "x.wav"
    soundfile.write(made, np.zeros(RATE), RATE)
    silent = made.read_bytes()
    (one,) = change(x, tmp_path / "out", 0.8)
    assert (one.status, made.read_bytes()) == ("skipped", silent)
    assert (
        "was changed after phonseg wrote it, so it is left alone. It is replaced only with --overwrite." in one.message
    )
    (one,) = change(x, tmp_path / "out", 0.8, overwrite=True)
    assert (one.status, soundfile.info(made).frames) == ("done", round(soundfile.info(x).frames / 0.8))


@pytest.mark.parametrize("corrected", [".TextGrid", ".wav"])
def test_files_of_one_recording_stay_together(x: Path, tmp_path: Path, corrected: str) -> None:
    how = {"formats": ("wav", "textgrid")}
    change(x, tmp_path / "out", 0.8, **how)
    with open(tmp_path / "out" / f"x{corrected}", "ab") as file:
        file.write(b" \n")
    files = [tmp_path / "out" / f"x{suffix}" for suffix in (".wav", ".TextGrid")]
    before = [path.read_bytes() for path in files]
    for factor in (0.7, 0.8):  # also what would be the same is not made without the other
        (one,) = change(x, tmp_path / "out", factor, **how)
        assert (one.status, [path.read_bytes() for path in files]) == ("skipped", before)
        assert f"x{corrected}: was changed after phonseg wrote it, so it is left alone." in one.message
        other = files[corrected == ".wav"].name
        assert (f"{other}: belongs to it, so it is not written either." in one.message) == (factor == 0.7)
    files[corrected == ".wav"].unlink()
    (one,) = change(x, tmp_path / "out", 0.8, **how)  # in the same time as before
    assert (one.status, [path.read_bytes() for path in files]) == ("warned", before)
    (one,) = change(x, tmp_path / "out", 0.7, overwrite=True, **how)
    assert one.status == "done"
    assert soundfile.info(files[0]).frames == round(soundfile.info(x).frames / 0.7)
    assert read_textgrid(files[1]).duration == pytest.approx(soundfile.info(files[0]).duration)


def test_a_file_of_another_tempo_does_not_stay_beside_new_ones(x: Path, tmp_path: Path) -> None:
    change(x, tmp_path / "out", 0.8, formats=("wav", "textgrid"))
    (one,) = change(x, tmp_path / "out", 0.8, formats=("flac",))
    assert one.status == "done"
    files = [tmp_path / "out" / f"x{suffix}" for suffix in (".wav", ".TextGrid", ".flac")]
    before = [path.read_bytes() for path in files]
    (one,) = change(x, tmp_path / "out", 0.7, formats=("wav", "flac"))
    assert (one.status, [path.read_bytes() for path in files]) == ("skipped", before)
    assert "x.TextGrid: was made with other settings" in one.message
    (one,) = change(x, tmp_path / "out", 0.7, formats=("wav", "flac"), overwrite=True)
    assert (one.status, "x.TextGrid: was made with other settings" in one.message) == ("warned", True)
    (one,) = change(x, tmp_path / "out", 0.7, formats=("wav", "flac", "textgrid"))
    assert one.status == "done"


def test_a_recording_is_never_replaced(x: Path, tmp_path: Path) -> None:
    before = x.read_bytes()
    for overwrite in (False, True):
        (one,) = change(x, x.parent, 0.8, overwrite=overwrite)
        assert one.status == "failed"
        assert "x.wav, which is a recording and stays as it is. Choose another output folder." in one.message
    record(tmp_path / "in" / "x.flac")
    records = change([x, x.with_suffix(".flac")], x.parent, 0.8, overwrite=True)
    assert [one.status for one in records] == ["failed", "failed"]
    (tmp_path / "link").symlink_to(x.parent, target_is_directory=True)
    (one,) = change(x, tmp_path / "link", 0.8, overwrite=True)
    assert one.status == "failed"
    assert x.read_bytes() == before


def test_sounds_are_not_written_among_the_recordings_of_a_folder(x: Path, tmp_path: Path) -> None:
    x.rename(x.with_suffix(".flac"))
    (tmp_path / "link").symlink_to(x.parent, target_is_directory=True)
    for output in (x.parent, x.parent / ".." / "in", tmp_path / "link", tmp_path):
        for formats in (("wav",), ("textgrid", "flac")):
            with pytest.raises(ConfigurationError, match=r"(is an|holds the) input folder.*Choose another output f"):
                change(x.parent, output, 0.8, formats=formats)
    assert names(tmp_path) == ["in/x.flac"]


def test_what_lies_in_the_output_folder_is_no_input(x: Path, tmp_path: Path) -> None:
    out = x.parent / "slow"
    for statuses in (["done"], ["skipped"]):
        assert [one.status for one in change(x.parent, out, 0.8)] == statuses
    assert names(out) == ["phonseg-manifest.jsonl", "x.wav"]
    x.unlink()
    with pytest.raises(AudioError, match="in: holds no recordings"):
        change(x.parent, out, 0.8)


def test_recordings_that_cannot_be_changed_fail_alone(x: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "page.wav").write_text("<html>")
    soundfile.write(tmp_path / "in" / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "in" / "wide.wav", np.tile(speech_like(3)[0][:, None], (1, 9)), RATE)
    page, silent, wide, done = change(tmp_path / "in", tmp_path / "out", 0.8, formats=("flac",))
    assert [one.status for one in (page, silent, wide, done)] == ["failed", "warned", "failed", "done"]
    assert "HTML" in page.message
    assert "is digital silence" in silent.message
    assert "has 9 channels at 16000 Hz, and FLAC has at most 8 channels" in wide.message
    assert names(tmp_path / "out") == ["phonseg-manifest.jsonl", "silent.flac", "x.flac"]


class Stopped(BaseException):
    """As Ctrl-C."""


@pytest.mark.parametrize("error", [Stopped, OSError("no more room"), AudioError("was changed")])
def test_a_stopped_run_leaves_no_part_of_a_file(
    x: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    record(tmp_path / "in" / "a.wav", 1)
    real = TempoPlan.write_to

    def stopping(self: TempoPlan, file: Any, suffix: str) -> None:
        if self.recording.name.endswith("x.wav"):
            file.write(b"RIFF")
            raise error
        real(self, file, suffix)

    with monkeypatch.context() as patch:
        patch.setattr(TempoPlan, "write_to", stopping)
        if error is Stopped:
            with pytest.raises(Stopped):
                change(tmp_path / "in", tmp_path / "out", 0.8)
        else:
            _, one = change(tmp_path / "in", tmp_path / "out", 0.8)
            assert one.status == "failed"
    assert not [name for name in names(tmp_path / "out") if name not in ("a.wav", "phonseg-manifest.jsonl")]
    records = change(tmp_path / "in", tmp_path / "out", 0.8)
    assert [one.status for one in records][1] == "done"
    assert names(tmp_path / "out") == ["a.wav", "phonseg-manifest.jsonl", "x.wav"]


def test_files_of_other_commands_are_left_alone(x: Path, tmp_path: Path) -> None:
    phonseg.segment_files(x, tmp_path / "out", model=MODEL, executor=AtOnce(), progress=False)
    (one,) = change(x, tmp_path / "out", 0.8, formats=("wav", "textgrid"))
    assert "holds the boundaries that phonseg segment found, so it is left alone. Choose another folder." in one.message
    assert "x.wav: belongs to it, so it is not written either." in one.message
    assert names(tmp_path / "out") == ["phonseg-manifest.jsonl", "x.TextGrid"]
    change(x, tmp_path / "new", 0.8, formats=("textgrid",))
    (one,) = phonseg.segment_files(x, tmp_path / "new", model=MODEL, executor=AtOnce(), progress=False)
    told = "holds the faster or slower speech that phonseg tempo made, so it is left alone. Choose another folder."
    assert one.message.endswith(told)


def test_options_are_checked_at_once(x: Path, tmp_path: Path) -> None:
    for formats, message in (
        ((), "no format was given"),
        (("mp3", "wav"), "there is no format mp3. Give one or more of"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            change(x, tmp_path / "out", 0.8, formats=formats)
    with pytest.raises(ConfigurationError, match="factor is 3"):
        change(x, tmp_path / "out", 3)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_may_be_stopped_and_killed_and_the_next_does_the_rest(tmp_path: Path) -> None:
    for i in range(12):
        soundfile.write(record(tmp_path / "in" / f"{i}.wav"), np.tile(speech_like(20, i)[0], 8), RATE)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "phonseg", "tempo", tmp_path / "in", "--factor", "0.8", "-o", out, "--jobs", "2"]
    numbers = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
    for number, code in numbers.items():
        before = len(list(out.glob("*.wav")))
        heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # which one in the background does not
        with subprocess.Popen(command, preexec_fn=heed, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            while process.poll() is None and len(list(out.glob("*.wav"))) <= before:
                time.sleep(0.001)
            process.send_signal(number)
            process.communicate()
        assert process.returncode == code
        assert number == signal.SIGKILL or not list(out.glob(".phonseg*"))
    there = {path: path.stat().st_mtime_ns for path in out.glob("*.wav")}
    assert 3 <= len(there) < 12
    records = phonseg.change_tempo_files(tmp_path / "in", out, 0.8, jobs=2, progress=False)
    assert {next(iter(one.files)) for one in records if one.status == "skipped"} == set(there)
    assert {path: path.stat().st_mtime_ns for path in there} == there
    for one in records:
        (path, made), old = next(iter(one.files.items())), soundfile.info(one.recording)
        assert made.sha256 == sha256(path.read_bytes())
        assert soundfile.info(path).frames == round(old.frames / 0.8)
