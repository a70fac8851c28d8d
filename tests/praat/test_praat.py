"""The plug-in in Praat itself, without its windows, against the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
import torch
from conftest import RATE, speech_like
from parselmouth.praat import call as call_praat

import phonseg.batch.run_batch
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.cli.main import main
from phonseg.praat.plugin import NAME, SCRIPTS, install, quoted

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
PRAAT = shutil.which("praat")
pytestmark = pytest.mark.skipif(PRAAT is None, reason="there is no Praat here (Debian and Ubuntu: apt install praat)")

PYTHON = Path("a b's é", "python")
SAVE = """
for i to numberOfSelected ("TextGrid")
    textgrid [i] = selected ("TextGrid", i)
    name$ [i] = selected$ ("TextGrid", i)
endfor
n = numberOfSelected ()
appendInfoLine: "selected: ", n
for i to n
    selectObject: textgrid [i]
    Save as text file: name$ [i] + ".TextGrid"
endfor
"""


@pytest.fixture
def preferences(tmp_path: Path) -> Path:
    """A preferences folder with the plug-in; neither it nor Python has an easy name."""
    folder = tmp_path / "préf's \"x\" 'y$'"
    stands_for_python(tmp_path, f'exec "{sys.executable}" "$@"')
    install(folder, python=str(tmp_path / PYTHON))
    return folder


def stands_for_python(folder: Path, does: str) -> None:
    """Let the Python of the plug-in be a shell script; its eighth argument is the request."""
    python = folder / PYTHON
    python.parent.mkdir(exist_ok=True)
    python.write_text(f"#!/bin/sh\n{does}\n")
    python.chmod(0o755)


def praat(preferences: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a Praat with these preferences; afterwards the plug-in's folder holds nothing but the plug-in."""
    path = preferences.parent / "script.praat"
    path.write_text(script, encoding="utf-8")
    assert PRAAT
    command = [PRAAT, "--run", f"--pref-dir={preferences}", str(path)]
    done = subprocess.run(command, cwd=preferences.parent, capture_output=True, encoding="utf-8", timeout=120)
    assert sorted(file.name for file in (preferences / NAME).iterdir()) == sorted(SCRIPTS)
    return done


def call(sensitivity: float, channel: str) -> str:
    return f'runScript: preferencesDirectory$ + "/{NAME}/to_textgrid.praat", {sensitivity}, "{channel}"\n'


def opened(*paths: Path) -> str:
    lines = [f"a{i} = Read from file: {quoted(str(path))}" for i, path in enumerate(paths)]
    return "\n".join([*lines, "selectObject: " + ", ".join(f"a{i}" for i in range(len(paths)))]) + "\n"


def test_the_demo_gets_the_boundaries_of_the_command_line(
    preferences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recordings"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("*.TextGrid"))
    soundfile.write(folder / "quiet.wav", np.zeros((RATE, 2)), RATE)
    recordings = sorted(folder.iterdir())
    loud = tmp_path / "loud.wav"  # than whole numbers can hold
    soundfile.write(loud, 30 * speech_like(6)[0], RATE, subtype="FLOAT")
    part = 'part = Extract part: 0.5, 2.5, "rectangular", 1, "yes"\nRename: "část"\n'
    script = opened(*recordings, loud) + f"selectObject: a1\n{part}selectObject: a0, a1, a2, a3, a4, part\n"
    done = praat(preferences, script + call(0.6, "mix") + SAVE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Sound quiet: is digital silence. There is nothing to segment.",
        "selected: 6",
    ]

    monkeypatch.setattr(
        phonseg.batch.run_batch, "Workers", ThreadPoolExecutor
    )  # other processes would load all libraries first
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the workers have
    assert main(["segment", str(folder), "-o", str(tmp_path / "cli"), "--sensitivity", "0.6"]) == 0
    torch.set_num_threads(n_threads)
    for recording in recordings:
        in_praat, outside = (
            read_textgrid(place / f"{recording.stem}.TextGrid") for place in (tmp_path, tmp_path / "cli")
        )
        assert len(in_praat.boundaries) > 20 or recording.stem == "quiet"
        assert np.array_equal(in_praat.boundaries, outside.boundaries)
        assert in_praat.duration == outside.duration
        assert in_praat.labels == outside.labels

    assert len(read_textgrid(tmp_path / "loud.TextGrid").boundaries) > 2
    grid = parselmouth.read(str(tmp_path / "část.TextGrid"))
    assert (grid.xmin, grid.xmax) == (0.5, 2.5)
    samples, rate = soundfile.read(recordings[1])
    expected = phonseg.segment((samples[rate // 2 : 5 * rate // 2], rate), sensitivity=0.6).boundaries + 0.5
    count = call_praat(grid, "Get number of intervals", 1)
    found = [call_praat(grid, "Get start time of interval", 1, i) for i in range(2, count + 1)]
    assert len(found) > 10
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_the_command_stands_in_the_menu_of_sounds(preferences: Path) -> None:
    # Praat runs no command that is a script by its name, but says so only of commands that there are.
    sound = opened(DEMO / "english.wav")
    there = praat(preferences, sound + 'To TextGrid (phonseg): 0.5, "mix"\n')
    assert "cannot directly call a menu command that calls another script" in there.stderr
    assert f"/{NAME}/to_textgrid.praat" in there.stderr
    not_there = praat(preferences, sound + 'To TextGrid (phonsegg): 0.5, "mix"\n')
    assert "cannot directly call" not in not_there.stderr
    # The form stays open after Apply, when the new TextGrid is selected and the Sound is not.
    unselected = praat(preferences, call(0.5, "mix"))
    assert "Select one or more Sounds first." in unselected.stderr


def test_what_is_asked_is_what_the_form_says(preferences: Path, tmp_path: Path) -> None:
    stereo = tmp_path / "čeština.wav"
    soundfile.write(stereo, np.stack([speech_like(6)[0]] * 2, axis=1), RATE, subtype="PCM_24")
    stands_for_python(tmp_path, f'cp "$8" "{tmp_path}/asked"; cp "${{8%.request}}-1.wav" "{tmp_path}/1.wav"')
    praat(preferences, opened(stereo, DEMO / "english.wav") + call(0.25, "2"))
    assert (tmp_path / "asked").read_bytes().decode("utf-16").splitlines() == ["0.25", "2", "čeština", "english"]
    assert np.array_equal(
        soundfile.read(tmp_path / "1.wav", dtype="int32")[0], soundfile.read(stereo, dtype="int32")[0]
    )


def test_what_goes_wrong_and_what_is_odd_can_be_read_in_praat(preferences: Path, tmp_path: Path) -> None:
    grid = DEMO / "english.TextGrid"
    stands_for_python(
        tmp_path,
        f'stem="${{8%.request}}"\ncp "{grid}" "$stem-2.TextGrid"\n'
        'printf \'Sound czech: "is" wrong.\' >"$stem.failed"\nprintf \'Sound é: odd.\' >"$stem.warned"\nexit 1',
    )
    done = praat(preferences, opened(DEMO / "czech.flac", DEMO / "english.wav") + call(0.5, "mix"))
    assert done.returncode != 0
    assert 'Sound czech: "is" wrong.' in done.stderr
    assert "did not answer" not in done.stderr
    assert done.stdout.strip() == "Sound é: odd."


@pytest.mark.parametrize("does", ["gone", "exit 1", "echo Traceback >&2; exit 1"])
def test_a_python_that_does_not_answer_is_named(preferences: Path, tmp_path: Path, does: str) -> None:
    if does == "gone":
        (tmp_path / PYTHON).unlink()
    else:
        stands_for_python(tmp_path, does)
    done = praat(preferences, opened(DEMO / "english.wav") + call(0.5, "mix"))
    assert done.returncode != 0
    assert "phonseg did not answer" in done.stderr
    assert "give the command phonseg praat install again" in done.stderr
    assert str(tmp_path / PYTHON) in done.stderr


def call_tempo(factor: float, even: str = "no") -> str:
    return f'runScript: preferencesDirectory$ + "/{NAME}/change_tempo.praat", {factor}, "{even}"\n'


SHOW = """
for i to numberOfSelected ()
    name$ [i] = selected$ (i)
    appendInfoLine: name$ [i]
endfor
n = numberOfSelected ("Sound")
for i to n
    new [i] = selected ("Sound", i)
endfor
grid = if numberOfSelected ("TextGrid") then selected ("TextGrid") else 0 fi
for i to n
    selectObject: new [i]
    Save as 32-bit WAV file: "new" + string$ (i) + ".wav"
    first = Get start time
    appendInfoLine: fixed$ (first, 6)
endfor
if grid
    selectObject: grid
    Save as text file: "new.TextGrid"
endif
"""


@pytest.mark.slow
def test_sounds_become_those_of_the_command_line_and_a_textgrid_follows(preferences: Path, tmp_path: Path) -> None:
    loud = tmp_path / "loud.wav"
    soundfile.write(loud, 30 * speech_like(6)[0], RATE, subtype="FLOAT")
    done = praat(preferences, opened(DEMO / "english.wav", loud) + call_tempo(0.8) + SHOW.replace("32-bit WAV", "WAV"))
    assert done.returncode == 0, done.stderr
    names = ["Sound english_tempo", "Sound loud_tempo"]
    assert [line for line in done.stdout.splitlines() if line in names] == names
    expected = phonseg.change_tempo(DEMO / "english.wav", 0.8)
    new, _ = soundfile.read(tmp_path / "new1.wav")
    assert len(new) == len(expected.samples)
    assert np.abs(new - expected.samples).max() < 2**-14
    assert len(soundfile.read(tmp_path / "new2.wav")[0]) == round(soundfile.info(loud).frames / 0.8)

    script = opened(DEMO / "english.wav", DEMO / "english.TextGrid")
    script += "".join(f"selectObject: a{i}\nShift times by: 5\n" for i in range(2)) + "selectObject: a0, a1\n"
    done = praat(preferences, script + call_tempo(0.8) + SHOW)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Sound english_tempo", "TextGrid english_tempo", "5.000000"]
    mapped = read_textgrid(tmp_path / "new.TextGrid")
    old = read_textgrid(DEMO / "english.TextGrid")
    assert mapped.labels == old.labels
    np.testing.assert_allclose(mapped.boundaries - 5, expected.time_map(old.boundaries), rtol=0, atol=1e-6)
    even = praat(preferences, opened(DEMO / "english.wav") + call_tempo(0.8, "yes") + SHOW)
    assert even.returncode == 0
    assert not np.array_equal(soundfile.read(tmp_path / "new1.wav")[0], new)


@pytest.mark.slow
def test_a_factor_out_of_range_is_told_in_praat(preferences: Path) -> None:
    done = praat(preferences, opened(DEMO / "english.wav") + call_tempo(3))
    assert "factor is 3. Give a number from 0.5 to 2" in done.stderr
