"""What --help shows as an example is run, or, where that would train a model, understood."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from turns_of_speakers import write_rttm

import phonseg.batch.run_batch
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.cli import main as cli
from phonseg.errors import ConfigurationError
from phonseg.praat import plugin as praat_plugin
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn
from phonseg.training.settings import AdaptationSettings, TrainingSettings, read_settings

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
NOT_RUN = ("train", "adapt", "convert")  # long, or in need of a file that others released


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser, and those of all its commands that the help lists."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for listed in action._choices_actions:
                yield from parsers(action.choices[listed.dest])


PARSERS = list(parsers(cli._parser()))


def examples(parser: argparse.ArgumentParser) -> list[list[str]]:
    """The arguments of each example: what stands before two spaces or the end of the line."""
    lines = re.findall(r"^  phonseg (.*?)(?:  .*)?$", parser.epilog or "", flags=re.MULTILINE)
    return [shlex.split(line) for line in lines]


def runnable() -> list[str]:
    every = {shlex.join(example) for parser in PARSERS for example in examples(parser)}
    return sorted(line for line in every if not line.startswith((*NOT_RUN, "COMMAND")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the examples speak of."""
    place = tmp_path_factory.mktemp("examples")
    for name in ("recordings", "references", "textgrids", "more", "corrected"):
        (place / name).mkdir()
    for path in DEMO.glob("english.*"):
        shutil.copy(path, place / "recordings" if path.suffix == ".wav" else place / "references")
    shutil.copy(DEMO / "english.TextGrid", place / "textgrids")
    shutil.copy(DEMO / "english.TextGrid", place / "corrected")
    shutil.copy(DEMO / "english.TextGrid", place / "corrected.TextGrid")
    shutil.copy(DEMO / "english.TextGrid", place / "interview.TextGrid")
    shutil.copy(DEMO / "english.wav", place / "interview.wav")
    for name in ("reference", "interview", "corrected", "references/english", "diarized/english"):
        write_rttm(place / f"{name}.rttm", [(0.5, 2.0, "speaker_1")])
    reference = read_textgrid(DEMO / "english.TextGrid")
    reference.to_textgrid(place / "both.TextGrid", tier="auto", into=DEMO / "english.TextGrid")
    turns = (Turn(0, 0.5, "Interviewer"), Turn(0.25, 1, "Ms B"))
    Diarization(turns, 2.0).to_textgrid(place / "talk.TextGrid")
    shutil.copy(ROOT / "phonseg" / "models" / "default.safetensors", place / "mine.safetensors")
    return place


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_every_command_has_examples_of_its_own(parser: argparse.ArgumentParser) -> None:
    assert examples(parser)
    for example in examples(parser):
        assert ["phonseg", *example][: len(parser.prog.split())] == parser.prog.split()
        if example != ["COMMAND", "--help"]:
            assert callable(cli._parser().parse_args(example).run)
    assert all(len(line) <= 100 for line in parser.format_help().splitlines() if line.startswith("  phonseg"))


@pytest.mark.parametrize("line", runnable())
def test_every_example_runs(folder: Path, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "here"))  # an example may change what it is about
    monkeypatch.setattr(phonseg.batch.run_batch, "Workers", ThreadPoolExecutor)
    monkeypatch.setattr(praat_plugin, "own_preferences_folders", lambda: (folder / "praat6", folder / "praat7"))
    assert cli.main(shlex.split(line)) == 0


@pytest.mark.parametrize("defaults", [TrainingSettings(), AdaptationSettings()], ids=["train", "adapt"])
def test_the_setting_shown_exists_in_both_commands(tmp_path: Path, defaults: AdaptationSettings) -> None:
    (tmp_path / "no.toml").write_text("no")
    with pytest.raises(ConfigurationError) as refused:
        read_settings(tmp_path / "no.toml", defaults)
    training = [parser.format_help() for parser in PARSERS if parser.prog.endswith((" train", " adapt"))]
    assert len(training) == 2
    for text in (str(refused.value), *training):
        (shown,) = re.findall(r"(?:such as|like): (\w+ = \d+)", " ".join(text.split()))
        (tmp_path / "shown.toml").write_text(shown)
        assert read_settings(tmp_path / "shown.toml", defaults) != defaults


def test_help_keeps_the_case_of_names() -> None:
    described = [parser.description for parser in PARSERS if parser.description]
    assert any("TextGrids" in text for text in described)
    assert all(text[0].isupper() and text.endswith(".") for text in described)
    assert not any("textgrid" in text for text in described)
