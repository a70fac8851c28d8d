"""What README shows is run, and what it says of the model is what the model's card says."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import parselmouth
import pytest
import soundfile

from phonseg.training import DEFAULTS
from phonseg.training_settings import read_settings

HOUSE = Path(__file__).parent.parent
README = (HOUSE / "README.md").read_text(encoding="utf-8")


def test_the_lines_of_python_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").symlink_to(HOUSE / "data")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert parselmouth.read("english.TextGrid").xmax == soundfile.info("data/demo/english.wav").duration
    assert Path("english.png").read_bytes().startswith(b"\x89PNG")
    assert "R-value" in str(names["score"])


def test_the_settings_shown_are_the_defaults(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "train.toml").write_text(block)
    assert read_settings(tmp_path / "train.toml") == DEFAULTS
    assert set(tomllib.loads(block)) == set(asdict(DEFAULTS))


def test_readme_and_card_tell_the_same_scores() -> None:
    card = (HOUSE / "phonseg" / "models" / "default.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:TIMIT|VoxAngeles).*$", README, flags=re.MULTILINE)
    assert len(rows) == 2
    assert re.findall(r"^\| (?:TIMIT|VoxAngeles).*$", card, flags=re.MULTILINE) == rows


def test_the_card_names_the_model_that_ships() -> None:
    import phonseg

    card = (HOUSE / "phonseg" / "models" / "default.md").read_text(encoding="utf-8")
    model = phonseg.load()
    assert f"`{model.digest}`" in card
    assert not model.tuned_on_labels
    assert model.training["settings"] == asdict(DEFAULTS)
    assert (HOUSE / "phonseg" / "models" / "default.safetensors").stat().st_size < 2_000_000
