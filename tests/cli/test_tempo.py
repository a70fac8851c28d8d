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
    told = f"written ({seconds:.3f} s became {round(seconds * RATE / 0.8) / RATE:.3f} s).\n"
    assert say("tempo", "in/x.wav", "--factor", "0.8", "-o", "slow.wav") == (0, f"slow.wav {told}", "")
    change = phonseg.change_tempo("in/x.wav", 0.8)
    change.save("alone.wav")
    assert Path("slow.wav").read_bytes() == Path("alone.wav").read_bytes()
    more = ("--textgrid", "slow.TextGrid", "--duration-tier", "slow.DurationTier")
    code, out, _ = say("tempo", "in/x.wav", "--factor", "0.8", "-o", "slow.FLAC", *more)
    assert (code, out) == (0, f"slow.FLAC, slow.TextGrid, slow.DurationTier {told}")
    assert soundfile.info("slow.FLAC").format == "FLAC"
    assert np.array_equal(phonseg.read_textgrid("slow.TextGrid").boundaries, change.segmentation.boundaries)
    tier = TimeMap.from_duration_tier("slow.DurationTier")
    np.testing.assert_allclose(tier(change.time_map.old), change.time_map.new, rtol=0, atol=1e-6)
    assert sorted(os.listdir()) == sorted(
        ["in", "slow.wav", "alone.wav", "slow.FLAC", "slow.TextGrid", "slow.DurationTier"]
    )
    assert say("tempo", "in/x.wav", "--factor", "0.8", "-o", "slow.wav", "--even", "--overwrite")[0] == 0
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
        "--overwrite",
    )
    assert say(*how) == (0, f"new.wav, new.TextGrid written ({end:.3f} s became {end / 0.7:.3f} s).\n", "")
    own = phonseg.read_textgrid("own.TextGrid")
    change = phonseg.change_tempo("in/x.wav", 0.7, segmentation=own)
    file = read_tiers(Path("new.TextGrid").read_bytes(), "new.TextGrid")
    assert [tier.name for tier in file.tiers] == ["words", "phones"]
    assert file.tiers[1].intervals[1][0] == change.segmentation.boundaries[0]
    assert float(file.end) == change.duration
    assert parselmouth.read("new.TextGrid").xmax == change.duration
    told = "warning: own.TextGrid: the tier has no boundary, so it does not tell where the sounds are."
    code, _, error = say(*how, "--tier", "words")
    assert (code, error.startswith(told)) == (0, True)
    code, _, error = say(*how, "--tier", "nobody")
    assert (code, "no tier is called" in error) == (1, True)
    Path("own.TextGrid").write_text(long({"sounds": [(0, 0.5, "a"), (0.5, end, "b")]}, end=end))
    assert say(*how)[0] == 0  # the only interval tier needs no name
    soundfile.write("in/silent.wav", np.zeros(round(end * RATE)), RATE)
    assert "is digital silence" in say(*how[:1], "in/silent.wav", *how[2:])[2]


def test_many_recordings_become_files_in_a_folder(folder: Path, say: Say) -> None:
    seconds = sum(soundfile.info(path).duration for path in folder.glob("in/**/*.wav"))
    told = f"2 recordings written to out ({seconds:.3f} s became {seconds / 2:.3f} s).\n"
    assert say("tempo", "in", "--factor", "2", "-o", "out") == (0, told, "")
    assert made("out/deep/y.wav", "in/deep/y.wav") == pytest.approx(0.5, abs=1e-4)
    assert say("tempo", "in", "--factor", "2", "-o", "out") == (0, "2 up to date.\n", "")
    new = ("tempo", "in/x.wav", "--factor", "2", "-o", "new", "--format", "flac,textgrid")
    assert say(*new)[1].endswith(" s). new is a folder; for a file, give new.wav.\n")
    assert sorted(os.listdir("new")) == ["phonseg-manifest.jsonl", "x.TextGrid", "x.flac"]
    assert (
        say("tempo", "in/x.wav", "--factor", "2", "-o", "new", "--shard", "1/1", "--jobs", "1", "--overwrite")[0] == 0
    )
    code, out, error = say("tempo", "in/x.wav", "--factor", "2", "-o", "in", "--overwrite")
    assert (code, out) == (1, "No recording was changed.\n")
    assert "is a recording and stays as it is" in error
    os.mkdir("dots.wav")
    assert say("tempo", "in", "--factor", "2", "-o", "dots.wav")[0] == 0  # it is a folder


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("in/x.wav", "--factor", "3", "-o", "y.wav"), 2, "factor is 3. Give a number from 0.5 to 2, such as 0.8"),
        (("in/x.wav", "--factor", "nan", "-o", "y.wav"), 2, "factor is nan. Give a number from 0.5 to 2"),
        (("in", "--factor", "3", "-o", "out"), 2, "factor is 3. Give a number from 0.5 to 2"),
        (("in", "--factor", "80%", "-o", "out"), 2, "factor is '80%'. Give a number from 0.5 to 2"),
        (("in/x.wav", "--factor", "", "-o", "y.wav"), 2, "factor is ''. Give a number from 0.5 to 2"),
        (("in", "--factor", "0.8", "-o", "in"), 2, "in: is an input folder, and what is made would lie among"),
        (("in/deep", "--factor", "0.8", "-o", "in"), 2, "in: holds the input folder in/deep, and what is made"),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "a.TextGrid", "--rate", "9"),
            2,
            "--map gives the segments, so leave out --sensitivity, --rate and --model.",
        ),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "a.DurationTier"),
            2,
            "a.DurationTier: --map takes a TextGrid with boundaries. Praat itself makes a Sound faster or slower by a",
        ),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--duration-tier", "no/y.DurationTier"),
            4,
            "no/y.DurationTier: there is no folder no. Make it first.",
        ),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--textgrid", "y.txt"), 2, "y.txt: is not a .TextGrid file."),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--duration-tier", "y.TextGrid"),
            2,
            "y.TextGrid: is not a .DurationTier file. Give it that suffix.",
        ),
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
            "no/y.wav: there is no folder no. Make it first.",
        ),
        (("no.wav", "--factor", "0.8", "-o", "y.wav"), 1, "no.wav: does not exist"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--jobs", "2"), 2, "--jobs is for a folder of files"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--format", "wav"), 2, "--format is for a folder of files"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--tier", "a"), 2, "--tier is that of --map"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--textgrid", "d.TextGrid"), 4, "d.TextGrid: a folder has"),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--textgrid", "in/x.wav"), 2, "in/x.wav: was given to be read"),
        (
            ("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "x.TextGrid", "--textgrid", "x.TextGrid"),
            2,
            "was given",
        ),
        (("in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "x.TextGrid"), 2, "s, and x.TextGrid from 0 to 1 s"),
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
    os.mkdir("d.TextGrid")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found, out, error = say("tempo", *given)
    assert (found, out) == (code, "")
    assert message in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_nothing_that_exists_is_replaced_without_overwrite(folder: Path, say: Say) -> None:
    names = ("slow.wav", "slow.TextGrid", "slow.DurationTier")
    how = ["tempo", "in/x.wav", "--factor", "0.8", "-o", names[0], "--textgrid", names[1], "--duration-tier", names[2]]
    for name in names:
        Path(name).write_text("corrected")
        code, out, error = say(*how)
        assert (code, out) == (4, "")
        assert error == f"phonseg: {name}: is there already. Choose another name, or --overwrite.\n"
        assert [one for one in names if os.path.exists(one)] == [name]
        os.unlink(name)
    assert say(*how)[0] == 0
    before = [Path(name).read_bytes() for name in names]
    how[3] = "0.7"
    assert say(*how)[0] == 4
    assert [Path(name).read_bytes() for name in names] == before
    assert say(*how, "--overwrite")[0] == 0
    assert not set(before) & {Path(name).read_bytes() for name in names}


def test_all_is_made_before_anything_is_written(folder: Path, say: Say) -> None:
    end = soundfile.info("in/x.wav").duration
    Path("own.TextGrid").write_text(long({"phones": [(0, 0.5, "a"), (0.5, end, "b")]}, end=end + 9))
    how = ("tempo", "in/x.wav", "--factor", "0.8", "-o", "y.wav", "--map", "own.TextGrid", "--textgrid", "y.TextGrid")
    code, out, error = say(*how)
    assert (code, out) == (2, "")
    assert f"in/x.wav: lasts from 0 to {end:g} s, and own.TextGrid from 0 to {end + 9:g} s." in error
    assert not os.path.exists("y.wav")


def test_an_mp3_file_is_not_said_to_be_skipped(folder: Path, say: Say) -> None:
    soundfile.write("in/z.mp3", soundfile.read("in/x.wav")[0], RATE)
    soundfile.write("in/silent.wav", np.zeros(RATE), RATE)
    how = ("tempo", "in/z.mp3", "in/silent.wav", "--factor", "0.8", "-o", "out")
    for _ in range(2):
        code, _, error = say(*how)
        assert (code, error.count("\n"), error.startswith("warning: ")) == (0, 1, True)
        assert "in/silent.wav: is digital silence" in error


def test_two_recordings_of_one_file_are_told_plainly(folder: Path, say: Say) -> None:
    soundfile.write("in/x.flac", soundfile.read("in/x.wav")[0], RATE)
    error = say("tempo", "in", "--factor", "0.8", "-o", "out")[2]
    assert "in/x.wav: would be written to out/x.wav, as in/x.flac would. Rename one of them, or give" in error
