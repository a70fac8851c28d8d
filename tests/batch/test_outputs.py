"""What is done again, what is skipped, and what is never touched; also when a run is killed at the worst moment."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings, strategies as st

from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.writer import textgrid_bytes
from phonseg.audio.find import search
from phonseg.batch.jobs import Job, plan_jobs
from phonseg.batch.outputs import Outputs
from phonseg.batch.records.manifest import Manifest, Shard, read_records
from phonseg.batch.records.record import Record
from phonseg.batch.segment_files import SegmentTask
from phonseg.batch.task import WorkerResult
from phonseg.errors import OutputError
from phonseg.system.atomic_files import replacing
from phonseg.system.ordinary_files import sha256
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation

A, B = (Provenance("1.0", "a model", digest, {"channel": "mix"}) for digest in ("aa", "bb"))


class Killed(BaseException):
    """Instead of SIGKILL, after which nothing more is done."""


def result(text: str = "a TextGrid", provenance: Provenance = A, warning: str = "") -> WorkerResult:
    return WorkerResult({".TextGrid": text.encode()}, 1.5, provenance, 3, warning=warning, elapsed=0.1)


def of(job: Job) -> Path:
    """The TextGrid of a recording."""
    return job.files[".TextGrid"]


def run(job: Job, made: WorkerResult | str, *, overwrite: bool = False, others: list[Job] | None = None) -> Record:
    """A run of one recording, whose segmenting gives a result or an error."""
    with closing(Outputs([job, *(others or [])], shard=None, overwrite=overwrite, task=SegmentTask())) as outputs:
        provenance = made.provenance if isinstance(made, WorkerResult) else A
        if not outputs.settles(job, provenance):
            if isinstance(made, WorkerResult):
                outputs.place(job, made)
            else:
                outputs.fail(job, made)
    return outputs.record(job)


def only_record(job: Job) -> Record:
    (record,) = read_records(job.folder)
    return record


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "x.wav").write_bytes(b"sound")
    (job,) = plan_jobs(search(tmp_path / "in"), tmp_path / "out")
    return job


def test_a_textgrid_is_written_and_recorded(job: Job) -> None:
    record = run(job, result())
    assert of(job).read_bytes() == b"a TextGrid"
    assert (record.status, record.message, record.boundaries, record.seconds) == ("done", "", 3, 1.5)
    assert record == only_record(job)
    made = record.files[of(job)]
    assert (made.recording_bytes, made.recording_modified) == (5, job.recording.stat().st_mtime)


def test_a_warning_is_recorded_and_stays_while_nothing_changes(job: Job) -> None:
    assert run(job, result(warning="odd")).status == "warned"
    again = run(job, result(warning="odd"))
    assert (again.status, again.message) == ("skipped", "odd")


def test_what_failed_is_tried_again(job: Job) -> None:
    failed = run(job, "x.wav: cannot be read.")
    assert (failed.status, failed.message, failed.files) == ("failed", "x.wav: cannot be read.", {})
    assert not of(job).exists()
    assert run(job, result()).status == "done"
    assert run(job, "x.wav: cannot be read.").status == "skipped"


def test_what_fails_later_leaves_the_textgrid_and_its_origin(job: Job) -> None:
    done = run(job, result())
    failed = run(job, "x.wav: cannot be read.", overwrite=True)
    assert (failed.status, failed.files) == ("failed", done.files)
    assert of(job).read_bytes() == b"a TextGrid"
    assert run(job, result()).status == "skipped"


@pytest.mark.parametrize(
    ("what", "again"),
    [
        ("nothing", "skipped"),
        ("the model", "done"),
        ("a setting", "done"),
        ("the size of the recording", "done"),
        ("the time of the recording", "done"),
        ("the textgrid", "skipped"),
        ("the textgrid and the model", "skipped"),
        ("the manifest", "skipped"),
        ("the textgrid is gone", "done"),
        ("the textgrid and the manifest are gone", "done"),
    ],
)
def test_what_is_done_again(job: Job, what: str, again: str) -> None:
    run(job, result())
    provenance = A
    if what in ("the model", "the textgrid and the model"):
        provenance = B
    if what == "a setting":
        provenance = replace(A, settings={"channel": 1})
    if what.startswith("the size"):
        job = replace(job, size=6)
    if what.startswith("the time"):
        job = replace(job, modified=job.modified + 1)
    if what in ("the textgrid", "the textgrid and the model"):
        of(job).write_bytes(b"corrected")
    if "gone" in what:
        of(job).unlink()
    if "manifest" in what:
        (job.folder / "phonseg-manifest.jsonl").unlink()
    before = of(job).read_bytes() if of(job).exists() else None
    record = run(job, result("another", provenance))
    assert record.status == again
    assert of(job).read_bytes() == (b"another" if again == "done" else before)
    assert record == only_record(job)
    said = {
        "the textgrid": "was changed after phonseg wrote it, so it is left alone",
        "the textgrid and the model": "was changed after phonseg wrote it, so it is left alone",
        "the manifest": "is there already, and phonseg did not write it, so it is left alone",
    }
    assert said.get(what, "") in record.message
    assert bool(record.message) == (what in said)
    assert run(job, result("another", provenance), overwrite=True).status == "done"
    assert of(job).read_bytes() == b"another"


def test_without_a_digest_nobody_knows_the_model(job: Job) -> None:
    nameless = replace(A, digest="")
    assert [run(job, result(provenance=nameless)).status for _ in range(2)] == ["done", "done"]


def test_a_correction_that_is_undone_is_none(job: Job) -> None:
    run(job, result())
    of(job).write_bytes(b"corrected")
    assert "was changed" in run(job, result()).message
    of(job).write_bytes(b"a TextGrid")
    assert (run(job, result()).status, only_record(job).message) == ("skipped", "")
    assert run(job, result("other", B)).status == "done"


def test_what_somebody_writes_during_the_run_is_left_alone(job: Job) -> None:
    with closing(Outputs([job], shard=None, overwrite=False, task=SegmentTask())) as outputs:
        assert not outputs.settles(job, A)
        of(job).parent.mkdir(parents=True)
        of(job).write_bytes(b"by hand")
        outputs.place(job, result())
    assert of(job).read_bytes() == b"by hand"
    assert only_record(job).status == "skipped"


def test_two_runs_at_once_end_well(job: Job, tmp_path: Path) -> None:
    (tmp_path / "in" / "y.wav").touch()
    x, y = plan_jobs(search(tmp_path / "in"), tmp_path / "out")
    first, second = (Outputs([x, y], shard=None, overwrite=False, task=SegmentTask()) for _ in range(2))
    for outputs in (first, second):
        assert not outputs.settles(x, A)
        assert not outputs.settles(y, A)
    for outputs, job in [(first, x), (second, x)]:
        outputs.place(job, result(job.place))
    first.close()
    second.place(y, result("y.wav"))
    second.close()
    assert [second.record(job).status for job in (x, y)] == ["done", "done"]
    known = [record.files[of(job)].sha256 for job, record in zip((x, y), read_records(x.folder), strict=True)]
    assert known == [sha256(of(job).read_bytes()) for job in (x, y)]
    assert run(x, result("other")).status == "skipped"


@pytest.mark.parametrize("shard", [None, (1, 1)])
@pytest.mark.parametrize("ended", [False, True])
def test_what_another_run_writes_meanwhile_is_known_at_once_and_to_the_next(
    job: Job, shard: Shard | None, ended: bool
) -> None:
    first, second = (Outputs([job], shard=one, overwrite=False, task=SegmentTask()) for one in (None, shard))
    assert not second.settles(job, A)
    first.place(job, result("one"))
    if ended:
        first.close()
    second.place(job, result("another"))
    assert of(job).read_bytes() == b"one"
    assert (second.record(job).status, second.record(job).message) == ("skipped", "")
    second.close()
    if not ended:
        first.close()
    assert run(job, result("a third", B)).status == "done"


@pytest.mark.parametrize("shard", [None, (1, 1)])
def test_what_another_run_makes_of_files_that_were_skipped_stays_known(job: Job, shard: Shard | None) -> None:
    run(job, result())
    first, second = (Outputs([job], shard=one, overwrite=False, task=SegmentTask()) for one in (None, shard))
    assert first.settles(job, A)
    second.place(job, result("another", B))
    second.close()
    first.close()
    again = run(job, result("a third"))
    assert (again.status, again.message) == ("done", "")


@pytest.mark.parametrize("ends", [0, 1, 2])
def test_no_run_takes_what_another_wrote_meanwhile_for_a_correction(tmp_path: Path, ends: int) -> None:
    job = both(tmp_path)
    run(job, files("1"))
    table = replace(job, files={".csv": job.files[".csv"]})
    first = Outputs([table], shard=None, overwrite=False, task=SegmentTask())
    run(replace(job, files={".TextGrid": of(job)}), files("2", B))
    for _ in range(ends):
        Manifest(job.folder, None).settle()
    assert not first.settles(table, B)
    first.place(table, files("2", B))
    first.close()
    assert (first.record(table).status, first.record(table).message) == ("done", "")
    of(job).write_bytes(b"corrected")
    assert "changed after phonseg wrote it" in run(job, files("3")).message


def test_every_shard_knows_what_the_others_made(job: Job) -> None:
    with closing(Outputs([job], shard=(2, 3), overwrite=False, task=SegmentTask())) as outputs:
        outputs.place(job, result())
    assert (job.folder / "phonseg-manifest-2-of-3.jsonl").exists()
    assert run(job, result()).status == "skipped"
    assert run(job, result("other", B)).status == "done"


def test_of_two_records_of_one_content_the_one_that_is_up_to_date_counts(job: Job) -> None:
    with closing(Outputs([job], shard=(1, 1), overwrite=False, task=SegmentTask())) as outputs:
        outputs.place(job, result())
    assert [run(job, result(provenance=B)).status for _ in range(2)] == ["done", "skipped"]
    assert run(job, result(provenance=A)).status == "skipped"


def test_a_record_that_a_full_disk_has_cut_costs_no_other(job: Job) -> None:
    job.folder.mkdir()
    (job.folder / "phonseg-manifest.jsonl").write_bytes(b'{"recording": "half a l')
    with patch.object(Manifest, "settle", lambda _: {}):
        run(job, result())
    assert run(job, result("other", B)).status == "done"


def test_a_manifest_that_cannot_be_written_is_found_at_the_start(job: Job) -> None:
    (job.folder / "phonseg-manifest.jsonl").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"phonseg-manifest\.jsonl: cannot be written"):
        Outputs([job], shard=None, overwrite=False, task=SegmentTask())


def test_an_output_that_cannot_be_made_is_found_at_the_start(tmp_path: Path, job: Job) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match=r"out: cannot be made \(a file has that name\)"):
        Outputs([job], shard=None, overwrite=False, task=SegmentTask())
    (below,) = plan_jobs(search(tmp_path / "in"), tmp_path / "out" / "below")
    with pytest.raises(OutputError, match=r"below: cannot be made \(a file has the name of a folder above it\)"):
        Outputs([below], shard=None, overwrite=False, task=SegmentTask())
    assert (tmp_path / "out").read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_an_output_that_is_closed_is_found_at_the_start(tmp_path: Path, job: Job) -> None:
    (tmp_path / "out").mkdir(0o555)
    with pytest.raises(OutputError, match="cannot be written"):
        Outputs([job], shard=None, overwrite=False, task=SegmentTask())


def test_what_stands_in_the_way_of_one_stops_no_other(tmp_path: Path) -> None:
    names = ["folder", "pipe", "deep/in-a-file", "out/of-the-output", "n" * 250, "fine"]
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / f"{name}.wav").touch()
    out = tmp_path / "out"
    (out / "folder.TextGrid").mkdir(parents=True)
    os.mkfifo(out / "pipe.TextGrid")
    (out / "deep").touch()
    (out / "out").symlink_to(tmp_path)
    jobs = plan_jobs(search(tmp_path / "in"), out)
    with closing(Outputs(jobs, shard=None, overwrite=True, task=SegmentTask())) as outputs:
        for job in jobs:
            if not outputs.settles(job, A):
                outputs.place(job, result())
    said = {job.target.name[:20]: outputs.record(job).message for job in jobs}
    assert said.pop("fine") == ""
    assert {name: message.partition("(")[2].partition(")")[0] for name, message in said.items()} == {
        "folder": "it is a folder",
        "pipe": "it is a pipe or a device",
        "in-a-file": "Not a directory",
        "of-the-output": "",
        "n" * 20: "File name too long",
    }
    assert "would be written outside" in said["of-the-output"]
    assert [record.status for record in read_records(out)] == ["failed", "done", "failed", "failed", "failed", "failed"]
    assert not list(tmp_path.glob("*.TextGrid"))


@pytest.mark.parametrize("before", [None, b"a TextGrid"])
def test_a_full_disk_ends_the_run_and_the_next_goes_on(job: Job, before: bytes | None) -> None:
    if before:
        run(job, result())

    move = os.replace

    def full(source: Path, target: Path) -> None:
        if target.suffix == ".TextGrid":
            raise OSError(errno.ENOSPC, "No space left on device")
        move(source, target)

    with patch("os.replace", full), pytest.raises(OutputError, match=r"No space left on device"):
        run(job, result("new", B))
    assert (of(job).read_bytes() if of(job).exists() else None) == before
    assert [path.name for path in job.folder.rglob(".*")] == []
    assert run(job, result("new", B)).status == "done"


def test_what_a_killed_run_left_half_written_is_removed(job: Job) -> None:
    run(job, result())
    stale = of(job).with_name(f".phonseg-{'0' * 32}")
    stale.touch()
    os.utime(stale, (0, 0))
    run(job, result())
    assert sorted(path.name for path in of(job).parent.iterdir()) == ["x.TextGrid"]


MOMENTS = ["at the start", "before it is recorded", "before it is written", "before it is in place", "at the end"]


@contextmanager
def killed(moment: str | None) -> Iterator[None]:
    """The run in the block is killed at that moment."""

    @contextmanager
    def dying(path: Path, *how: Callable[[], None]) -> Iterator[Path]:
        if moment == "before it is written" and path.suffix == ".TextGrid":
            raise Killed
        with replacing(path, *how) as partial:
            yield partial
            if moment == "before it is in place" and path.suffix == ".TextGrid":
                raise Killed

    def die(*_: object) -> None:
        raise Killed

    patches = [patch("phonseg.batch.records.file_plan.replacing", dying)]
    if moment is not None:
        patches.append(patch.object(Manifest, "settle", die if moment == "at the end" else lambda _: {}))
    if moment == "at the start":
        patches.append(patch.object(Outputs, "settles", die))
    if moment == "before it is recorded":
        patches.append(patch.object(Manifest, "add", die))
    with ExitStack() as stack:
        for one in patches:
            stack.enter_context(one)
        try:
            yield
        except Killed:
            assert moment


@pytest.mark.parametrize("moment", ["before it is written", "before it is in place"])
def test_the_textgrid_that_was_to_be_replaced_stays_known(job: Job, moment: str) -> None:
    run(job, result("old", B))
    with killed(moment):
        run(job, result("new", A))
    assert of(job).read_bytes() == b"old"
    assert run(job, "x.wav: cannot be read.").status == "failed"
    assert run(job, result("new", A)).status == "done"


EVENTS = st.one_of(
    st.tuples(st.just("run"), st.sampled_from([A, B]), st.none() | st.sampled_from(MOMENTS)),
    st.sampled_from([("fail",), ("correct",), ("delete",), ("record anew",), ("lose the manifest",)]),
)


@settings(max_examples=60)
@given(st.lists(EVENTS, min_size=2, max_size=9))
def test_whatever_happens_corrections_stay_and_the_rest_is_up_to_date(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, Provenance, str | None]]
) -> None:
    root = tmp_path_factory.mktemp("outputs")
    recording = root / "x.wav"
    recording.write_bytes(b"")
    ours: set[bytes] = set()  # what phonseg wrote since the manifest was lost
    there: bytes | None = None
    for number, (event, *how) in enumerate([*events, ("run", A, None)]):
        (job,) = plan_jobs(search(root), None)
        if event == "correct":
            there = f"corrected {number}".encode()
            of(job).write_bytes(there)
        elif event == "fail":
            run(job, "the recording cannot be read")
        elif event == "delete":
            there = None
            of(job).unlink(missing_ok=True)
        elif event == "record anew":
            recording.write_bytes(recording.read_bytes() + b".")
        elif event == "lose the manifest":
            ours = set()
            for path in root.glob("*.jsonl"):
                path.unlink()
        else:
            provenance, moment = how
            new = f"{provenance.digest} {job.size}".encode()
            with killed(moment):
                run(job, result(new.decode(), provenance))
            wanted = new if there is None or there in ours else there
            found = of(job).read_bytes() if of(job).exists() else None
            assert found == wanted or (moment and found == there)
            if found != there:
                ours.add(new)
            there = found
            if moment is None:
                assert only_record(job).status in (("done", "skipped") if there == new else ("skipped",))


def both(tmp_path: Path) -> Job:
    """A recording that becomes a TextGrid and a table."""
    (tmp_path / "x.wav").write_bytes(b"sound")
    (job,) = plan_jobs(search(tmp_path / "x.wav"), None, suffixes=(".TextGrid", ".csv"))
    return job


def files(text: str, provenance: Provenance = A) -> WorkerResult:
    return replace(result(provenance=provenance), files={".TextGrid": text.encode(), ".csv": f"{text},".encode()})


def test_a_set_is_skipped_only_when_all_of_it_is_there_and_unchanged(tmp_path: Path) -> None:
    job = both(tmp_path)
    table = job.files[".csv"]
    assert run(job, files("1")).status == "done"
    assert (of(job).read_bytes(), table.read_bytes()) == (b"1", b"1,")
    assert run(job, files("1")).status == "skipped"
    table.unlink()
    assert run(job, files("1")).status == "done"
    assert table.read_bytes() == b"1,"
    assert set(only_record(job).files) == {of(job), table}


def test_of_a_set_what_was_corrected_is_left_alone_and_the_rest_is_made_anew(tmp_path: Path) -> None:
    job = both(tmp_path)
    run(job, files("1"))
    of(job).write_bytes(b"corrected")
    again = run(job, files("2", B))
    assert (again.status, of(job).read_bytes(), job.files[".csv"].read_bytes()) == ("warned", b"corrected", b"2,")
    assert "x.TextGrid: was changed after phonseg wrote it, so it is left alone" in again.message
    assert run(job, files("2", B)).status == "skipped"
    assert run(job, files("2", B), overwrite=True).status == "done"
    assert of(job).read_bytes() == b"2"


def test_a_format_that_is_not_asked_for_now_is_still_known_later(tmp_path: Path) -> None:
    job = both(tmp_path)
    alone = replace(job, files={".csv": job.files[".csv"]})
    run(job, files("1"))
    assert run(alone, files("2", B)).status == "done"
    assert {file.name: made.provenance for file, made in only_record(job).files.items()} == {
        "x.TextGrid": A,
        "x.csv": B,
    }
    assert run(job, files("2", B)).status == "done"
    assert of(job).read_bytes() == b"2"


@pytest.mark.parametrize("before", [False, True])
def test_a_set_of_which_a_killed_run_wrote_a_part_is_completed(tmp_path: Path, before: bool) -> None:
    job = both(tmp_path)
    if before:
        run(job, files("0", B))
    with killed(None), patch.object(Manifest, "settle", lambda _: {}):
        real = replacing

        @contextmanager
        def dying(path: Path, *how: Callable[[], None]) -> Iterator[Path]:
            if path.suffix == ".csv":
                raise Killed
            with real(path, *how) as partial:
                yield partial

        with patch("phonseg.batch.records.file_plan.replacing", dying), pytest.raises(Killed):
            run(job, files("1"))
    assert (of(job).read_bytes(), job.files[".csv"].exists()) == (b"1", before)
    assert run(job, "x.wav: cannot be read.").status == "failed"
    assert run(job, files("1")).status == "done"
    assert (of(job).read_bytes(), job.files[".csv"].read_bytes()) == (b"1", b"1,")


def at_the_last_moment(do: Callable[[], object]) -> Any:
    """Something is done between the last look at a file and its replacement, at every replacement."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        do()

    return patch("os.fsync", fsync)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("before", [b"a TextGrid", None])
def test_a_correction_that_is_saved_at_the_last_moment_stays(job: Job, before: bytes | None, overwrite: bool) -> None:
    if before:
        run(job, result())
    with at_the_last_moment(lambda: of(job).write_bytes(b"corrected!")):
        record = run(job, result("a textgrid", B), overwrite=overwrite)
    assert of(job).read_bytes() == b"corrected!"
    assert (record.status, record.message) == (
        "skipped",
        f"{of(job)}: was changed while phonseg was at work, so it is left alone. Run phonseg again.",
    )
    assert record == only_record(job)
    assert [path.name for path in of(job).parent.iterdir()] == ["x.TextGrid"]
    assert "left alone" in run(job, result("a textgrid", B)).message
    assert of(job).read_bytes() == b"corrected!"


def test_of_a_set_what_is_changed_at_the_last_moment_stays_and_the_rest_is_written(tmp_path: Path) -> None:
    job = both(tmp_path)
    run(job, files("1"))
    with at_the_last_moment(lambda: of(job).write_bytes(b"corrected")):
        record = run(job, files("2", B))
    assert (record.status, of(job).read_bytes(), job.files[".csv"].read_bytes()) == ("warned", b"corrected", b"2,")
    assert "x.TextGrid: was changed while phonseg was at work" in record.message
    assert "x.csv: holds the automatic boundaries, not those of" in record.message
    assert "was changed after phonseg wrote it, so it is left alone" in run(job, files("2", B)).message


def test_a_textgrid_that_tiers_are_added_to_is_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"sound")
    grid = tmp_path / "x.TextGrid"
    words = Segmentation([0.5], 1.0, labels=["a", "b"])
    words.to_textgrid(grid, tier="words")
    (job,) = plan_jobs(search(tmp_path / "x.wav"), None, into=grid)
    new = replace(result(), files={".TextGrid": textgrid_bytes(Segmentation([0.25], 1.0), grid)})
    mine = textgrid_bytes(words, grid, tier="mine")
    with at_the_last_moment(lambda: grid.write_bytes(mine)):
        assert run(job, new).status == "skipped"
    assert run(job, new).status == "done"
    assert read_textgrid(grid, tier="mine").labels == ("a", "b")


def test_if_another_run_writes_the_same_at_the_last_moment_all_is_well(job: Job) -> None:
    with at_the_last_moment(lambda: of(job).write_bytes(b"a TextGrid")):
        assert run(job, result()).message == ""
    assert run(job, result("new", B)).status == "done"


@pytest.mark.parametrize("formats", [(".TextGrid", ".csv", ".json"), (".json",)])
def test_files_beside_a_corrected_textgrid_say_that_they_are_not_corrected(
    tmp_path: Path, formats: tuple[str, ...]
) -> None:
    (tmp_path / "x.wav").write_bytes(b"sound")
    (grid,) = plan_jobs(search(tmp_path / "x.wav"), None)
    tier = replace(A, settings={"tier": "my sounds"})
    run(grid, result(provenance=tier))
    of(grid).write_bytes(b"corrected")
    (job,) = plan_jobs(search(tmp_path / "x.wav"), None, suffixes=formats)
    made = replace(result(provenance=tier), files={suffix: suffix.encode() for suffix in formats})
    tables = [str(file) for suffix, file in job.files.items() if suffix != ".TextGrid"]
    command = f"phonseg export {of(grid)} --format {'csv,json' if len(tables) > 1 else 'json'} --tier 'my sounds'"
    hold = "holds" if len(tables) == 1 else "hold"
    told = (
        f"{', '.join(tables)}: {hold} the automatic boundaries, not those of {of(grid)}, "
        f"which was changed after phonseg wrote it. {command} --overwrite writes the corrected ones."
    )
    for status in ("warned", "skipped"):
        record = run(job, made)
        assert record.status == status
        assert record.message.endswith(told)
    of(grid).write_bytes(b"a TextGrid")
    assert "automatic" not in run(job, made).message


def test_a_textgrid_by_hand_that_was_not_asked_for_needs_no_word(tmp_path: Path) -> None:
    job = both(tmp_path)
    of(job).write_bytes(b"by hand")
    alone = replace(job, files={".csv": job.files[".csv"]})
    assert run(alone, files("1")).message == ""
    assert "not those of" in run(job, files("2", B)).message
    assert "which phonseg did not write" in run(job, files("2", B)).message


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), MemoryError(), RecursionError("deep")])
def test_whatever_one_file_raises_fails_one_recording(job: Job, error: Exception) -> None:
    with patch("phonseg.batch.records.planner.digest", side_effect=error):
        record = run(job, result())
    assert record.status == "failed"
    assert "cannot be segmented (" in record.message or "cannot be written (Input/output error)" in record.message
    assert run(job, result()).status == "done"


def test_recordings_of_the_same_files_fail_and_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"sound")
    (job,) = plan_jobs(search(tmp_path), None)
    run(job, result())
    (tmp_path / "x.mp3").write_bytes(b"other")
    jobs = plan_jobs(search(tmp_path), None)
    for _ in range(2):
        records = [run(one, result(), others=[two]) for one, two in (jobs, jobs[::-1])]
        assert [(record.recording.name, record.status) for record in records] == [
            ("x.mp3", "failed"),
            ("x.wav", "failed"),
        ]
        with closing(Outputs(jobs, shard=None, overwrite=False, task=SegmentTask())) as outputs:
            assert all(outputs.settles(one, A) for one in jobs)
        left = {record.recording.name: record for record in read_records(tmp_path)}
        assert len(left) == len(read_records(tmp_path)) == 2
        assert (list(left["x.wav"].files), list(left["x.mp3"].files)) == ([of(job)], [])
        assert f"as {tmp_path / 'x.mp3'} would. Rename one" in left["x.wav"].message
    (tmp_path / "x.mp3").unlink()
    assert run(job, result()).status == "skipped"
    assert (only_record(job).status, only_record(job).message) == ("skipped", "")
    (tmp_path / "x.wav").rename(tmp_path / "x.mp3")
    (moved,) = plan_jobs(search(tmp_path), None)
    assert run(moved, result("new", B)).status == "done"
    assert only_record(moved).recording.name == "x.mp3"
