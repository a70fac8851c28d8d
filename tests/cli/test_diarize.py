from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from batches import record
from conftest import RATE
from talkers import Talkers

import phonseg.batch.diarize_files
import phonseg.batch.run_batch
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.batch.records.manifest import read_records
from phonseg.cli.diarize import add
from phonseg.cli.main import main

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two recordings; batches are done by threads, and the model knows who speaks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)
    monkeypatch.setattr(phonseg.batch.diarize_files, "absolute", lambda model: Talkers())
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


def test_what_was_found_is_told_and_again_that_nothing_is_new(folder: Path, say: Say) -> None:
    seconds = sum(soundfile.info(path).duration for path in folder.glob("in/**/*.wav"))
    told = f"2 recordings diarized in out: 8 turns of 2 speakers in {seconds:.1f} s of audio.\n"
    assert say("diarize", "in", "-o", "out") == (0, told, "")
    assert sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*.*") if path.is_file()) == [
        *("deep/y.TextGrid", "deep/y.rttm", "phonseg-manifest.jsonl", "x.TextGrid", "x.rttm"),
    ]
    assert say("diarize", "in", "-o", "out") == (0, "2 up to date.\n", "")
    soundfile.write("in/silent.wav", np.zeros(RATE), RATE)
    code, out, error = say("diarize", "in", "-o", "out", "--speakers", "3")
    assert (code, error.startswith("warning: ")) == (0, True)
    assert out.startswith("3 recordings diarized in out: 12 turns of 0 to 3 speakers in ")
    _, out, _ = say("diarize", "in/x.wav", "--speakers", "1", "--format", "rttm,json")
    assert out.startswith("1 recording diarized: 2 turns of 1 speaker in ")
    assert Path("in/x.rttm").exists()
    assert Path("in/x.json").exists()


def test_failures_are_listed_last_with_code_1(folder: Path, say: Say) -> None:
    Path("in/empty.wav").touch()
    code, out, error = say("diarize", "in", "-o", "out")
    assert (code, out.startswith("2 recordings diarized in out: ")) == (1, True)
    assert error.splitlines()[-1].startswith(f"failed: {Path('in/empty.wav').absolute()}: ")
    code, out, error = say("diarize", "in/x.wav", "-o", "few", "--speakers", "10")
    assert (code, error) == (
        1,
        f"failed: {Path('in/x.wav').absolute()}: has too little speech for 10 speakers. Ask for fewer.\n",
    )
    assert out == "0 recordings diarized in few: 0 turns of 0 speakers in 0.0 s of audio.\n"


def test_what_the_other_command_made_is_left_alone_and_both_can_share_a_file(folder: Path, say: Say) -> None:
    assert say("segment", "in/x.wav", "-o", "out")[0] == 0
    code, out, error = say("diarize", "in/x.wav", "-o", "out", "--format", "textgrid")
    assert (code, out) == (0, "1 left alone (listed above).\n")
    assert error.startswith("skipped: out/x.TextGrid: holds the boundaries that phonseg segment found")
    code, out, error = say("diarize", "in/x.wav", "--into", "out", "--format", "textgrid")
    assert (code, error) == (0, "")
    assert out.startswith("1 recording diarized into out: 4 turns of 2 speakers in ")
    for command in ("segment in/x.wav -o out", "diarize in/x.wav --into out --format textgrid"):
        assert say(*command.split()) == (0, "1 up to date.\n", "")
    assert len(read_textgrid("out/x.TextGrid").boundaries) > 0
    assert len(read_textgrid("out/x.TextGrid", tier="speaker 2")) > 0


def test_parts_of_a_batch_and_tasks_of_an_array(folder: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in "12":
        assert say("diarize", "in", "-o", "out", "--shard", f"{i}/2", "--jobs", "2", "--phones")[0] == 0
    assert len(read_records(Path("out"))) == 2
    assert all(len(read_textgrid(path).boundaries) for path in Path("out").rglob("*.TextGrid"))
    for number in "12":
        for name, value in {"ID": number, "COUNT": "2", "MIN": "1"}.items():
            monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
        code, _, error = say("diarize", "in", "-o", "array")
        assert (code, f"phonseg: part {number} of 2" in error) == (0, True)
    assert len(read_records(Path("array"))) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("nowhere.wav", 1, "nowhere.wav: does not exist"),
        ("in --format ctm", 2, "no format ctm"),
        ("in --format rttm --phones", 2, "phones"),
        ("in --jobs 0", 2, "jobs is 0"),
        ("in --shard 3/2", 2, "shard is 3/2"),
        ("in --into nowhere", 1, "nowhere: there is no such TextGrid or folder"),
        ("in -o in/x.wav", 4, "cannot be made"),
    ],
)
def test_an_error_is_one_line_and_a_code(folder: Path, say: Say, arguments: str, code: int, said: str) -> None:
    got, _, error = say("diarize", *arguments.split())
    assert (got, error.startswith("phonseg: "), said in error, error.count("\n")) == (code, True, True, 1)


@pytest.mark.parametrize(("text", "speakers"), [("2", 2), ("2-4", (2, 4)), ("3-3", (3, 3)), ("100", 100)])
def test_speakers_are_a_number_or_two(text: str, speakers: object) -> None:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    assert parser.parse_args(["diarize", "x.wav", "--speakers", text]).speakers == speakers


@pytest.mark.parametrize("text", ["0", "4-2", "101", "1-101", "x", "2-", "-2", "2.5", "2 4", "(2, 4)", "", "9" * 5_000])
def test_other_speakers_are_refused_in_one_sentence(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["diarize", "x.wav", f"--speakers={text}"])
    assert stopped.value.code == 2
    said = f"{text!r:.80} is neither a number from 1 to 100, such as 2, nor a range, such as 2-4\n"
    assert capsys.readouterr().err.endswith(f"phonseg diarize: error: argument --speakers: {said}")
