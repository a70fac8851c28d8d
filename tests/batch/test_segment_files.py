from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import chdir
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from batches import AtOnce, record
from conftest import RATE, mel_segmenter, noise
from fatal import work_or_die
from talkers import Talkers

import phonseg.batch.run_batch
from phonseg import diarize_files, segment_files
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.batch.records.manifest import read_records
from phonseg.batch.records.record import Record
from phonseg.errors import AudioError, ConfigurationError, ModelError
from phonseg.system.ordinary_files import sha256
from phonseg.timeline.segmentation import Segmentation

MODEL = replace(mel_segmenter(), digest="5e")
ENDS = (".TextGrid", ".csv", ".json", ".ctm")
ROOT = Path(__file__).resolve().parents[2]


Run = Callable[..., list[Record]]
run: Run = partial(segment_files, model=MODEL, executor=AtOnce(), progress=False)


@pytest.fixture(name="run", params=["segment", "diarize"])
def either(request: pytest.FixtureRequest) -> Run:
    """A batch of either command that writes TextGrids. The tests without this fixture are of segmenting alone."""
    if request.param == "segment":
        return run
    return partial(diarize_files, model=Talkers(), formats=("textgrid",), executor=AtOnce(), progress=False)


@dataclass(frozen=True)
class Kind:
    """A command as a program and as a function, which do the same, and arguments with which it does something else."""

    program: list[str]
    work: Run
    otherwise: dict[str, object]


@pytest.fixture(params=["segment", "diarize"])
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param == "segment":
        return Kind(["-m", "phonseg", "segment"], partial(segment_files, progress=False), {"sensitivity": 0.4})
    program = [str(ROOT / "tests" / "talkers.py"), "diarize", "--format", "textgrid"]
    work = partial(diarize_files, model=Talkers(), formats=("textgrid",), progress=False)
    return Kind(program, work, {"speakers": 3})


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.TextGrid")}


def untimed(folder: Path) -> list[Record]:
    return [replace(record, elapsed=None) for record in read_records(folder)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three recordings in three folders, one file that is none, and one that is no sound file and looks like one."""
    root = tmp_path / "in"
    record(root / "a.wav")
    record(root / "deep" / "er" / "b.flac", 1)
    record(root / "deep" / "c.WAV", 2)
    (root / "notes.txt").write_text("not a recording")
    (root / "broken.wav").write_text("<html><body>404</body></html>")
    return root


def test_a_tree_is_mirrored_and_one_bad_file_stops_none(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    records = run(tree, out)
    statuses = [(one.recording.relative_to(tree).as_posix(), one.status) for one in records]
    assert statuses == [("a.wav", "done"), ("broken.wav", "failed"), ("deep/c.WAV", "done"), ("deep/er/b.flac", "done")]
    assert sorted(written(out)) == ["a.TextGrid", "deep/c.TextGrid", "deep/er/b.TextGrid"]
    assert "broken.wav" in records[1].message
    assert "HTML" in records[1].message
    for one in records:
        if one.status == "done":
            assert len(read_textgrid(one.textgrid).boundaries) == one.boundaries
            assert parselmouth.read(str(one.textgrid)).xmax == one.seconds == soundfile.info(one.recording).duration


def test_the_manifest_has_one_record_of_each(tree: Path, tmp_path: Path) -> None:
    records = run([tree, tree / "a.wav"], tmp_path / "out")
    in_manifest = read_records(tmp_path / "out")
    assert in_manifest == sorted(records, key=lambda one: one.target)
    assert {one.recording for one in in_manifest} == {
        path for path in tree.rglob("*") if path.suffix not in ("", ".txt")
    }
    of_a = in_manifest[0].files[in_manifest[0].textgrid]
    assert of_a.provenance == MODEL.segment(tree / "a.wav").provenance


def test_beside_the_recordings(tree: Path) -> None:
    run(tree)
    assert sorted(written(tree)) == ["a.TextGrid", "deep/c.TextGrid", "deep/er/b.TextGrid"]
    assert len(read_records(tree)) == 4


def test_the_same_as_one_by_one(tree: Path, tmp_path: Path) -> None:
    run(tree, tmp_path / "out", sensitivity=0.7)
    for name in ("a.wav", "deep/c.WAV", "deep/er/b.flac"):
        alone = tmp_path / "alone.TextGrid"
        MODEL.segment(tree / name, sensitivity=0.7).to_textgrid(alone)
        assert (tmp_path / "out" / name).with_suffix(".TextGrid").read_bytes() == alone.read_bytes()


def test_a_second_run_does_what_is_new(run: Run, tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(tree, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.TextGrid")}
    record(tree / "new.wav", 3)
    (out / "a.TextGrid").unlink()
    assert {one.recording.name: one.status for one in run(tree, out)} == {
        "a.wav": "done",
        "b.flac": "skipped",
        "broken.wav": "failed",
        "c.WAV": "skipped",
        "new.wav": "done",
    }
    changed = {path for path, when in before.items() if path.stat().st_mtime_ns != when}
    assert changed == {out / "a.TextGrid"}


def test_settings_decide_what_is_done_again_and_corrections_stay(tmp_path: Path) -> None:
    recording = record(tmp_path / "a.wav")
    textgrid = tmp_path / "a.TextGrid"
    settings = [{}, {}, {"sensitivity": 0.5}, {"rate": 5}, {"rate": 5}, {"channel": 1}]
    statuses = [run(recording, **how)[0].status for how in settings]
    assert statuses == ["done", "skipped", "skipped", "done", "skipped", "done"]
    textgrid.write_text("corrected by hand")
    (left,) = run(recording)
    assert left.status == "skipped"
    assert "was changed after phonseg wrote it" in left.message
    assert textgrid.read_text() == "corrected by hand"
    assert run(recording, overwrite=True)[0].status == "done"
    assert read_textgrid(textgrid).duration == soundfile.info(recording).duration


def test_a_textgrid_that_phonseg_did_not_write_is_left_alone(run: Run, tmp_path: Path) -> None:
    recording = record(tmp_path / "a.wav")
    (tmp_path / "a.TextGrid").write_text("made by hand")
    (left,) = run(recording)
    assert (left.status, left.boundaries) == ("skipped", None)
    assert "phonseg did not write it" in left.message
    assert (tmp_path / "a.TextGrid").read_text() == "made by hand"


def test_a_warning_is_part_of_the_record(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    (one,) = run(tmp_path / "silent.wav", tmp_path / "out")
    assert one.status == "warned"
    assert "silence" in one.message
    assert one.boundaries == 0
    assert len(read_textgrid(one.textgrid)) == 1


@pytest.mark.parametrize(
    "name",
    ["a b $HOME 'q' \"r\".wav", "-o.wav", "ʃə\u0301😀.wav", "new\nline.wav", os.fsdecode(b"not-utf8-\xff\xe9.wav")],
)
def test_whatever_a_recording_is_called(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "in" / "x.wav").rename(tmp_path / "in" / name)
    (one,) = run("in", "out")
    assert one.status == "done"
    assert [path.name for path in (tmp_path / "out").glob("*.TextGrid")] == [f"{Path(name).stem}.TextGrid"]
    assert read_records(Path("out"))[0].recording == Path("in", name)
    assert run("in", "out")[0].status == "skipped"


def test_threads_do_as_one_thread(run: Run, tmp_path: Path) -> None:
    for i in range(8):
        soundfile.write(tmp_path / f"{i}.wav", np.zeros(RATE) if i % 2 else noise(RATE, i), RATE)
    run(tmp_path, tmp_path / "one")
    with ThreadPoolExecutor(4) as threads:
        run(tmp_path, tmp_path / "four", executor=threads)
        assert threads.submit(abs, -1).result() == 1  # it is left running
    assert written(tmp_path / "one") == written(tmp_path / "four")
    messages = [[one.message for one in read_records(tmp_path / out)] for out in ("one", "four")]
    assert messages[0] == messages[1]
    assert [bool(message) for message in messages[0]] == [False, True] * 4


def test_processes_do_as_one_thread_even_if_one_of_them_dies(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tree / "fatal.wav", 3)
    monkeypatch.setattr(phonseg.batch.run_batch, "work_on", work_or_die)
    one, two = tmp_path / "one", tmp_path / "two"
    records = segment_files(tree, two, model=MODEL, jobs=2, progress=False)
    fatal = [record for record in records if record.recording.name == "fatal.wav"]
    assert [record.status for record in fatal] == ["failed"]
    assert "fatal.wav: the process that worked on it died (signal 9)" in fatal[0].message
    monkeypatch.undo()
    again = run(tree, two)
    assert [record.recording.name for record in again if record.status == "done"] == ["fatal.wav"]
    run(tree, one)
    assert written(one) == written(two)


def test_a_mistake_of_ours_fails_one_file(
    run: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(request: object, recording: Path, places: object) -> object:
        if recording.name == "a.wav":
            raise IndexError("7")
        return work_or_die(request, recording, places)

    monkeypatch.setattr(phonseg.batch.run_batch, "work_on", stumble)
    records = run(tree, tmp_path / "out")
    assert [one.status for one in records] == ["failed", "failed", "done", "done"]
    assert re.search(r"a\.wav: cannot be (segmented|diarized) \(IndexError\('7'\)\)", records[0].message)


def test_options_reach_the_segmenter(tmp_path: Path) -> None:
    recording = record(tmp_path / "x.wav")
    counts = [
        run(recording, tmp_path / str(i), sensitivity=sensitivity)[0].boundaries
        for i, sensitivity in enumerate((0.0, 0.5, 1.0))
    ]
    assert counts[0] == 0
    assert counts == sorted(counts)  # type: ignore[type-var]


def test_options_are_tried_before_any_recording(tmp_path: Path) -> None:
    recording = record(tmp_path / "x.wav")
    with pytest.raises(ConfigurationError, match="sensitivity is 2"):
        run(recording, tmp_path / "out", sensitivity=2)
    with pytest.raises(ModelError, match="there is no such model"):
        run(recording, tmp_path / "out", model=tmp_path / "nowhere.safetensors")
    with pytest.raises(ConfigurationError, match=r"^jobs is 0\. Give 1 or more\.$"):
        run(recording, tmp_path / "out", executor=None, jobs=0)
    with pytest.raises(ConfigurationError, match=r"^jobs is 2, but there is an executor\. Leave one of them out\.$"):
        run(recording, tmp_path / "out", jobs=2)
    with pytest.raises(AudioError, match="does not exist"):
        run([recording, tmp_path / "nowhere.wav"], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    assert written(tmp_path / "out") == {}


def test_a_shard_does_its_part(run: Run, tmp_path: Path) -> None:
    for i in range(4):
        soundfile.write(tmp_path / "in" / f"{i}.wav" if i else record(tmp_path / "in" / "0.wav"), noise(RATE, i), RATE)
    parts = [run(tmp_path / "in", tmp_path / "out", shard=(i, 3)) for i in (1, 2, 3)]
    names = [one.recording.name for part in parts for one in part]
    assert sorted(names) == ["0.wav", "1.wav", "2.wav", "3.wav"]
    assert [one.status for one in run(tmp_path / "in", tmp_path / "out")] == ["skipped"] * 4
    assert run(tmp_path / "in" / "0.wav", tmp_path / "no", shard=(1 + 10**6, 10**9)) == []
    assert not (tmp_path / "no").exists()


def test_an_interrupted_run_keeps_what_is_done(
    run: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(phonseg.batch.run_batch.Progress, "advance", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(tree, tmp_path / "out")
    monkeypatch.undo()
    (done,) = read_records(tmp_path / "out")
    assert done.status == "done"
    assert sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file()) == sorted(
        [done.textgrid, tmp_path / "out" / "phonseg-manifest.jsonl"]
    )
    again = {one.recording: one.status for one in run(tree, tmp_path / "out")}
    assert again.pop(done.recording) == "skipped"
    assert sorted(again.values()) == ["done", "done", "failed"]


def test_an_interrupted_run_asks_no_more_of_its_executor(
    run: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out: list[Future[object]] = []

    class OneAtATime(AtOnce):
        def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            handed_out.append(super().submit(function, *args, **kwargs) if len(handed_out) < 2 else Future())
            return handed_out[-1]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(phonseg.batch.run_batch.Progress, "advance", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(tree, tmp_path / "out", executor=OneAtATime())
    assert [future.cancelled() for future in handed_out] == [False, False, True, True, True]


def test_the_work_may_be_done_in_another_folder_and_begins_with_the_largest(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[int] = []

    class Elsewhere(AtOnce):
        def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            order.extend(path.stat().st_size for path in args[1:2])
            (tmp_path / "elsewhere").mkdir(exist_ok=True)
            with chdir(tmp_path / "elsewhere"):
                return super().submit(function, *args, **kwargs)

    monkeypatch.chdir(tmp_path)
    mel_segmenter().save("model.safetensors")
    records = run("in", "out", model="model.safetensors", executor=Elsewhere())
    assert [one.status for one in records] == ["done", "failed", "done", "done"]
    assert records[0].recording == Path("in/a.wav")
    assert order == sorted(order, reverse=True)
    assert len(order) == 4


def start(kind: Kind, *arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, *kind.program, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, **pipes, text=True, preexec_fn=heed_interrupts)


def heed_interrupts() -> None:
    """Lets the program be interrupted, which one that was started in the background of a shell ignores."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty recordings of a second or two in four folders."""
    folder = tmp_path_factory.mktemp("many")
    for i in range(60):
        record(folder / f"{i % 4}" / f"{i}.wav", i)
    return folder


@pytest.mark.slow
def test_whenever_a_run_is_killed_the_next_does_the_rest_and_only_the_rest(
    kind: Kind, many: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    out = tmp_path / "out"
    for jobs in (1, 2, 1, 2, 1, 2, 1, 2):
        if len(written(out)) > 40:  # a fast run leaves too little for another one
            break
        enough = len(written(out)) + random.integers(1, 6)
        with start(kind, many, "-o", out, "--jobs", f"{jobs}") as process:
            while process.poll() is None and len(written(out)) < enough:
                time.sleep(0.001)
            time.sleep(random.uniform(0, 0.02))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert enough <= len(written(out)) < 60
        for path in out.rglob("*.TextGrid"):
            assert len(read_textgrid(path, tier=1)) >= 1
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.TextGrid")}
    records = kind.work(many, out, jobs=2)
    assert {one.textgrid for one in records if one.status == "skipped"} == set(before)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(records) == len(read_records(out)) == len(written(out)) == 60
    for path in out.rglob(".phonseg*"):  # at most one for each that was killed; next time it is removed
        os.utime(path, (0, 0))
    kind.work(many, out, jobs=2, **kind.otherwise)
    assert len([one for one in read_records(out) if one.status == "done"]) == 60
    assert not list(out.rglob(".phonseg*"))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_in_order(
    kind: Kind, many: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "out"
    with start(kind, many, "-o", out, "--jobs", "2") as process:
        while process.poll() is None and len(written(out)) < 3:
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate()  # which ends when the workers have ended too
    assert process.returncode == code
    assert said == "phonseg: stopped.\n"
    records = read_records(out)
    assert {one.textgrid.relative_to(out).as_posix() for one in records} == set(written(out))
    assert {one.status for one in records} == {"done"}
    assert not list(out.rglob(".phonseg*"))
    assert sum(one.status == "done" for one in kind.work(many, out)) == 60 - len(records)


@pytest.mark.slow
def test_workers_that_are_killed_lose_what_they_held_and_no_more(kind: Kind, many: Path, tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    killed = 0
    with start(kind, many, "-o", tmp_path / "out", "--jobs", "2") as process:
        while process.poll() is None and killed < 3:
            if len(written(tmp_path / "out")) > 5 * killed:
                for child in psutil.Process(process.pid).children()[:1]:
                    child.kill()
                    killed += 1
            time.sleep(0.01)
        _, said = process.communicate()
    assert process.returncode == (1 if "failed: " in said else 0)
    assert 0 <= said.count("died (signal 9)") <= 3
    statuses = [one.status for one in read_records(tmp_path / "out")]
    assert len(statuses) == 60
    assert statuses.count("failed") == said.count("died (signal 9)") == 60 - len(written(tmp_path / "out"))


@pytest.mark.slow
def test_two_runs_at_once_may_be_killed_at_any_time(kind: Kind, many: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    out, by_hand = tmp_path / "out", dict[Path, bytes]()
    for round_ in range(6):
        runs = [
            start(kind, many, "-o", out, "--format", formats, "--jobs", "1")
            for formats in ("textgrid,csv", "textgrid,json")
        ]
        enough = len(written(out)) + random.integers(2, 9)
        while any(one.poll() is None for one in runs) and len(written(out)) < enough:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.05))
        for one in runs if round_ % 2 else runs[:1]:
            one.kill()
        ended = [one.communicate() for one in runs]
        assert not any("Traceback" in said for both in ended for said in both)
        path = sorted(out.rglob("*.TextGrid"))[round_]
        by_hand[path] = path.read_bytes() + b"\n"
        path.write_bytes(by_hand[path])
    assert {path: path.read_bytes() for path in by_hand} == by_hand
    formats = ("textgrid", "csv", "json")
    kind.work(many, out, formats=formats, jobs=2)
    records = kind.work(many, out, formats=formats, jobs=2)
    assert {path: path.read_bytes() for path in by_hand} == by_hand
    assert len(records) == len(read_records(out)) == 60
    assert {one.status for one in records} == {"skipped"}
    assert [one.textgrid for one in records if one.message] == [
        one.textgrid for one in records if one.textgrid in by_hand
    ]
    for one in records:
        for file, made in one.files.items():
            assert (made.sha256 == sha256(file.read_bytes())) == (file not in by_hand)


def test_several_formats_are_written_at_once_and_skipped_afterwards(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    formats = ("textgrid", "csv", "json", "ctm", "audacity", "elan")
    records = run(tree, out, formats=formats, check=3, labels="empty")
    made = [one for one in records if one.status == "done"]
    assert len(made) == 3
    for one in made:
        names = {path.name.removeprefix(one.target.name) for path in one.files}
        assert names == {".TextGrid", ".csv", ".json", ".ctm", ".labels.txt", ".eaf"}
        assert one.files[one.textgrid].provenance.settings == {
            "channel": "mix",
            "sensitivity": 0.5,
            "labels": "empty",
            "check": 3,
        }
    assert [one.status for one in run(tree, out, formats=formats, check=3, labels="empty")] == [
        *("skipped", "failed", "skipped", "skipped")
    ]
    assert [one.status for one in run(tree, out, formats=formats, check=2)] == ["done", "failed", "done", "done"]


def test_into_adds_to_what_is_there_and_to_nothing_else(tree: Path, tmp_path: Path) -> None:
    grids = tmp_path / "grids"
    for name in ("a", "deep/c"):
        recording = next(tree.glob(f"{name}.*"))
        (grids / name).parent.mkdir(exist_ok=True, parents=True)
        duration = soundfile.info(recording).duration
        Segmentation([0.1], duration, labels=["w", ""]).to_textgrid(grids / f"{name}.TextGrid", tier="words")
    statuses = {one.recording.name: one.status for one in run(tree, into=grids)}
    assert statuses == {"a.wav": "done", "b.flac": "failed", "broken.wav": "failed", "c.WAV": "done"}
    a = grids / "a.TextGrid"
    assert read_textgrid(a, tier="words").labels == ("w", "")
    assert read_textgrid(a).boundaries.tolist() == MODEL.segment(tree / "a.wav").boundaries.tolist()
    assert [one.status for one in run(tree / "a.wav", into=a)] == ["skipped"]
    # phonseg's tier is replaced as long as nobody has touched the file ...
    (again,) = run(tree / "a.wav", into=a, sensitivity=0.0)
    assert (again.status, again.files[a].whole) == ("done", False)
    assert read_textgrid(a).boundaries.tolist() == []
    assert read_textgrid(a, tier="words").labels == ("w", "")
    # ... and the file itself is nobody's to replace.
    (left,) = run(tree / "a.wav", grids, sensitivity=1.0)
    assert (left.status, "left alone" in left.message) == ("skipped", True)
    a.write_bytes(a.read_bytes() + b"\n")
    (left,) = run(tree / "a.wav", into=a)
    assert (left.status, left.message) == (
        "skipped",
        f'{a}: has a tier called "phones" already, which is left alone. It is replaced only with --overwrite; '
        "or give another --tier.",
    )
    (more,) = run(tree / "a.wav", into=a, tier="more", check=2)
    assert more.status == "done"
    assert run(tree / "a.wav", into=a, overwrite=True)[0].status == "done"
    assert len(read_textgrid(a).boundaries) > 0


def test_two_recordings_of_one_name_fail_and_the_rest_is_segmented(run: Run, tree: Path, tmp_path: Path) -> None:
    record(tree / "a.flac", 3)
    record(tree / "deep" / "C.wav", 4)
    statuses = {one.recording.name: (one.status, one.message) for one in run(tree, tmp_path / "out")}
    assert {name: status for name, (status, _) in statuses.items()} == {
        **dict.fromkeys(["a.wav", "a.flac", "c.WAV", "C.wav", "broken.wav"], "failed"),
        "b.flac": "done",
    }
    assert (
        f"a.wav: would be written to {tmp_path / 'out' / 'a.TextGrid'}, as {tree / 'a.flac'} would."
        in (statuses["a.wav"][1])
    )
    assert len(read_records(tmp_path / "out")) == 6
    (tree / "a.flac").unlink()
    again = {one.recording.name: one.status for one in run(tree, tmp_path / "out")}
    assert (again["a.wav"], again["b.flac"], again["C.wav"]) == ("done", "skipped", "failed")
    assert len(read_records(tmp_path / "out")) == 5
    parts = [run(tree, tmp_path / "parts", shard=(i, 2)) for i in (1, 2)]
    assert sorted(one.recording.name for part in parts for one in part) == sorted(again)
    assert {one.recording.name: one.status for part in parts for one in part} == {**again, "b.flac": "done"}


@pytest.mark.parametrize("error", [OSError(errno.EINVAL, "Invalid argument"), MemoryError(), KeyError("x")])
def test_whatever_one_recording_raises_the_others_are_segmented(
    run: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def stumble(request: object, recording: Path, places: object) -> object:
        if recording.name == "a.wav":
            raise error
        return work_or_die(request, recording, places)

    monkeypatch.setattr(phonseg.batch.run_batch, "work_on", stumble)
    records = run(tree, tmp_path / "out")
    assert [one.status for one in records] == ["failed", "failed", "done", "done"]
    assert re.search(r"a\.wav: cannot be (segmented|diarized) \(", records[0].message)
    assert ("mistake of phonseg's" in records[0].message) == isinstance(error, KeyError)


def test_an_executor_that_breaks_down_fails_what_it_did_not_do(run: Run, tree: Path, tmp_path: Path) -> None:
    class Breaking(AtOnce):
        def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            if "c.WAV" in str(args):
                raise BrokenExecutor("all processes have ended")
            return super().submit(function, *args, **kwargs)

    statuses = {one.recording.name: one.status for one in run(tree, tmp_path / "out", executor=Breaking())}
    assert statuses == {"a.wav": "done", "broken.wav": "failed", "b.flac": "done", "c.WAV": "failed"}


def test_runs_of_several_formats_at_once_with_corrections_end_well(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    for i in range(4):
        record(folder / f"{i}.wav", i)
    by_hand: dict[Path, bytes] = {}

    def go(formats: tuple[str, ...], sensitivity: float) -> None:
        with ThreadPoolExecutor(2) as threads:
            run(folder, out, formats=formats, sensitivity=sensitivity, executor=threads)

    for sensitivity in (0.4, 0.5, 0.6):
        several = [("textgrid",), ("csv",), ("csv", "json"), ("textgrid", "ctm")]
        with ThreadPoolExecutor(len(several)) as threads:
            for future in [threads.submit(go, formats, sensitivity) for formats in several]:
                future.result()
        path = out / "1.TextGrid"
        by_hand = by_hand or {path: path.read_bytes() + b"\n"}
        path.write_bytes(by_hand[path])
    assert {path: path.read_bytes() for path in by_hand} == by_hand
    assert not list(out.glob(".phonseg*"))
    for path in out.glob("*.TextGrid"):
        assert len(read_textgrid(path)) >= 1
    formats = ("textgrid", "csv", "json", "ctm")
    run(folder, out, formats=formats, sensitivity=0.6)
    records = run(folder, out, formats=formats, sensitivity=0.6)
    assert [one.status for one in records] == ["skipped"] * 4
    assert len(read_records(out)) == 4
    assert [bool(one.message) for one in records] == [False, True, False, False]
    for one in records:
        known = {file.name: made.sha256 == sha256(file.read_bytes()) for file, made in one.files.items()}
        assert known == {f"{one.target.name}{end}": end != ".TextGrid" or not one.message for end in ENDS}


def test_the_files_of_another_recording_are_left_alone(tmp_path: Path) -> None:
    one, two, out = tmp_path / "1" / "x.wav", tmp_path / "2" / "x.wav", tmp_path / "out"
    record(one, 1)
    record(two, 2)
    run(one, out)
    before = (out / "x.TextGrid").read_bytes()
    (left,) = run(two, out)
    assert (left.status, (out / "x.TextGrid").read_bytes()) == ("skipped", before)
    assert left.message.startswith(f"{out / 'x.TextGrid'}: holds the boundaries of {one}, so it is left alone.")
    assert [again.status for again in run(two, out)] == ["skipped"]  # whatever the manifest says now
    assert (out / "x.TextGrid").read_bytes() == before
    assert [again.message for again in run(one, out)] == [""]
    one.unlink()  # as if it had been moved
    assert [done.status for done in run(two, out)] == ["done"]
    assert (out / "x.TextGrid").read_bytes() != before
    record(one, 1)
    assert [done.status for done in run(one, out, overwrite=True)] == ["done"]
