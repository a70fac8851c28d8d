from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from batches import record
from conftest import RATE
from textgrids import long

import phonseg
import phonseg.batch.run_batch
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.cli.main import main
from phonseg.timeline.time_map import TimeMap

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two recordings; batches are done by threads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)
    record(tmp_path / "in" / "x.wav")
    record(tmp_path / "in" / "deep" / "y.wav", 1)
    return tmp_path


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command; its exit code, and what it says on both streams."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def made(path: str, of: str = "in/x.wav") -> float:
    return soundfile.info(path).frames / soundfile.info(of).frames


def test_one_recording_becomes_one_file_and_what_else_is_wanted(folder: Path, say: Say) -> None:
    seconds = soundfile.info("in/x.wav").duration
    told = f"{seconds:.1f} s became {seconds / 0.8:.1f} s.\n"
    assert say("tempo", "in/x.wav", "--factor", "0.8", "-o", "slow.wav") == (0, f"slow.wav written: {told}", "")
    change = phonseg.change_tempo("in/x.wav", 0.8)
    change.save("alone.wav")
    assert Path("slow.wav").read_bytes() == Path("alone.wav").read_bytes()
    more = ("--textgrid", "slow.TextGrid", "--duration-tier", "slow.DurationTier")
    code, out, _ = say("tempo", "in/x.wav", "--factor", "0.8", "-o", "slow.FLAC", *more)
    assert (code, out) == (0, f"slow.FLAC, slow.TextGrid, slow.DurationTier written: {told}")
    assert soundfile.info("slow.FLAC").format == "FLAC"
    assert np.array_equal(phonseg.read_textgrid("slow.TextGrid").boundaries, change.segmentation.boundaries)
    tier = TimeMap.from_duration_tier("slow.DurationTier")
    np.testing.assert_allclose(tier(change.time_map.old), change.time_map.new, rtol=0, atol=1e-6)
    assert sorted(os.listdir()) == sorted(
        ["in", "slow.wav", "alone.wav", "slow.FLAC", "slow.TextGrid", "slow.DurationTier"]
    )
    assert say("tempo", "in/x.wav", "--factor", "0.8", "-o", "slow.wav", "--even")[0] == 0
    assert Path("slow.wav").read_bytes() != Path("alone.wav").read_bytes()


def test_segments_of_ones_own_make_the_map_and_all_tiers_follow(folder: Path, say: Say) -> None:
    end = soundfile.info("in/x.wav").duration
    Path("own.TextGrid").write_text(
        long({"words": [(0, end, "all")], "phones": [(0, 0.5, "a"), (0.5, end, "b")]}, end=end)
    )
    how = (
        "tempo",
        "in/x.wav",
        "--factor",
        "0.7",
        "-o",
        "new.wav",
        "--map",
        "own.TextGrid",
        "--textgrid",
        "new.TextGrid",
    )
    assert say(*how)[0] == 0
    own = phonseg.read_textgrid("own.TextGrid")
    change = phonseg.change_tempo("in/x.wav", 0.7, segmentation=own)
    file = read_tiers(Path("new.TextGrid").read_bytes(), "new.TextGrid")
    assert [tier.name for tier in file.tiers] == ["words", "phones"]
    assert file.tiers[1].intervals[1][0] == change.segmentation.boundaries[0]
    assert float(file.end) == change.duration
    assert parselmouth.read("new.TextGrid").xmax == change.duration
    assert say(*how, "--tier", "words")[0] == 0
    code, _, error = say(*how, "--tier", "nobody")
    assert (code, "no tier is called" in error) == (1, True)
    Path("own.TextGrid").write_text(long({"sounds": [(0, 0.5, "a"), (0.5, end, "b")]}, end=end))
    assert say(*how)[0] == 0  # the only interval tier needs no name
    soundfile.write("in/silent.wav", np.zeros(round(end * RATE)), RATE)
    assert "is digital silence" in say(*how[:1], "in/silent.wav", *how[2:])[2]


def test_many_recordings_become_files_in_a_folder(folder: Path, say: Say) -> None:
    seconds = sum(soundfile.info(path).duration for path in folder.glob("in/**/*.wav"))
    told = f"2 recordings changed in out: {seconds:.1f} s became {seconds / 2:.1f} s.\n"
    assert say("tempo", "in", "--factor", "2", "-o", "out") == (0, told, "")
    assert made("out/deep/y.wav", "in/deep/y.wav") == pytest.approx(0.5, abs=1e-4)
    assert say("tempo", "in", "--factor", "2", "-o", "out") == (0, "2 up to date.\n", "")
    assert say("tempo", "in/x.wav", "--factor", "2", "-o", "new", "--format", "flac,textgrid")[0] == 0
    assert sorted(os.listdir("new")) == ["phonseg-manifest.jsonl", "x.TextGrid", "x.flac"]
    assert (
        say("tempo", "in/x.wav", "--factor", "2", "-o", "new", "--shard", "1/1", "--jobs", "1", "--overwrite")[0] == 0
    )
    code, _, error = say("tempo", "in", "--factor", "2", "-o", "in", "--overwrite")
    assert (code, error.count("is a recording and stays as it is")) == (1, 2)
    os.mkdir("dots.wav")
    assert say("tempo", "in", "--factor", "2", "-o", "dots.wav")[0] == 0  # it is a folder


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("in/x.wav", "--factor", "3", "-o", "y.wav"), 2, "factor is 3.0. Give a number from 0.5 to 2, such as 0.8"),
        (("in/x.wav", "--factor", "nan", "-o", "y.wav"), 2, "factor is nan. Give a number from 0.5 to 2"),
        (("in", "--factor", "3", "-o", "out"), 2, "factor is 3.0. Give a number from 0.5 to 2"),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "in/x.wav"),
            2,
            "in/x.wav: was given to be read, and is not written over",
        ),
        (("in/x.wav", "--factor", "0.8", "-o", "y.mp3"), 2, "y.mp3: is neither a .wav nor a .flac file"),
        (
            ("in", "--factor", "0.8", "-o", "y.wav"),
            2,
            "y.wav: is a file, for one recording. Give a folder for several.",
        ),
        (("in/x.wav", "in/deep/y.wav", "--factor", "0.8", "-o", "y.wav"), 2, "y.wav: is a file, for one recording"),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "no/y.wav"),
            4,
            "no/y.wav: cannot be written (No such file or directory)",
        ),
        (("no.wav", "--factor", "0.8", "-o", "y.wav"), 1, "no.wav: does not exist"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--jobs", "2"), 2, "--jobs is for a folder of files"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--format", "wav"), 2, "--format is for a folder of files"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--tier", "a"), 2, "--tier is that of --map"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--textgrid", "in"), 2, "in: is a folder"),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--textgrid", "y.wav"),
            2,
            "y.wav: two files cannot have one name",
        ),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--textgrid", "in/x.wav"), 2, "in/x.wav: was given to be read"),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "x.TextGrid", "--textgrid", "x.TextGrid"),
            2,
            "was given",
        ),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "x.TextGrid"), 2, "and the segments from 0 to 1 s"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "no.TextGrid"), 1, "no.TextGrid: cannot be read"),
        (("in", "--factor", "0.8", "-o", "out", "--textgrid", "y.TextGrid"), 2, "Give --format wav,textgrid."),
        (("in", "--factor", "0.8", "-o", "out", "--duration-tier", "y"), 2, "Give --format wav,durationtier."),
        (("in", "--factor", "0.8", "-o", "out", "--map", "in"), 2, "--map is for one recording and a file. Change one"),
        (
            ("in", "--factor", "0.8", "-o", "out", "--format", "mp3"),
            2,
            "there is no format mp3. Give one or more of wav,",
        ),
    ],
)
def test_wrong_usage_is_told_in_one_line_and_nothing_is_written(
    folder: Path, say: Say, given: tuple[str, ...], code: int, message: str
) -> None:
    Path("x.TextGrid").write_text(long({"phones": [(0, 0.5, "a"), (0.5, 1, "b")]}))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found, out, error = say("tempo", *given)
    assert (found, out) == (code, "")
    assert message in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
