"""The README: its commands and code run, and its scores are those of the model card."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from PIL import Image

import phonseg.batch.run_batch
from phonseg.cli.main import main
from phonseg.diarization.learning.settings import SpeakerTrainingSettings
from phonseg.praat import plugin as praat_plugin
from phonseg.training.settings import AdaptationSettings, read_settings

HOUSE = Path(__file__).parent.parent
README = (HOUSE / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with what the commands of the README need of a clone."""
    (tmp_path / "data").symlink_to(HOUSE / "data")
    monkeypatch.chdir(tmp_path)
    # Processes would load all libraries first.
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)
    monkeypatch.setattr(praat_plugin, "own_preferences_folders", lambda: (tmp_path / "praat6", tmp_path / "praat7"))
    return tmp_path


def commands() -> list[str]:
    """The fenced commands after the two that install phonseg."""
    return [
        line for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)[2:] for line in block.splitlines()
    ]


def test_the_commands_run(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = {}
    for line in commands():
        program, *arguments = shlex.split(line)
        assert program == "phonseg"
        assert main(arguments) == 0, line
        printed[line] = capsys.readouterr().out
        if arguments[0] == "segment":  # what a person does in Praat
            shutil.copytree("segmented", "corrected", ignore=shutil.ignore_patterns("*.jsonl"))
    assert {line.split()[1] for line in printed} == {
        *("segment", "plot", "tempo", "evaluate", "changes", "export", "praat"),
    }
    assert sum(text.count("100.0 %") for text in printed.values()) == 4  # nothing was corrected
    assert all(Path(name).read_bytes().startswith(b"\x89PNG") for name in ("english.png", "compared.png"))
    assert len(list((clone / "tables").glob("*.csv"))) == 3
    assert soundfile.info("slow.wav").frames == round(soundfile.info("data/demo/english.wav").frames / 0.8)
    assert (clone / "praat6" / "plugin_phonseg" / "setup.praat").is_file()


def test_sensitivity_makes_as_many_boundaries_as_it_says() -> None:
    (sentence,) = re.findall(r"In `english\.wav` of the demo phonseg makes (.+? at 1)\.", " ".join(README.split()))
    shown = re.findall(r"(\d+) (?:boundaries )?at ([\d.]+)", sentence)
    assert len(shown) == 4
    seg = phonseg.segment(HOUSE / "data" / "demo" / "english.wav")
    assert [(str(len(seg.at(sensitivity=float(at)).boundaries)), at) for _, at in shown] == shown


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R (Debian and Ubuntu: r-base-core)")
def test_the_lines_of_r_run(clone: Path) -> None:
    assert main(["segment", "data/demo", "-o", "segmented", "--format", "textgrid,csv"]) == 0
    (block,) = re.findall(r"```r\n(.*?)```", README, flags=re.DOTALL)
    times = "cat(sprintf('%.17g', c(phones$start, max(phones$end))), sep = '\\n')"
    show = f"\ncat(nrow(segments), '\\n')\n{times}\ncat(phones$label, sep = '\\n')\n"
    done = subprocess.run(["Rscript", "-"], input=block + show, capture_output=True, encoding="utf-8", check=True)
    lines = done.stdout.splitlines()[4:]  # without the summaries
    expected = phonseg.read_textgrid("segmented/english.TextGrid")
    n = len(expected)
    assert int(lines.pop(0)) == n
    assert np.array_equal([float(line) for line in lines[: n + 1]], [0, *expected.boundaries, expected.duration])
    assert tuple(lines[n + 1 :]) == expected.labels


def test_the_pictures_are_those_that_the_code_makes(tmp_path: Path) -> None:
    shown = re.findall(r"!\[[^\]]{20,}\]\((data/pictures/[^)]+)\)", README)
    kept = sorted((HOUSE / "data" / "pictures").iterdir())
    assert sorted(HOUSE / path for path in shown) == kept
    assert sum(path.stat().st_size for path in kept) < 200_000
    runpy.run_path(str(HOUSE / "data" / "make_pictures.py"))["main"](tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in kept]
    for path in kept:  # another matplotlib may draw a line or a letter otherwise
        both = [np.asarray(Image.open(place).convert("L"), float) for place in (path, tmp_path / path.name)]
        assert both[0].shape == both[1].shape
        assert np.abs(both[0] - both[1]).mean() < 8


def test_the_lines_of_python_run(clone: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert parselmouth.read("english.TextGrid").xmax == soundfile.info("data/demo/english.wav").duration
    assert Path("english.png").read_bytes().startswith(b"\x89PNG")
    assert "R-value" in str(names["score"])


def test_the_settings_shown_are_the_defaults(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    shown = (phonseg.TrainingSettings(), AdaptationSettings(), SpeakerTrainingSettings())
    for block, defaults in zip(blocks, shown, strict=True):
        (tmp_path / "settings.toml").write_text(block)
        assert read_settings(tmp_path / "settings.toml", defaults) == defaults
        assert set(tomllib.loads(block)) == set(asdict(defaults))


def test_readme_and_card_give_the_same_scores() -> None:
    card = (HOUSE / "phonseg" / "models" / "default.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:TIMIT|VoxAngeles).*$", README, flags=re.MULTILINE)
    assert len(rows) == 2
    assert re.findall(r"^\| (?:TIMIT|VoxAngeles).*$", card, flags=re.MULTILINE) == rows


def test_the_card_names_the_model_that_ships() -> None:
    card = (HOUSE / "phonseg" / "models" / "default.md").read_text(encoding="utf-8")
    model = phonseg.load()
    assert f"`{model.digest}`" in card
    assert not model.tuned_on_labels
    assert model.training["settings"] == asdict(phonseg.TrainingSettings())
    assert (HOUSE / "phonseg" / "models" / "default.safetensors").stat().st_size < 2_000_000
