"""Many recordings -> turns, also beside and in the files of phonseg.segment_files, which neither command replaces."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import parselmouth
import pytest
import soundfile
from batches import AtOnce, record
from conftest import RATE, mel_segmenter
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call
from talkers import Talkers

import phonseg
from phonseg import diarize_files, segment_files
from phonseg.annotation.textgrid.add_tiers import existing_tiers
from phonseg.annotation.textgrid.parser import open_textgrid
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.batch.records.manifest import Manifest, read_records
from phonseg.batch.records.record import Record
from phonseg.diarization.options import DiarizeOptions
from phonseg.errors import ConfigurationError
from phonseg.system.ordinary_files import sha256

MODEL = Talkers()
segment: Callable[..., list[Record]] = partial(
    segment_files, model=replace(mel_segmenter(), digest="5e"), executor=AtOnce(), progress=False
)
diarize: Callable[..., list[Record]] = partial(diarize_files, model=MODEL, executor=AtOnce(), progress=False)


@pytest.fixture
def x(tmp_path: Path) -> Path:
    return record(tmp_path / "in" / "x.wav")


def tiers(grid: Path) -> list[str]:
    return existing_tiers(grid.read_bytes(), grid)


def told(records: list[Record]) -> tuple[str, str]:
    (one,) = records
    return one.status, one.message


def test_the_same_as_one_by_one(tmp_path: Path) -> None:
    a, b = record(tmp_path / "in" / "a.wav"), record(tmp_path / "in" / "deep" / "b.flac", 1)
    records = diarize(tmp_path / "in", tmp_path / "out", speakers=3, formats=("textgrid", "rttm", "csv", "json"))
    assert [(one.status, one.turns, one.speakers, one.boundaries) for one in records] == [("done", 6, 3, None)] * 2
    assert [one.seconds for one in records] == [soundfile.info(path).duration for path in (a, b)]
    for one in records:
        alone = DiarizeOptions(MODEL, 3).diarize(one.recording)
        for suffix in (".TextGrid", ".rttm", ".csv", ".json"):
            alone.save(tmp_path / f"alone{suffix}")
            assert (tmp_path / f"alone{suffix}").read_bytes() == Path(f"{one.target}{suffix}").read_bytes()
        assert [of.provenance for of in one.files.values()] == [alone.provenance] * 4
    assert read_records(tmp_path / "out") == records
    again = diarize(tmp_path / "in", tmp_path / "out", speakers=3, formats=("textgrid", "rttm", "csv", "json"))
    assert [one.status for one in again] == ["skipped", "skipped"]
    statuses = [told(diarize(a, tmp_path / "out", speakers=n))[0] for n in ((3, 4), (3, 4), 3)]
    assert statuses == ["done", "skipped", "done"]


def test_with_phones_the_textgrid_has_them_below_the_speakers(x: Path, tmp_path: Path) -> None:
    (one,) = diarize(x, tmp_path / "out", phones=True)
    assert tiers(one.textgrid) == ["speaker 1", "speaker 2", "phones"]
    boundaries = phonseg.segment(x).boundaries
    assert read_textgrid(one.textgrid).boundaries.tolist() == boundaries.tolist()
    assert (one.boundaries, one.turns, one.speakers) == (len(boundaries), 4, 2)
    assert one.files[one.textgrid].provenance.settings == {
        "channel": "mix",
        "phones": True,
        "phones_model": phonseg.load().digest,
    }
    assert told(diarize(x, tmp_path / "out", phones=True)) == ("skipped", "")
    assert told(diarize(x, tmp_path / "out")) == ("done", "")
    assert tiers(one.textgrid) == ["speaker 1", "speaker 2"]
    with pytest.raises(ConfigurationError, match="phones"):
        diarize(x, tmp_path / "out", phones=True, formats=("rttm",))


def test_recordings_that_cannot_be_diarized_fail_alone(tmp_path: Path) -> None:
    record(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "page.wav").write_text("<html>")
    soundfile.write(tmp_path / "in" / "silent.wav", np.zeros(RATE), RATE)
    a, page, silent = diarize(tmp_path / "in", tmp_path / "out", phones=True)
    assert (a.status, page.status, silent.status) == ("done", "failed", "warned")
    assert "HTML" in page.message
    assert silent.message.count("silent.wav: nobody speaks.") == 1
    assert silent.message.count("is digital silence") == 1  # although it was read twice
    assert tiers(silent.textgrid) == ["speaker 1", "phones"]
    (few,) = diarize(tmp_path / "in" / "a.wav", tmp_path / "out", speakers=10)
    assert (few.status, few.message) == (
        "failed",
        f"{tmp_path / 'in' / 'a.wav'}: has too little speech for 10 speakers. Ask for fewer.",
    )
    assert few.files == a.files


def test_options_are_tried_before_any_recording(x: Path, tmp_path: Path) -> None:
    for how, message in (
        ({"speakers": 0}, "speakers is 0"),
        ({"channel": 0}, "channel is 0"),
        ({"formats": ("ctm",)}, "no format ctm"),
        ({"jobs": 2}, "there is an executor"),
        ({"into": x.parent, "formats": ("rttm",)}, "is for TextGrids"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            diarize(x, None if "into" in how else tmp_path / "out", **how)
    assert not (tmp_path / "out").exists()


def test_a_line_of_the_manifest_tells_turns_and_speakers(x: Path, tmp_path: Path) -> None:
    diarize(x, tmp_path / "out", formats=("rttm",))
    segment(x, tmp_path / "out2")
    turns, boundaries = (
        json.loads((tmp_path / out / "phonseg-manifest.jsonl").read_text())["files"] for out in ("out", "out2")
    )
    assert {name: turns["x.rttm"].get(name) for name in ("turns", "speakers", "tiers")} == {
        "turns": 4,
        "speakers": 2,
        "tiers": None,
    }
    assert "boundaries" not in turns["x.rttm"]
    assert list(boundaries["x.TextGrid"]) == [
        *("sha256", "boundaries", "seconds", "warning", "recording_bytes", "recording_modified", "provenance"),
        *("whole", "recording"),
    ]


def test_both_commands_work_in_one_folder_and_both_resume(x: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for statuses in (("done", "done"), ("skipped", "skipped")):
        assert (told(segment(x, out)), told(diarize(x, out, formats=("rttm",)))) == tuple((one, "") for one in statuses)
    (one,) = read_records(out)
    assert sorted(file.name for file in one.files) == ["x.TextGrid", "x.rttm"]
    assert (one.turns, one.speakers, one.boundaries) == (4, 2, len(read_textgrid(one.textgrid).boundaries))
    assert told(segment(x, out, sensitivity=0.4)) == ("done", "")
    assert told(diarize(x, out, formats=("rttm",), speakers=3)) == ("done", "")


@pytest.mark.parametrize("suffix", [".TextGrid", ".csv", ".json"])
@pytest.mark.parametrize("first", [segment, diarize])
@pytest.mark.parametrize("changed", [False, True])
def test_neither_command_replaces_a_file_of_the_other(
    x: Path, tmp_path: Path, suffix: str, first: Callable[..., list[Record]], changed: bool
) -> None:
    out, formats = tmp_path / "out", (suffix[1:].lower(),)
    file = out / f"x{suffix}"
    second = diarize if first is segment else segment
    first(x, out, formats=formats)
    if changed:
        file.write_bytes(file.read_bytes() + b"\n")
    before = file.read_bytes()
    status, message = told(second(x, out, formats=formats))
    assert (status, file.read_bytes()) == ("skipped", before)
    found, command, own = ("boundaries", "segment", "turns") if first is segment else ("turns", "diarize", "boundaries")
    into = f" add the {own} to it with --into." if suffix == ".TextGrid" else ""
    if changed:
        assert message.startswith(f"{file}: was changed after phonseg wrote it, so it is left alone.")
        assert message.endswith(into or "only with --overwrite.")
    else:
        holds = f"{file}: holds the {found} that phonseg {command} found, so it is left alone. Choose another folder"
        assert message == holds + (f", or{into}" if into else ".")
        assert told(first(x, out, formats=formats)) == ("skipped", "")
    assert told(second(x, out, formats=formats, overwrite=True))[0] == "done"
    assert file.read_bytes() != before


def test_beside_a_textgrid_of_the_other_command_the_other_formats_are_written(x: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    segment(x, out)
    before = (out / "x.TextGrid").read_bytes()
    for expected in ("warned", "skipped"):
        (one,) = diarize(x, out)
        assert one.status == expected
        assert one.message.startswith(f"{out / 'x.TextGrid'}: holds the boundaries that phonseg segment found")
    assert (out / "x.TextGrid").read_bytes() == before
    assert (out / "x.rttm").exists()
    assert told(segment(x, out)) == ("skipped", "")


def test_a_textgrid_by_hand_stays_and_the_message_says_what_to_do(x: Path, tmp_path: Path) -> None:
    grid = tmp_path / "in" / "x.TextGrid"
    phonseg.segment(x).to_textgrid(grid, tier="words")
    before = grid.read_bytes()
    status, message = told(diarize(x))
    assert (status, grid.read_bytes()) == ("warned", before)
    assert message == (
        f"{grid}: is there already, and phonseg did not write it, so it is left alone. It is replaced only with "
        "--overwrite; or add the turns to it with --into."
    )
    assert told(diarize(x, into=grid)) == ("done", "")
    assert tiers(grid) == ["words", "speaker 1", "speaker 2"]
    assert told(diarize(x, into=grid)) == ("skipped", "")
    assert "holds what phonseg did not write, so it is left alone" in told(diarize(x))[1]


@pytest.mark.parametrize("first", [segment, diarize])
def test_each_command_adds_to_what_the_other_made_and_each_knows_its_own(
    x: Path, tmp_path: Path, first: Callable[..., list[Record]]
) -> None:
    out, second = tmp_path / "out", diarize if first is segment else segment
    grid = out / "x.TextGrid"
    names = {segment: ["phones"], diarize: ["speaker 1", "speaker 2"]}
    first(x, out)
    assert told(second(x, into=out)) == ("done", "")
    assert tiers(grid) == [*names[first], *names[second]]
    for command, where in ((first, {"output": out}), (second, {"into": out}), (first, {"into": grid})):
        assert told(command(x, **where)) == ("skipped", "")
    # A new setting: the whole file would lose what the other command found, and the tiers alone do not.
    other = {segment: {"sensitivity": 0.4}, diarize: {"speakers": 3}}
    status, message = told(first(x, out, **other[first]))
    assert status == ("skipped" if first is segment else "warned")
    assert f"{grid}: also holds the " in message
    assert told(first(x, into=out, **other[first])) == ("done", "")
    assert told(second(x, into=out)) == ("skipped", "")
    assert told(second(x, into=out, **other[second])) == ("done", "")
    assert told(first(x, into=out, **other[first])) == ("skipped", "")
    assert sorted(tiers(grid)) == ["phones", "speaker 1", "speaker 2", "speaker 3"]
    assert len(read_records(out)) == 1
    (one,) = first(x, into=out, **other[first])
    assert (one.turns, one.speakers) == (6, 3)
    assert one.boundaries == len(read_textgrid(grid).boundaries)


@pytest.mark.parametrize("form", ["Save as text file", "Save as short text file", "Save as binary file"])
def test_speakers_that_are_no_longer_found_go_and_all_else_stays(x: Path, tmp_path: Path, form: str) -> None:
    grid = tmp_path / "x.TextGrid"
    call(call("Create TextGrid", 0, soundfile.info(x).duration, "words notes", "notes"), form, str(grid))
    for n in (3, 5, 1, 2, 2, 4):
        assert told(diarize(x, into=grid, speakers=n))[0] in ("done", "skipped")
        read = parselmouth.read(str(grid))
        names = [call(read, "Get tier name", i + 1) for i in range(call(read, "Get number of tiers"))]
        assert names == tiers(grid) == ["words", "notes", *(f"speaker {i + 1}" for i in range(n))]
        spoken = {
            call(read, "Get label of interval", 3, i + 1) for i in range(call(read, "Get number of intervals", 3))
        }
        assert spoken == {"speaker 1", ""} if n > 1 else {"speaker 1"}


def test_the_speakers_of_a_person_stay(x: Path, tmp_path: Path) -> None:
    grid = tmp_path / "x.TextGrid"
    phonseg.segment(x).to_textgrid(grid, tier="speaker 7")
    before = grid.read_bytes()
    status, message = told(diarize(x, into=grid, formats=("textgrid",)))
    assert (status, grid.read_bytes()) == ("skipped", before)
    assert message == (
        f'{grid}: has a tier called "speaker 7" already, which is left alone. It is replaced only with --overwrite; '
        "or give that tier another name."
    )
    assert told(diarize(x, into=grid, overwrite=True)) == ("done", "")
    assert tiers(grid) == ["speaker 7", "speaker 1", "speaker 2"]  # a speaker who was not found is not phonseg's


def test_speakers_that_were_named_stay_named(x: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    grid = out / "x.TextGrid"
    diarize(x, out)
    grid.write_bytes(grid.read_bytes().replace(b"speaker 1", b"Anna").replace(b"speaker 2", b"Ben"))
    status, message = told(diarize(x, out))
    assert status == "skipped"
    assert message == (
        f"{grid}: was changed after phonseg wrote it, so it is left alone. It is replaced only with --overwrite. "
        f"{out / 'x.rttm'}: holds the automatic turns, not those of {grid}, which was changed after phonseg wrote it. "
        f"phonseg export {grid} --format rttm --overwrite writes the corrected ones."
    )
    assert [one.message for one in phonseg.export(grid, formats=("rttm",), overwrite=True)] == [""]
    assert " Anna " in (out / "x.rttm").read_text()
    assert told(diarize(x, out))[1].count("was changed after phonseg wrote it") == 2
    for _ in range(2):
        left = f"{grid}: was changed after phonseg put the turns into it, so it is left alone. "
        assert told(diarize(x, into=out, speakers=3, formats=("textgrid",))) == (
            "skipped",
            f"{left}They are added again only with --overwrite.",
        )
        assert told(segment(x, into=out))[0] in ("done", "skipped")  # which changes nothing of that
        assert tiers(grid) == ["Anna", "Ben", "phones"]
    assert told(diarize(x, into=out, overwrite=True)) == ("done", "")
    assert tiers(grid) == ["Anna", "Ben", "phones", "speaker 1", "speaker 2"]
    assert told(diarize(x, into=out)) == ("skipped", "")
    assert told(segment(x, into=out)) == ("skipped", "")


def test_of_a_textgrid_that_was_changed_only_known_speakers_are_removed(x: Path, tmp_path: Path) -> None:
    grid = tmp_path / "x.TextGrid"
    phonseg.segment(x).to_textgrid(grid, tier="words")
    diarize(x, into=grid, speakers=3)
    phonseg.segment(x).to_textgrid(grid, tier="speaker 4", into=grid)
    assert told(diarize(x, into=grid, formats=("textgrid",)))[0] == "skipped"
    assert told(diarize(x, into=grid, overwrite=True)) == ("done", "")
    assert tiers(grid) == ["words", "speaker 1", "speaker 2", "speaker 4"]


def test_phones_of_the_other_command_are_replaced_only_on_demand(x: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    grid = out / "x.TextGrid"
    segment(x, out, sensitivity=0.4)
    before = grid.read_bytes()
    status, message = told(diarize(x, into=out, phones=True))
    assert (status, grid.read_bytes()) == ("warned", before)
    assert message.endswith("It is replaced only with --overwrite; or leave out --phones.")
    assert told(diarize(x, into=out, phones=True, overwrite=True)) == ("done", "")
    assert tiers(grid) == ["phones", "speaker 1", "speaker 2"]
    assert told(diarize(x, into=out, phones=True)) == ("skipped", "")
    assert "or give another --tier" in told(segment(x, into=out, sensitivity=0.4))[1]
    assert told(segment(x, into=out, tier="mine")) == ("done", "")
    assert told(diarize(x, into=out)) == ("done", "")  # without phones, which were its own
    assert tiers(grid) == ["speaker 1", "speaker 2", "mine"]


def test_several_tiers_of_one_command_are_all_known(x: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    segment(x, out)
    assert told(segment(x, into=out, tier="more", check=2)) == ("done", "")
    assert told(segment(x, into=out)) == told(segment(x, into=out, tier="more", check=2)) == ("skipped", "")
    assert told(segment(x, into=out, sensitivity=0.4)) == ("done", "")
    assert told(segment(x, into=out, tier="more")) == ("done", "")
    assert tiers(out / "x.TextGrid") == ["phones", "more"]  # and no decisions to check in boundaries of before
    assert told(segment(x, into=out, sensitivity=0.4)) == ("skipped", "")


def test_what_the_other_command_writes_meanwhile_stays(x: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    class AfterTheOther(AtOnce):
        def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            if args:
                segment(x, out)
            return super().submit(function, *args, **kwargs)

    (one,) = diarize(x, out, executor=AfterTheOther())
    assert (one.status, one.turns) == ("warned", 4)
    assert "holds the boundaries that phonseg segment found" in one.message
    assert tiers(out / "x.TextGrid") == ["phones"]
    (left,) = read_records(out)
    assert left == one
    assert sorted(file.name for file in one.files) == ["x.TextGrid", "x.rttm"]


def test_both_commands_at_once_lose_nothing(tmp_path: Path) -> None:
    folder, grids = tmp_path / "in", tmp_path / "grids"
    for i in range(4):
        x = record(folder / f"{i}.wav", i)
        grids.mkdir(exist_ok=True)
        phonseg.segment(x, rate=2).to_textgrid(grids / f"{i}.TextGrid", tier="words")
    words = [contents(path)["words"] for path in sorted(grids.glob("*.TextGrid"))]
    for n in (2, 3):
        runs = [partial(segment, folder, into=grids, sensitivity=0.3 + n / 10)]
        runs += [partial(segment, folder, into=grids, tier="more")]
        runs += [partial(diarize, folder, into=grids, speakers=n)]
        with ThreadPoolExecutor(len(runs)) as threads:
            for future in [threads.submit(run) for run in runs]:
                future.result()
        for run in runs:  # what was written by another run at the last moment was left alone
            run()
        assert {told([one]) for run in runs for one in run()} == {("skipped", "")}
        expected = {"words", "phones", "more", *(f"speaker {i + 1}" for i in range(n))}
        assert [set(tiers(path)) for path in sorted(grids.glob("*.TextGrid"))] == [expected] * 4
    assert [contents(path)["words"] for path in sorted(grids.glob("*.TextGrid"))] == words


def test_a_batch_needs_no_neural_network_of_its_own() -> None:
    heavy = "{'torch', 'scipy', 'matplotlib', 'parselmouth'}"
    script = f"import sys, phonseg.batch.diarize_files; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"


OWN = {"segment": {"phones"}, "diarize": {"speaker 1", "speaker 2", "speaker 3"}}
EVENTS = st.one_of(
    st.tuples(st.sampled_from(["segment", "diarize"]), st.booleans(), st.integers(1, 3), st.booleans()),
    st.sampled_from(["note", "rename", "delete"]),
)


@settings(max_examples=40)
@given(st.lists(EVENTS, min_size=2, max_size=8))
def test_whatever_both_commands_do_in_one_folder_no_tier_of_anybody_else_is_lost(
    tmp_path_factory: pytest.TempPathFactory, events: list[Any]
) -> None:
    root = tmp_path_factory.mktemp("both")
    x, grid = record(root / "x.wav"), root / "x.TextGrid"
    theirs: dict[str, bytes] = {}  # tiers of persons
    for number, event in enumerate(events):
        before = contents(grid)
        if isinstance(event, tuple):
            command, into, n, killed = event
            how: dict[str, Any] = {"sensitivity": 0.3 + 0.1 * n} if command == "segment" else {"speakers": n}
            how |= {"into": grid} if into else {}
            work = segment if command == "segment" else partial(diarize, formats=("textgrid",))
            if into and not grid.exists():
                continue
            with patch.object(Manifest, "settle", lambda _: {}) if killed else nullcontext():
                (one,) = work(x, **how)
            after = contents(grid)
            assert one.status in ("done", "skipped")
            assert ("left alone" in one.message) == (one.status == "skipped" and bool(one.message))
            others = {name: data for name, data in before.items() if name not in OWN[command] or name in theirs}
            assert {name: after.get(name) for name in others} == others
            if one.status == "done":  # nothing of an earlier run is left
                assert len(OWN[command] & set(after) - set(theirs)) == (1 if command == "segment" else n)
                made = one.files[grid]
                assert made.sha256 == sha256(grid.read_bytes())
                assert set(made.tier_names) == OWN[command] & set(after) - set(theirs)
            else:
                assert after == before
            if not killed and not one.message:
                assert told(work(x, **how)) == ("skipped", "")
        elif event == "delete":
            grid.unlink(missing_ok=True)
            theirs = {}
        elif grid.exists():
            if event == "note":
                read_textgrid(grid, tier=1).to_textgrid(grid, tier=f"note {number}", into=grid)
            else:
                name = tiers(grid)[0].encode()
                grid.write_bytes(grid.read_bytes().replace(b'"%s"' % name, b'"named %d"' % number))
            theirs = contents(grid)  # whoever saves a file is responsible for all of it


def contents(grid: Path) -> dict[str, bytes]:
    """What each tier of a TextGrid holds."""
    if not grid.exists():
        return {}
    file = open_textgrid(grid.read_bytes(), grid)
    return {tier.name: file.bytes_of(tier.place) for tier in file.tiers}
