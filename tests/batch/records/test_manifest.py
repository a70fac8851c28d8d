from __future__ import annotations

import json
import os
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import manifests
import pytest
from hypothesis import given, settings, strategies as st

import phonseg.batch.records.manifest
from phonseg.batch.records.manifest import Manifest, read_records
from phonseg.batch.records.record import Made, Record, Status, line_to_record, record_to_line
from phonseg.errors import OutputError
from phonseg.system.ordinary_files import sha256
from phonseg.timeline.provenance import Provenance

# Also what no encoding has, as in names that are not UTF-8.
TEXTS = st.text(st.characters(exclude_characters="/\0", codec=None), min_size=1, max_size=8).filter(
    lambda text: text not in (".", "..")
)
NUMBERS = st.floats(0, 1e9)
COUNTS = st.integers(0, 2**63 - 1)


def made(data: bytes = b"", warning: str = "") -> Made:
    provenance = Provenance("1.0", "a model", "5e", {"channel": "mix", "sensitivity": 0.5})
    return Made(sha256(data), 3, 1.5, warning, 100, 1e9 + 0.25, provenance)


def record(textgrid: Path, status: Status = "done", message: str = "", of: Made | None = None) -> Record:
    files = {} if of is None else {textgrid: of}
    return Record(Path("in", f"{textgrid.stem}.wav"), textgrid.with_suffix(""), status, message, files=files)


WITH_TURNS = st.builds(
    replace,
    st.just(made()),
    boundaries=st.none() | COUNTS,
    turns=COUNTS,
    speakers=COUNTS,
    tiers=st.lists(TEXTS, max_size=2).map(tuple),
    others=st.sampled_from([(), (made(b"1"),), (made(b"2"), made(b"3", "odd"))]),
    changed=st.sampled_from([(), ("segment",)]),
)


@settings(max_examples=40)
@given(
    TEXTS,
    TEXTS,
    st.sampled_from(["done", "warned", "skipped", "failed"]),
    TEXTS,
    st.none() | NUMBERS,
    st.dictionaries(
        TEXTS,
        st.builds(Made, TEXTS, COUNTS, NUMBERS, TEXTS, COUNTS, NUMBERS, st.just(made().provenance)) | WITH_TURNS,
        max_size=3,
    ),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    recording: str,
    target: str,
    status: Status,
    message: str,
    elapsed: float | None,
    files: dict[str, Made],
) -> None:
    folder = tmp_path_factory.mktemp("m")
    below = {folder / "deep" / name: of for name, of in files.items()}
    written = Record(Path(recording), folder / "deep" / target, status, message, elapsed, below)
    manifest = Manifest(folder, None)
    manifest.add(written)
    assert read_records(folder) == [written]
    assert len(manifest.path.read_bytes().strip().splitlines()) == 1
    manifest.settle()
    assert read_records(folder) == [written]


def test_a_record_tells_what_was_made(tmp_path: Path) -> None:
    done = record(tmp_path / "a.TextGrid", of=made())
    assert (done.boundaries, done.seconds) == (3, 1.5)
    failed = record(tmp_path / "a.TextGrid", "failed")
    assert (failed.boundaries, failed.seconds) == (None, None)


def test_a_line_is_json_and_the_folder_can_be_moved(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    written = record(here / "deep" / "a.TextGrid", of=made())
    Manifest(here, None).add(written)
    line = json.loads((here / "phonseg-manifest.jsonl").read_text())
    assert (line["recording"], line["target"], line["status"]) == ("in/a.wav", "deep/a", "done")
    assert line["files"]["deep/a.TextGrid"]["provenance"]["settings"] == {"channel": "mix", "sensitivity": 0.5}
    here.rename(there)
    (read,) = read_records(there)
    assert read == record(there / "deep" / "a.TextGrid", of=made())


def test_all_manifests_of_a_folder_are_read_and_each_shard_has_its_own(tmp_path: Path) -> None:
    manifests = [Manifest(tmp_path, shard) for shard in (None, (1, 2), (2, 2), (12, 12))]
    records = [record(tmp_path / f"{i}.TextGrid") for i in range(4)]
    for manifest, one in zip(manifests, records, strict=True):
        manifest.add(one)
    assert len({path.name for path in tmp_path.iterdir()}) == 4
    assert {one.target for one in read_records(tmp_path)} == {one.target for one in records}


@settings(max_examples=30)
@given(st.data())
def test_a_line_that_was_cut_costs_no_other_record(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("m")
    manifest = Manifest(folder, None)
    first, second, third = (record(folder / f"{name}.TextGrid", of=made()) for name in "abc")
    manifest.add(first)
    whole = manifest.path.stat().st_size
    manifest.add(second)
    both = manifest.path.stat().st_size
    cut = data.draw(st.integers(whole, both))
    manifest.path.write_bytes(manifest.path.read_bytes()[:cut])
    Manifest(folder, None).add(third)
    survived = [second] if cut >= both - 1 else []  # with or without the end of its line
    assert read_records(folder) == [first, *survived, third]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[1]",
        "null",
        '{"recording": 1}',
        "\0\0",
        '{"files": {}, "status": "done"}',
        '{"files": 1, "target": "a"}',
        "[" * 100_000,
        '{"recording": "a.wav", "target": "/a", "status": "done", "files": {}}',
        '{"recording": "a.wav", "target": "../a", "status": "done", "files": {}}',
    ],
)
def test_a_line_that_is_not_a_record_is_skipped(tmp_path: Path, line: str) -> None:
    manifest = Manifest(tmp_path, None)
    manifest.path.write_text(f"{line}\n")
    manifest.add(record(tmp_path / "a.TextGrid"))
    assert read_records(tmp_path) == [record(tmp_path / "a.TextGrid")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"speakers": None},
        {"turns": None},
        {"turns": -1},
        {"turns": 1.5},
        {"boundaries": "3"},
        {"boundaries": []},
        {"tiers": "speaker 1"},
        {"tiers": [1]},
        {"others": {}},
        {"others": [{}]},
        {"changed": ["delete"]},
        {"changed": "segment"},
    ],
)
def test_a_record_of_turns_with_values_of_another_kind_is_skipped(tmp_path: Path, wrong: dict[str, object]) -> None:
    values = json.loads(manifests.whole(tmp_path).splitlines()[4])
    of = values["files"]["f.TextGrid"]
    assert (of["turns"], of["speakers"], of["tiers"]) == (4, 2, ["speaker 1", "speaker 2"])
    values["files"]["f.TextGrid"] = of | wrong
    assert line_to_record(json.dumps(values).encode(), tmp_path) is None


def test_other_tiers_have_no_others_however_deep(tmp_path: Path) -> None:
    values = json.loads(manifests.whole(tmp_path).splitlines()[4])
    of = values["files"]["f.TextGrid"]
    for _ in range(300):
        of = of | {"others": [of]}
    values["files"]["f.TextGrid"] = of
    assert line_to_record(json.dumps(values).encode(), tmp_path) is None


@pytest.mark.parametrize(
    ("part", "value"), [("settings", 1), ("settings", None), ("warning", 5), ("boundaries", "3"), ("seconds", [1.5])]
)
def test_a_record_with_a_value_of_another_kind_is_skipped(tmp_path: Path, part: str, value: object) -> None:
    manifest = Manifest(tmp_path, None)
    manifest.add(record(tmp_path / "a.TextGrid", of=made()))
    line = json.loads(manifest.path.read_text().strip())
    of = line["files"]["a.TextGrid"]
    (of["provenance"] if part == "settings" else of)[part] = value
    manifest.path.write_text(json.dumps(line))
    assert read_records(tmp_path) == []


def test_settling_leaves_one_record_of_each_sorted(tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{name}.TextGrid" for name in "abc")
    for old in (record(c, "failed", "first"), record(c, of=made()), record(b), record(b, "failed")):
        Manifest(tmp_path, None).add(old)
    manifest = Manifest(tmp_path, None)
    for new in (record(b, "warned", "now"), record(a)):
        manifest.add(new)
    manifest.settle()
    assert read_records(tmp_path) == [record(a), record(b, "warned", "now"), record(c, of=made())]


@pytest.mark.parametrize(("warning", "status"), [("", "done"), ("odd", "warned")])
def test_what_was_being_written_is_done_if_it_is_there(tmp_path: Path, warning: str, status: Status) -> None:
    manifest = Manifest(tmp_path, None)
    there, lost, replaced = (tmp_path / f"{name}.TextGrid" for name in "abc")
    there.write_bytes(b"new")
    replaced.write_bytes(b"old")
    manifest.add(record(replaced, of=made(b"old")))
    for textgrid in (there, lost, replaced):
        manifest.add(record(textgrid, "writing", warning, made(b"new", warning)))
    Manifest(tmp_path, None).settle()
    assert read_records(tmp_path) == [
        record(there, status, warning, made(b"new", warning)),
        record(replaced, of=made(b"old")),
    ]


def test_of_a_set_that_was_being_written_what_is_there_is_known(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, None)
    grid, table, other = (tmp_path / f"a.{suffix}" for suffix in ("TextGrid", "csv", "json"))
    before = Record(Path("a.wav"), tmp_path / "a", "done", files={grid: made(b"old"), other: made(b"other")})
    new = {grid: made(b"new"), table: made(b"table")}
    writing = Record(Path("a.wav"), tmp_path / "a", "writing", files=new)
    grid.write_bytes(b"new")
    manifest.add(writing)
    Manifest(tmp_path, None).settle()
    assert read_records(tmp_path) == [Record(Path("a.wav"), tmp_path / "a", "writing", files={grid: made(b"new")})]
    manifest.path.unlink()
    for one in (before, writing):
        manifest.add(one)
    Manifest(tmp_path, None).settle()
    (read,) = read_records(tmp_path)
    assert (read.status, read.files) == ("done", {grid: made(b"new"), other: made(b"other")})
    table.write_bytes(b"table")
    manifest.add(writing)
    Manifest(tmp_path, None).settle()
    (read,) = read_records(tmp_path)
    assert read.files == {**new, other: made(b"other")}


def test_what_was_skipped_is_recorded(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, None)
    skipped = record(tmp_path / "a.TextGrid", "skipped", "is there already")
    manifest.add(skipped)
    assert read_records(tmp_path) == [skipped]
    manifest.settle()
    assert read_records(tmp_path) == [skipped]


def test_what_another_run_has_recorded_since_comes_last(tmp_path: Path) -> None:
    first, second = (Manifest(tmp_path, None) for _ in range(2))
    grid = tmp_path / "a.TextGrid"
    first.add(record(grid, "skipped", "an old message", made(b"old")))
    second.add(record(grid, of=made(b"new")))
    second.settle()
    first.settle()
    assert read_records(tmp_path) == [record(grid, of=made(b"new"))]


def test_a_manifest_without_records_is_removed(tmp_path: Path) -> None:
    assert Manifest(tmp_path, None).settle() == {}
    assert list(tmp_path.iterdir()) == []


def test_the_textgrid_of_a_record_is_where_it_is_or_would_be(tmp_path: Path) -> None:
    assert Record(Path("a.wav"), tmp_path / "a", "failed").textgrid == tmp_path / "a.TextGrid"
    files = {tmp_path / "a.csv": made(), tmp_path / "a.textgrid": made()}
    assert Record(Path("a.wav"), tmp_path / "a", "done", files=files).textgrid == tmp_path / "a.textgrid"


def test_where_nothing_can_be_recorded_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        Manifest(tmp_path / "file", None)
    manifest = Manifest(tmp_path, None)
    manifest.path.unlink()
    manifest.path.mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        manifest.add(record(tmp_path / "a.TextGrid"))
    with pytest.raises(OutputError, match="cannot be written"):
        Manifest(tmp_path, None)
    with pytest.raises(OutputError, match=r"it is a (folder|pipe or a device)"):
        read_records(tmp_path)


def places(folder: Path, number: int) -> Iterator[tuple[list[object], object]]:
    """Where in a line each value stands, and what may stand there instead."""
    line = manifests.whole(folder).splitlines()[number]
    ways = [[*way] for way in _ways(json.loads(line))]
    for way in ways:
        for hostile in manifests.HOSTILE:
            yield way, hostile


def _ways(value: object) -> Iterator[tuple[object, ...]]:
    if isinstance(value, dict):
        for key in value:
            yield (key,)
            yield from ((key, *rest) for rest in _ways(value[key]))
    elif isinstance(value, list):
        yield from _ways(dict(enumerate(value)))


@pytest.mark.parametrize("number", [1, 4])
def test_whatever_stands_in_a_line_it_is_a_record_that_can_be_written_again_or_none(
    tmp_path: Path, number: int
) -> None:
    lines = manifests.whole(tmp_path).splitlines()
    assert line_to_record(lines[number], tmp_path)
    for way, hostile in places(tmp_path, number):
        values = json.loads(lines[number])
        place = values
        for key in way[:-1]:
            place = place[key]
        place[way[-1]] = hostile
        read = line_to_record(json.dumps(values).encode(), tmp_path)
        if read is None:
            continue
        assert line_to_record(record_to_line(read, tmp_path), tmp_path) == read
        for file in (read.target, *read.files):
            assert Path(os.path.normpath(file)).is_relative_to(tmp_path)
            assert file != tmp_path


def test_manifests_that_somebody_has_changed_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    content = manifests.whole(tmp_path / "batch")
    for number in range(200):
        manifests.use(manifests.changed(content, random.Random(number)), tmp_path)


@pytest.mark.parametrize("name", ["phonseg-manifest.jsonl", "phonseg-manifest-1-of-2.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "link", "link to nothing", "large"])
def test_a_manifest_that_is_no_ordinary_file_is_refused_at_once(tmp_path: Path, name: str, kind: str) -> None:
    folder, path, other = tmp_path / "out", tmp_path / "out" / name, tmp_path / "other"
    folder.mkdir()
    other.write_bytes(b"mine")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(3 * 10**9)
    else:
        path.symlink_to({"device": "/dev/zero", "link": other, "link to nothing": tmp_path / "nowhere"}[kind])
    with pytest.raises(OutputError, match=f"{name}: (cannot be written|is too large for a manifest)"):
        Manifest(folder, None), read_records(folder)
    assert other.read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_line_of_any_length_costs_no_memory_and_no_other_record(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, None)
    one, two = (record(tmp_path / f"{name}.TextGrid", of=made()) for name in "ab")
    manifest.add(one)
    with manifest.path.open("ab") as file:
        for _ in range(50):
            file.write(b"x" * 2**20)
        file.write(record_to_line(two, tmp_path))  # the end of that line
    manifest.add(two)
    tracemalloc.start()
    assert read_records(tmp_path) == [one, two]
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()


def test_only_files_in_doubt_are_read_and_none_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    manifest = Manifest(folder, None)
    (folder / "far").symlink_to(tmp_path)
    (tmp_path / "outside.TextGrid").write_bytes(b"1")
    grids = [folder / f"{name}.TextGrid" for name in ("done", "stopped", "far/outside", "pipe", "link", "large")]
    grids[0].write_bytes(b"1")
    grids[1].write_bytes(b"1")
    os.mkfifo(grids[3])
    grids[4].symlink_to(tmp_path / "outside.TextGrid")
    with grids[5].open("wb") as file:
        file.truncate(10**12)
    for grid in grids:
        manifest.add(record(grid, "writing", of=made(b"1")))
    manifest.add(record(grids[0], of=made(b"1")))
    read: list[Path] = []
    real = phonseg.batch.records.manifest.digest

    def digest(path: Path, **how: bool) -> str | None:
        read.append(path)
        return real(path, **how)

    monkeypatch.setattr(phonseg.batch.records.manifest, "digest", digest)
    left = Manifest(folder, None).settle()
    assert {target.name for target, _ in left} == {"done", "stopped"}
    assert set(read) <= {grids[1], grids[3], grids[4]}


@pytest.mark.parametrize("replaced", [False, True])
def test_what_another_run_adds_while_the_manifest_is_settled_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    ours, theirs = (record(tmp_path / f"{name}.TextGrid", of=made()) for name in "ab")
    first, second = (Manifest(tmp_path, None) for _ in range(2))
    first.add(ours)
    real, others = os.fsync, list[Thread]()

    def other_run() -> None:
        with second.locked():
            second.add(theirs)
        if replaced:
            second.settle()

    def fsync(descriptor: int) -> None:
        real(descriptor)
        if not others:
            others.append(Thread(target=other_run))
            others[0].start()
            others[0].join(0.1)
            assert others[0].is_alive()  # it waits

    monkeypatch.setattr(os, "fsync", fsync)
    first.settle()
    others[0].join()
    assert read_records(tmp_path) == [ours, theirs]
    assert Manifest(tmp_path, None).settle().keys() == {(one.target, one.recording) for one in (ours, theirs)}
