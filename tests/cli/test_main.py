from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import soundfile
from conftest import RATE, speech_like

import phonseg.batch.run_batch
import phonseg.batch.segment_files
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.batch.records.manifest import read_records
from phonseg.cli.main import main

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are done by threads, since other processes would have to load all libraries first."""
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "x.wav"
    path.parent.mkdir()
    soundfile.write(path, speech_like(6)[0], RATE)
    return path


def test_segment_then_evaluate_then_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["segment", str(DEMO), "-o", str(out)]) == 0
    assert "3 TextGrids written" in capsys.readouterr().out
    assert main(["evaluate", str(DEMO), str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["failed"] == {}
    assert sorted(told["files"]) == ["czech", "english", "finnish"]
    assert told["total"]["tolerance"] == 0.02
    assert main(["evaluate", str(DEMO), str(DEMO), "--lenient"]) == 0
    assert capsys.readouterr().out.count("100.0 %") == 2 * 4  # precision, recall, F1 and R-value
    figure = tmp_path / "figure.pdf"
    command = ["evaluate", str(DEMO), str(out), "--figure", str(figure)]
    assert main(command) == 0
    assert capsys.readouterr().out.endswith("figure.pdf written.\n")
    assert figure.read_bytes().startswith(b"%PDF")
    assert main([*command, "--recordings", str(DEMO), "--json"]) == 0
    json.loads(capsys.readouterr().out)
    picture = tmp_path / "x.png"
    english = str(DEMO / "english.wav")
    reference = str(DEMO / "english.TextGrid")
    assert main(["plot", english, "--end", "2", "--reference", reference, "-o", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    phn = tmp_path / "english.phn"
    phn.write_text("0 55000 a\n55000 124000 b\n")  # at 25 kHz
    command = ["plot", english, "--end", "2", "--reference", str(phn), "-o", str(picture)]
    assert main(command) == 0
    assert capsys.readouterr().err.startswith(f"warning: {phn}: ends at 7.750 s, but {english} lasts 4.970 s. ")
    assert main([*command, "--sample-rate", "25000"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["plot", english, "--reference", str(DEMO / "czech.TextGrid"), "-o", str(picture)]) == 0
    assert "Do they belong to the same recording?" in capsys.readouterr().err


def test_beside_the_recording_without_an_output(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(recording)]) == 0
    assert read_textgrid(recording.with_suffix(".TextGrid")).duration == soundfile.info(recording).duration
    assert capsys.readouterr().out.startswith("1 TextGrid written: ")
    assert main(["segment", str(recording)]) == 0
    assert capsys.readouterr().out == "1 up to date.\n"
    textgrid = str(recording.with_suffix(".TextGrid"))
    assert main(["segment", str(recording), "--into", textgrid, "--tier", "more"]) == 0
    assert capsys.readouterr().out.startswith(f"1 tier written into {textgrid}: ")


def test_sensitivity_and_rate(recording: Path, tmp_path: Path) -> None:
    counts = {}
    for name, options in {"few": ["--rate", "2"], "all": ["--sensitivity", "1"]}.items():
        assert main(["segment", str(recording), "-o", str(tmp_path / name), *options]) == 0
        counts[name] = len(read_textgrid(tmp_path / name / "x.TextGrid").boundaries)
    assert 0 < counts["few"] < counts["all"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["segment", "nowhere.wav"], 1, "nowhere.wav: does not exist"),
        (["segment", "{x}", "--sensitivity", "1.5"], 2, "sensitivity is 1.5"),
        (["segment", "{x}", "--model", "nowhere.safetensors"], 3, "nowhere.safetensors: there is no such model"),
        (["segment", "{x}", "-o", "{x}"], 4, "cannot be made"),
        (["segment", "{x}", "-o", "/proc/phonseg", "--model", "nowhere"], 4, "/proc/phonseg: cannot be made"),
        (["segment", "{x}", "--jobs", "0"], 2, "phonseg: jobs is 0. Give 1 or more.\n"),
        (["segment", "{x}", "--shard", "3/2"], 2, "shard is 3/2"),
        (["train", "{folder}", "-o", "model.bin"], 2, "a model is a .safetensors file"),
        (["train", "{folder}", "-o", "nowhere/model.safetensors"], 4, "there is no folder nowhere"),
        (["train", "{folder}", "-o", "{folder}/m.safetensors", "--config", "no.toml"], 2, "cannot be read as TOML"),
        (["evaluate", "{folder}", "{x}"], 2, "one of the two is a folder"),
        (["plot", "{x}", "-o", "picture.doc"], 2, "picture.doc"),
        (["evaluate", "{folder}", "{folder}", "--figure", "picture.doc"], 2, "picture.doc"),
        (["evaluate", "{folder}", "{folder}", "--recordings", "{folder}"], 2, "--recordings is for the figure"),
    ],
)
def test_an_error_is_one_line_and_a_code(
    recording: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    filled = [argument.format(x=recording, folder=recording.parent) for argument in arguments]
    assert main(filled) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert error.startswith("phonseg: ")


def test_a_failed_input_is_listed_last_and_the_code_is_1(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording.with_name("empty.wav").touch()
    assert main(["segment", str(recording.parent), "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "1 TextGrid written" in said.out
    assert said.err.strip().splitlines()[-1].startswith("failed: ")
    assert "empty.wav" in said.err
    assert (tmp_path / "out" / "x.TextGrid").is_file()


def test_what_is_left_alone_is_named(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording.with_suffix(".TextGrid").write_text("made by hand")
    assert main(["segment", str(recording)]) == 0
    said = capsys.readouterr()
    assert said.err.startswith(f"skipped: {recording.with_suffix('.TextGrid')}: is there already")
    assert said.out == "1 left alone (listed above).\n"
    assert main(["segment", str(recording), "--overwrite"]) == 0
    assert "1 TextGrid written" in capsys.readouterr().out
    clipped, rate = soundfile.read(recording)
    soundfile.write(recording.with_name("y.wav"), (20 * clipped).clip(-1, 1), rate)
    assert main(["segment", str(recording.parent)]) == 0
    said = capsys.readouterr()
    assert "1 TextGrid written" in said.out
    assert "1 up to date." in said.out
    recording.with_suffix(".TextGrid").write_text("made by hand")
    assert main(["segment", str(recording.parent)]) == 0  # up to date with a warning, and left alone
    said = capsys.readouterr()
    assert said.out == "1 up to date; 1 left alone (listed above).\n"
    assert "y.wav" in said.err


def test_parts_of_a_batch(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(recording.with_name("y.wav"), speech_like(3)[0], RATE)
    out = tmp_path / "out"
    for i in "123":
        assert main(["segment", str(recording.parent), "-o", str(out), "--shard", f"{i}/3", "--jobs", "2"]) == 0
    assert sorted(path.name for path in out.glob("*.TextGrid")) == ["x.TextGrid", "y.TextGrid"]
    assert {record.status for record in read_records(out)} == {"done"}
    assert main(["segment", str(recording.parent), "-o", str(out)]) == 0
    assert "2 up to date." in capsys.readouterr().out


def test_a_task_of_a_slurm_array_does_its_part(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in "345":
        for name, value in {"ID": number, "COUNT": "3", "MIN": "3"}.items():
            monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
        assert main(["segment", str(recording), "-o", str(tmp_path / number)]) == 0
        assert f"phonseg: part {int(number) - 2} of 3" in capsys.readouterr().err
    assert len(list(tmp_path.glob("*/x.TextGrid"))) == 1
    assert main(["segment", str(recording), "-o", str(tmp_path / "all"), "--shard", "1/1"]) == 0
    assert (tmp_path / "all" / "x.TextGrid").exists()
    assert "part" not in capsys.readouterr().err


def test_names_that_begin_with_a_dash_or_have_no_encoding(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(recording.parent)
    recording.rename("-x.wav")
    Path(os.fsdecode(b"\xff.wav")).write_bytes(b"")
    assert main(["segment", "-o", os.fsdecode(b"out-\xff"), "--", "-x.wav", os.fsdecode(b"\xff.wav")]) == 1
    said = capsys.readouterr()
    assert "1 TextGrid written in out-\\udcff" in said.out
    assert "\\udcff.wav" in said.err
    assert Path(os.fsdecode(b"out-\xff"), "-x.TextGrid").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-x.wav"], "-x.wav"),
        (["x.wav", "--rate=2.5", "--y z.Flac"], "--y z.Flac"),
        (["-folder"], "-folder"),
        (["--rate", "2.5"], None),
        (["x.wav", "--nowhere"], None),
        (["--jobs", "two", "--", "-x.wav"], None),
    ],
)
def test_how_a_file_with_a_dash_is_named_is_told_where_one_may_be_meant(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-folder").mkdir()
    with pytest.raises(SystemExit) as stopped:
        main(["segment", *arguments])
    assert stopped.value.code == 2
    advice = f"phonseg: if {told} is the name of a file or folder, write ./{told} (or -- before all names).\n"
    assert capsys.readouterr().err.partition("phonseg: if ")[1:] == (
        ("phonseg: if ", advice.removeprefix("phonseg: if ")) if told else ("", "")
    )


def test_usage_errors_are_2() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["segment"])
    assert stopped.value.code == 2
    with pytest.raises(SystemExit) as stopped:
        main(["segment", "x.wav", "--rate", "2", "--sensitivity", "0.5"])
    assert stopped.value.code == 2


@pytest.mark.parametrize("channel", ["left", "1.5", "-1", ""])
def test_a_channel_is_mix_or_a_number(channel: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["segment", "x.wav", f"--channel={channel}"])
    assert stopped.value.code == 2
    assert f"{channel!r} is neither mix nor the number of a channel" in capsys.readouterr().err


def test_debug_shows_where_an_error_arose() -> None:
    from phonseg.errors import AudioError

    with pytest.raises(AudioError, match="does not exist"):
        main(["segment", "nowhere.wav", "--debug"])


def test_train_then_adapt_then_segment_with_the_result(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(1, 4):
        soundfile.write(recording.with_name(f"{seed}.flac"), speech_like(24, seed)[0], RATE)
    settings = tmp_path / "train.toml"
    settings.write_text(
        "steps = 6\ncrops = 4\ncrop_seconds = 1.0\nself_training_steps = 20\nself_training_crops = 4\nunit_steps = 6\n"
        "speech_steps = 0\nheld_out = 0.3\n"
    )
    model = tmp_path / "mine.safetensors"
    assert main(["train", str(recording.parent), "-o", str(model), "--config", str(settings)]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["recordings"] == 4
    assert said.err.endswith(f"{model} written. To use it: phonseg segment ... --model {model}\n")
    adapted = tmp_path / "more.safetensors"
    command = ["adapt", str(model), str(recording.parent), "-o", str(adapted), "--config", str(settings)]
    assert main(command) == 2  # contrastive training and units are no part of adapting
    assert "steps cannot be set" in capsys.readouterr().err
    settings.write_text("crop_seconds = 1.0\nself_training_steps = 20\nself_training_crops = 4\nheld_out = 0.3\n")
    assert main(command) == 0
    assert main(["segment", str(recording), "--model", str(adapted), "-o", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.safetensors*")) == ["mine.safetensors", "more.safetensors"]


@pytest.mark.parametrize("name", ["segment", "diarize"])
def test_ctrl_c_ends_with_130_and_leaves_no_half_file(recording: Path, tmp_path: Path, name: str) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for i in range(200):
        shutil.copy(recording, many / f"{i}.wav")
    command = [sys.executable, "-m", "phonseg", name, str(many), "-o", str(tmp_path / "out"), "--format", "textgrid"]
    # What a shell runs in the background ignores the signal, and so would what is started here.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heeding)
    while process.poll() is None and not list(tmp_path.glob("out/*.TextGrid")):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in error
    made = list((tmp_path / "out").iterdir())
    made.remove(tmp_path / "out" / "phonseg-manifest.jsonl")
    assert all(path.suffix == ".TextGrid" and len(read_textgrid(path, tier=1)) >= 1 for path in made)


def test_sigterm_ends_a_command_with_143_and_is_as_before_afterwards(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def terminated(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(phonseg.batch.segment_files, "segment_files", terminated)
    assert main(["segment", str(recording)]) == 143
    assert capsys.readouterr().err == "phonseg: stopped.\n"
    assert signal.getsignal(signal.SIGTERM) is before
