from __future__ import annotations

from pathlib import Path

import pytest

from phonseg.annotation.readers import read_reference
from phonseg.cli.main import main
from phonseg.errors import TextGridError
from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.pairs.pairing import REFERENCES, pair
from phonseg.evaluation.score import CorpusScore
from phonseg.timeline.segmentation import Segmentation

TIMES = [0.125, 0.25, 0.5]
MADE = Segmentation(TIMES, 1.0, labels=["a", "b", "c", "d"])


@pytest.fixture
def references(tmp_path: Path) -> Path:
    """The same segments in every form, each under the name of its suffix."""
    folder = tmp_path / "references"
    folder.mkdir()
    edges = [0.0, *TIMES, 1.0]
    rows = list(zip(edges[:-1], edges[1:], "abcd", strict=True))
    MADE.save(folder / "textgrid.TextGrid")
    MADE.save(folder / "csv.csv")
    MADE.save(folder / "eaf.eaf")
    (folder / "phn.PHN").write_text("".join(f"{16_000 * a:.0f} {16_000 * b:.0f} {label}\n" for a, b, label in rows))
    (folder / "phones.phones").write_text("#\n" + "".join(f"{b} 121 {label}\n" for _, b, label in rows))
    (folder / "lab.lab").write_text("".join(f"{1e7 * a:.0f} {1e7 * b:.0f} {label}\n" for a, b, label in rows))
    (folder / "speakers.csv").write_text("speaker,age\n1,30\n")
    return folder


def test_every_kind_reads_the_same(references: Path) -> None:
    found = REFERENCES.find(references)
    assert [path.name for path in found] == [
        *("csv.csv", "eaf.eaf", "lab.lab", "phn.PHN", "phones.phones", "textgrid.TextGrid")
    ]
    for path in found:
        assert list(read_reference(path).intervals()) == list(MADE.intervals()), path


def test_every_kind_is_scored_in_a_folder(references: Path, tmp_path: Path) -> None:
    predictions = tmp_path / "predictions"
    predictions.mkdir()
    for path in REFERENCES.find(references):
        MADE.to_textgrid(predictions / f"{path.stem}.TextGrid", tier="segments")
    score = evaluate(references, predictions)
    assert isinstance(score, CorpusScore)
    assert (score.failed, len(score.files), score.f1) == ({}, 6, 1.0)


def test_of_several_kinds_the_first_counts(references: Path, tmp_path: Path) -> None:
    for kind in ("csv", "eaf", "lab"):
        (references / f"{kind}.{kind}").rename(references / f"x.{kind}")
    assert pair(references, references).pairs["x"][0].suffix == ".lab"
    (references / "textgrid.TextGrid").rename(references / "x.TextGrid")
    assert pair(references, references).pairs["x"][0].suffix == ".TextGrid"


def test_what_is_no_reference_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        TextGridError, match=r"a\.wav: is not a known kind of reference. Give one of these: \.textgrid, "
    ):
        read_reference(tmp_path / "a.wav")


def test_the_command_says_what_is_wrong(references: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = references / "phn.PHN"
    broken.write_text("0 10 a\nten 20 b\n")
    assert main(["evaluate", str(broken), str(references / "csv.csv")]) == 1
    assert "phn.PHN: line 2 is not a segment" in capsys.readouterr().err
