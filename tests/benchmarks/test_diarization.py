"""The benchmark of who speaks when, on demo voices joined in turns: it prints what phonseg's own functions say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import RATE

import phonseg
from phonseg.audio.find import find_recordings
from phonseg.audio.recording import read
from phonseg.errors import ConfigurationError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

import diarization
import diarizers

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
# Stands in for the peer's Python: one person speaks in all the speech that is given, and nobody if none is.
PEER = f"""#!{sys.executable}
import json, sys
print(json.dumps({{"versions": ["peer 1", "other 2"], "megabytes": 1.5}}), flush=True)
for line in sys.stdin:
    speech = json.loads(line)["speech"] or []
    print(json.dumps({{"turns": [[*one, "a"] for one in speech], "seconds": 0.5}}), flush=True)
"""
PEERS = ["its own", "phonseg's", "the reference's"]  # speech


def conversation(path: Path, order: str) -> None:
    """Voices of the demo in turn, half a second apart, and their RTTM."""
    voices = {path.stem[0]: read(path, sample_rate=RATE)[0] for path in find_recordings(DEMO)}
    pieces, lines, now = [], [], 0.0
    for who in order:
        pieces += [voices[who], np.zeros(RATE // 2, np.float32)]
        seconds = len(voices[who]) / RATE
        lines.append(f"SPEAKER {path.stem} 1 {now:.3f} {seconds:.3f} <NA> <NA> {who} <NA> <NA>\n")
        now += seconds + 0.5
    soundfile.write(path, np.concatenate(pieces), RATE)
    path.with_suffix(".rttm").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("conversations")
    first, second = (path.stem[0] for path in find_recordings(DEMO)[:2])
    conversation(folder / "plain_2spk_1.wav", first + second)
    conversation(folder / "room_2spk_1.flac", second + first)
    conversation(folder / "meeting.wav", first)
    soundfile.write(folder / "alone.wav", np.zeros(RATE), RATE)
    return folder


@pytest.fixture(scope="module")
def ran(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What diarization.py prints and writes, in a process of its own, since it keeps to one core."""
    beside: Path = tmp_path_factory.mktemp("peer")
    peer, file = beside / "python", beside / "figures.json"
    peer.write_text(PEER, encoding="utf-8")
    peer.chmod(0o755)
    command = [sys.executable, ROOT / "benchmarks" / "diarization.py", folder, "--resemblyzer", peer, "--json", file]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text("utf-8"))


def rows(report: dict[str, Any], **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report["sets"][0]["rows"]
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


def test_every_system_has_a_row_for_every_variant_and_for_all(ran: tuple[str, dict[str, Any]]) -> None:
    peer = "Resemblyzer + spectralcluster"
    expected = {
        (variant, system, speech, 3 if variant == "all" else 1)
        for variant in ("plain", "room", "unnamed", "all")
        for system, speech in [("phonseg", "its own"), *((peer, speech) for speech in PEERS)]
    }
    found = [(row["variant"], row["system"], row["speech"], row["files"]) for row in rows(ran[1])]
    assert set(found) == expected
    assert len(found) == len(expected)
    assert found[-4][0] == "all"
    assert list(ran[1]["systems"]) == ["phonseg", peer]


def test_the_figures_are_those_of_phonseg(ran: tuple[str, dict[str, Any]], folder: Path, tmp_path: Path) -> None:
    for recording in (folder / "plain_2spk_1.wav", folder / "room_2spk_1.flac", folder / "meeting.wav"):
        diarizers.diarize(recording).to_rttm(tmp_path / f"{recording.stem}.rttm")
    (row,) = rows(ran[1], variant="all", system="phonseg")
    for collar, figures in ((0.0, row), (0.25, row["with_collar"])):
        score = phonseg.evaluate_diarization(folder, tmp_path, collar=collar)
        assert figures["error_rate"] == pytest.approx(score.error_rate, abs=1e-3)  # RTTM has milliseconds
        assert figures["confusion"] == pytest.approx(score.confusion, abs=1e-3)
        assert figures["change_hits"] == score.change_hits
        assert row["count_exact"] == score.count_exact
        assert row["count_within_one"] == score.count_within_one
    assert row["seconds_per_hour"] > 0


def test_a_peer_is_given_the_speech_of_the_others(ran: tuple[str, dict[str, Any]]) -> None:
    own, ours, given = (rows(ran[1], variant="all", speech=speech)[-1] for speech in PEERS)
    (phonseg_row,) = rows(ran[1], variant="all", system="phonseg")
    assert (own["missed"], own["found_speakers"]) == (1, 0)
    for kind in ("missed", "false_alarm"):  # the demo voices do not overlap
        assert ours[kind] == pytest.approx(phonseg_row[kind], abs=1e-6)
        assert given[kind] == pytest.approx(0, abs=1e-6)
    assert given["count_exact"] == pytest.approx(1 / 3)  # the meeting of one
    assert given["megabytes"] == 1.5
    assert given["seconds_per_hour"] == pytest.approx(1.5 / given["hours"])


def test_the_table_shows_what_is_written(ran: tuple[str, dict[str, Any]]) -> None:
    lines = [line.strip("|").split("|") for line in ran[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    assert cells[0] == list(diarization.TITLES)
    assert cells[2:] == [diarization.cells(row) for row in rows(ran[1])]


def test_what_has_no_reference_is_listed(ran: tuple[str, dict[str, Any]]) -> None:
    assert list(ran[1]["sets"][0]["failed"]) == ["alone.wav"]
    assert "3 recordings; not scored: 1" in ran[0]


@pytest.mark.parametrize(
    ("stem", "variant"),
    [
        *(("plain_2spk_1", "plain"), ("overlap-room_4spk_12", "overlap-room"), ("even_10spk_1_again", "even")),
        *(("meeting", "unnamed"), ("room_1", "unnamed"), ("2spk_1", "unnamed")),
    ],
)
def test_names_tell_variants(stem: str, variant: str) -> None:
    assert diarization.variant(stem) == variant


def test_speech_is_where_anybody_speaks() -> None:
    turns = [Turn(0, 2, "a"), Turn(1, 1.5, "b"), Turn(2, 3, "b"), Turn(4, 6, "a"), Turn(5, 7, "b"), Turn(8, 9, "a")]
    assert diarizers.spoken(Diarization(tuple(turns), 9), 6.5) == [(0, 3), (4, 6.5)]


def test_the_size_is_that_of_the_model_with_the_digest() -> None:
    file = Path(phonseg.__file__).parent / "models" / "default.safetensors"
    assert diarizers.megabytes(phonseg.load("default").digest) == file.stat().st_size / 1e6
    assert np.isnan(diarizers.megabytes("another"))


@pytest.mark.parametrize("python", ["missing", sys.executable])
def test_a_peer_that_cannot_run_is_named(python: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{python}: "), diarizers.Resemblyzer(Path(python)):
        pass


def test_a_set_without_references_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "alone.wav", np.zeros(RATE), RATE)
    with pytest.raises(ConfigurationError, match=r"has no recording with an RTTM file\. .*alone\.rttm"):
        diarization.hear(tmp_path, None)
