"""Whatever streams, folders, numbers and names a command meets, it ends with its exit code and without a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import soundfile
from conftest import RATE, speech_like

import phonseg.batch.run_batch
import phonseg.batch.segment_files
from phonseg.batch.records.manifest import read_records
from phonseg.cli.main import main

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
PHONSEG = f"{sys.executable} -m phonseg"
FULL = "phonseg: standard output: cannot be written (No space left on device). Make room.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a recording and a TextGrid; batches are done by threads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)
    soundfile.write("x.wav", speech_like(6)[0], RATE)
    shutil.copy(DEMO / "english.TextGrid", "ref.TextGrid")
    return tmp_path


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    everything = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=everything, timeout=100, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is found on Linux alone")
@pytest.mark.parametrize("arguments", ["--help", "evaluate ref.TextGrid ref.TextGrid", "export ref.TextGrid"])
def test_a_full_output_is_code_4(folder: Path, arguments: str) -> None:
    done = shell(f"{PHONSEG} {arguments} >/dev/full")
    assert (done.returncode, done.stderr.endswith(FULL)) == (4, True)
    done = shell(f"{PHONSEG} {arguments} --nonsense 2>/dev/full")
    assert (done.returncode, done.stdout, done.stderr) == (2 if arguments != "--help" else 0, done.stdout, "")


def test_without_any_standard_stream_everything_is_done(folder: Path) -> None:
    done = shell(f"{PHONSEG} segment x.wav -o out <&- >&- 2>&-", PYTHONWARNINGS="error")
    assert done.returncode == 0
    (record,) = read_records(folder / "out")
    assert record.status == "done"
    assert (folder / "out" / "x.TextGrid").read_bytes().startswith(b'File type = "ooTextFile"')


def test_messages_without_an_error_stream_do_not_get_into_the_output(folder: Path) -> None:
    done = shell(f"{PHONSEG} check nowhere.wav --json 2>&-")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the current folder cannot be removed")
def test_without_a_current_folder_nothing_is_begun(folder: Path) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; {PHONSEG} segment {folder / 'x.wav'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "phonseg: The current folder does not exist any more. Change to another one.\n"


PATHS = [
    *("segment {}", "segment x.wav -o {}", "segment x.wav --into {}", "segment x.wav --model {}", "check {}"),
    *("diarize {}", "diarize x.wav -o {}", "diarize x.wav --into {}", "diarize x.wav --model {}"),
    *("train-speakers {} -o m.safetensors", "train-speakers x.wav -o {}"),
    *("plot {} -o x.png", "plot x.wav -o {}", "plot x.wav -o x.png --reference {}"),
    *("plot x.wav -o x.png --turns {}", "evaluate {} ref.TextGrid"),
    *(
        "evaluate ref.TextGrid ref.TextGrid --figure {}",
        "changes ref.TextGrid {}",
        "export {}",
        "export ref.TextGrid -o {}",
    ),
    *("train {} -o m.safetensors", "train x.wav -o {}", "train x.wav -o m.safetensors --config {}", "convert x -o {}"),
    *("adapt {} x.wav -o m.safetensors", "praat install --folder {}", "praat answer {}"),
]


@pytest.mark.parametrize("command", PATHS)
@pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
def test_what_cannot_be_a_name_is_wrong_usage(
    folder: Path, command: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.iterdir())
    with pytest.raises(SystemExit) as stopped:
        main([name if word == "{}" else word for word in command.split()])
    assert stopped.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{name!r} cannot be the name of a file or folder" in said
    assert sorted(folder.iterdir()) == before


LONG = "9" * 5_000
NUMBERS = [
    ("segment x.wav --rate 1e308", 0),
    ("segment x.wav --rate inf", 2),
    ("segment x.wav --rate nan", 2),
    ("segment x.wav --sensitivity nan", 2),
    ("segment x.wav --channel 99999", 1),
    (f"segment x.wav --channel {10**30}", 1),
    ("segment x.wav --jobs 1000000000", 0),
    (f"segment x.wav --shard 1/{10**30}", 2),
    ("segment x.wav --check 1000000000000", 0),
    ("diarize x.wav --jobs 1000000000", 0),
    (f"diarize x.wav --channel {10**30}", 1),
    (f"diarize x.wav --shard 1/{10**30}", 2),
    ("segment x.wav --check -1", 2),
    ("plot x.wav -o x.png --end nan", 2),
    ("plot x.wav -o x.png --start 1e308 --end 1e309", 2),
    ("changes ref.TextGrid ref.TextGrid --within nan", 2),
    ("evaluate ref.TextGrid ref.TextGrid --tolerance inf", 2),
]


@pytest.mark.parametrize(("command", "code"), NUMBERS)
def test_numbers_out_of_all_measure_have_their_codes(
    folder: Path, command: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.split()) == code
    assert capsys.readouterr().err.count("\n") == (code != 0)


@pytest.mark.parametrize("option", ["channel", "shard", "check", "jobs"])
def test_numbers_that_python_cannot_read_are_wrong_usage(folder: Path, option: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["segment", "x.wav", f"--{option}", f"1/{LONG}" if option == "shard" else LONG])
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"ID": "abc"}, 2),
        ({"ID": "1"}, 2),
        ({"ID": "abc", "COUNT": "3"}, 2),
        ({"ID": "1", "COUNT": LONG}, 2),
        ({"ID": "1", "COUNT": "1e3"}, 2),
        ({"ID": "1", "COUNT": str(10**30)}, 2),
        ({"ID": "1", "COUNT": "3", "MIN": "1", "STEP": "0"}, 2),
        ({"ID": "\udcff", "COUNT": "\n"}, 2),
        ({"ID": "", "COUNT": "abc"}, 0),
    ],
)
def test_odd_values_of_a_job_array_have_their_codes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], code: int
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    assert main(["segment", "x.wav"]) == code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("segment x.wav -o ref.TextGrid", 4),
        ("segment x.wav -o ref.TextGrid/deep", 4),
        ("segment x.wav -o /proc/nowhere", 4),
        ("segment empty", 1),
        ("diarize empty", 1),
        ("diarize x.wav -o /proc/nowhere", 4),
        ("check empty", 1),
        ("segment empty x.wav", 1),
        ("check empty x.wav", 1),
        ("export ref.TextGrid -o x.wav", 4),
        ("export ref.TextGrid -o /proc/nowhere", 4),
        ("export empty", 1),
        ("plot x.wav -o /proc/x.png", 4),
        ("train x.wav -o /proc/m.safetensors", 4),
        ("train x.wav -o folder.safetensors", 4),
        ("convert nowhere -o /proc/m.safetensors", 4),
        ("praat install --folder /proc/nowhere", 4),
        ("praat install --folder x.wav", 4),
    ],
)
@pytest.mark.skipif(not Path("/proc").exists(), reason="a folder in which nobody can write is found on Linux alone")
def test_places_where_nothing_can_be_written_or_read_have_their_codes(
    folder: Path, command: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    Path("folder.safetensors").mkdir()
    before = Path("ref.TextGrid").read_bytes()
    assert main(command.split()) == code
    assert Path("ref.TextGrid").read_bytes() == before
    assert "Traceback" not in capsys.readouterr().err


def test_a_disk_that_is_full_midway_is_code_4(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    for command in ("segment x.wav -o out", "export ref.TextGrid", "plot x.wav -o x.png"):
        assert main(command.split()) == 4


def test_a_mistake_of_ours_is_one_line_and_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise IndexError("7\n")

    monkeypatch.setattr(phonseg.batch.segment_files, "segment_files", stumble)
    assert main(["segment", "x.wav"]) == 1
    said = "phonseg: IndexError('7\\n'). This is a mistake of phonseg's: report it, with what --debug prints.\n"
    assert capsys.readouterr().err == said
    with pytest.raises(IndexError):
        main(["segment", "x.wav", "--debug"])


def test_names_of_dots_are_names(folder: Path) -> None:
    shutil.copy("x.wav", "..wav")
    assert main(["segment", "./..wav"]) == 0
    assert Path("..wav.TextGrid").exists()
    assert main(["export", "./..wav.TextGrid"]) == 0
    Path("..TextGrid").write_bytes(Path("ref.TextGrid").read_bytes())
    assert main(["export", "./..TextGrid"]) == 0
    assert Path("..TextGrid.csv").exists()
    shutil.copy("x.wav", f"{'n' * 251}.wav")
    assert main(["segment", f"{'n' * 251}.wav"]) == 1


NASTY = "a\x1b[31m\r\nb\u202e\x7f\x85"


def test_control_characters_never_reach_a_terminal(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = Path(NASTY)
    place.mkdir()
    shutil.copy("x.wav", place / f"{NASTY}.wav")
    soundfile.write(place / "silent.wav", [0.0] * RATE, RATE)
    for name in (f"{NASTY}2.wav", f"other.{NASTY}"):
        (place / name).write_text("no sound")
    (place / "y.wav").symlink_to("\x1b[2J")
    grid = place / f"{NASTY}.TextGrid"
    for command, code in (
        (["segment", NASTY], 1),
        (["segment", NASTY], 1),
        (["segment", NASTY, "-o", NASTY, "--tier", NASTY], 2),
        (["diarize", NASTY, "-o", NASTY], 1),
        (["diarize", NASTY, "-o", f"{NASTY}6"], 1),
        (["segment", NASTY, "-o", f"{NASTY}3"], 1),
        (["check", NASTY], 1),
        (["check", NASTY, "--json"], 1),
        (["export", str(grid), "-o", f"{NASTY}4"], 0),
        (["export", str(grid), "-o", f"{NASTY}4"], 1),
        (["export", str(grid), "--tier", NASTY], 1),
        (["segment", f"{NASTY}.wav", "--model", NASTY], 1),
        (["segment", str(place / f"{NASTY}.wav"), "--model", NASTY, "-o", "out"], 3),
        (["convert", NASTY, "-o", f"{NASTY}.safetensors"], 3),
        (["train", NASTY, "-o", NASTY], 2),
        (["praat", "install", "--folder", f"{NASTY}5"], 0),
        (["praat", "uninstall", "--folder", f"{NASTY}5"], 0),
        (["plot", "x.wav", "-o", NASTY], 2),
    ):
        assert main(command) == code, command
        said = capfd.readouterr()
        text = said.out + said.err
        assert set(text.replace("\n", "")).isdisjoint("\x1b\r\x7f\x85\u202e\0"), command
        assert not any(line.startswith("b") for line in text.splitlines()), command  # a name is on one line
        assert "\\x1b[31m\\r\\nb\\u202e" in text or "\\u001b" in text, command
    with pytest.raises(SystemExit):
        main(["segment", "x.wav", f"--{NASTY}"])
    assert "\x1b" not in capfd.readouterr().err
