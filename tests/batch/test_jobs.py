from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from phonseg.audio.find import SUFFIXES, search
from phonseg.batch.jobs import plan_jobs
from phonseg.errors import AudioError, ConfigurationError, OutputError, TextGridError

NAMES = st.text("aAbéß -'$\n😀ə", min_size=1, max_size=4).map(lambda name: f"x{name}")
TREES = st.lists(st.tuples(st.lists(NAMES, max_size=2), NAMES), min_size=1, max_size=12)


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def pairs(inputs: Path | list[Path], output: Path | None) -> list[tuple[Path, Path]]:
    return [(job.recording, job.files[".TextGrid"]) for job in plan_jobs(search(inputs), output)]


def test_the_tree_below_an_input_is_mirrored(tmp_path: Path) -> None:
    a, b = tmp_path / "in" / "a.wav", tmp_path / "in" / "deep" / "er" / "b.FLAC"
    touch(a, b, tmp_path / "in" / "notes.txt")
    out = tmp_path / "out"
    assert pairs(tmp_path / "in", out) == [(a, out / "a.TextGrid"), (b, out / "deep" / "er" / "b.TextGrid")]
    assert pairs(b, out) == [(b, out / "b.TextGrid")]
    assert pairs(tmp_path / "in", None) == [(a, a.with_suffix(".TextGrid")), (b, b.with_suffix(".TextGrid"))]


def test_the_manifest_lies_where_the_output_begins(tmp_path: Path) -> None:
    alone, within = tmp_path / "alone" / "a.wav", tmp_path / "in" / "deep" / "b.wav"
    touch(alone, within)
    inputs = [alone, tmp_path / "in"]
    assert [job.folder for job in plan_jobs(search(inputs), None)] == [tmp_path / "alone", tmp_path / "in"]
    assert {job.folder for job in plan_jobs(search(inputs), "out")} == {Path("out")}


def test_a_recording_knows_its_size_and_when_it_was_changed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"12345")
    os.utime(tmp_path / "a.wav", (1e9, 1e9))
    (tmp_path / "gone.wav").symlink_to("nowhere")
    known, unknown = plan_jobs(search(tmp_path), None)
    assert (known.size, known.modified) == (5, 1e9)
    assert (unknown.size, unknown.modified) == (0, 0.0)


def test_a_recording_given_twice_is_planned_once(tmp_path: Path) -> None:
    a, b = tmp_path / "a.wav", tmp_path / "b.wav"
    touch(a, b)
    twice = [tmp_path, a, tmp_path / "." / "b.wav", tmp_path / ".." / tmp_path.name / "a.wav"]
    assert pairs(twice, Path("out")) == [(a, Path("out/a.TextGrid")), (b, Path("out/b.TextGrid"))]


def test_a_recording_is_planned_once_whatever_way_leads_to_it(tmp_path: Path) -> None:
    deep = tmp_path / "in" / "deep" / "a.wav"
    touch(deep)
    (tmp_path / "link").symlink_to("in")
    ways = [tmp_path / "in", tmp_path / "in" / "deep", deep, tmp_path / "link", tmp_path / "link" / "deep" / "a.wav"]
    assert pairs(ways, Path("out")) == [(deep, Path("out/deep/a.TextGrid"))]
    assert pairs(ways[::-1], Path("out")) == [(ways[-1], Path("out/a.TextGrid"))]
    assert len(pairs(ways, None)) == 1
    (tmp_path / "in" / "b.wav").symlink_to(deep)  # a link to a recording has a TextGrid of its own
    assert len(pairs(ways, None)) == 2


@pytest.mark.parametrize(("one", "other"), [("x.wav", "x.flac"), ("x.wav", "X.WAV"), ("\u00e9.wav", "e\u0301.wav")])
def test_two_recordings_of_one_name_are_found_before_the_start(tmp_path: Path, one: str, other: str) -> None:
    touch(tmp_path / "1" / one, tmp_path / "2" / other)
    paths = [tmp_path / "1" / one, tmp_path / "2" / other]
    touch(tmp_path / "1" / "fine.wav")
    jobs = plan_jobs(search([tmp_path / "1", tmp_path / "2"]), "out")
    failures = {job.recording: job.failure for job in jobs}
    assert failures.pop(tmp_path / "1" / "fine.wav") == ""
    assert list(failures) == paths
    for path, another in (paths, paths[::-1]):
        assert failures[path].startswith(f"{path}: would be written to out")
        assert f", as {another} would. Rename one" in failures[path]
    assert [job.failure for job in plan_jobs(search(tmp_path), "out")] == [""] * 3
    shards = [
        plan_jobs(search([tmp_path / "1", tmp_path / "2"]), "out", (i, 3)) for i in (1, 2, 3)
    ]  # each has its part
    assert {job.recording: job.failure for shard in shards for job in shard if job.failure} == failures


def test_of_many_recordings_of_one_name_a_few_are_named(tmp_path: Path) -> None:
    touch(*(tmp_path / f"x{suffix}" for suffix in SUFFIXES))
    jobs = plan_jobs(search(tmp_path), None)
    assert len(jobs) == len(SUFFIXES)
    assert all(job.failure.count(str(tmp_path / "x")) == 5 for job in jobs)
    assert all(f" and {len(SUFFIXES) - 4} more would. Rename one" in job.failure for job in jobs)


def test_another_link_to_a_recording_that_would_have_the_same_files_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path / "1" / "x.wav")
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "X.wav").symlink_to(tmp_path / "1" / "x.wav")
    first, second = plan_jobs(search([tmp_path / "1", tmp_path / "2"]), "out")
    assert (first.failure, first.left_out, second.failure) == ("", "", "")
    assert second.left_out.endswith(f"X.wav: is left out, since it is the same recording as {first.recording}.")
    touch(tmp_path / "1" / "x.mp3")
    assert all(job.failure for job in plan_jobs(search([tmp_path / "1", tmp_path / "2"]), "out"))


@pytest.mark.parametrize("name", ["..wav", "...wav", "....TextGrid"])
def test_a_name_of_dots_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    touch(tmp_path / "in" / name)
    (job,) = plan_jobs(search(tmp_path / "in" / name), tmp_path / "out")
    assert job.files[".TextGrid"] == tmp_path / "out" / f"{name}.TextGrid"


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
def test_what_cannot_be_the_name_of_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    touch(tmp_path / "a.wav")
    with pytest.raises(ConfigurationError, match="Give the name of a folder"):
        plan_jobs(search(tmp_path), name)
    with pytest.raises((ConfigurationError, TextGridError)):
        plan_jobs(search(tmp_path), None, into=name)


def test_inputs_that_hold_nothing_are_errors(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="holds no recordings"):
        plan_jobs(search(tmp_path), None)
    with pytest.raises(AudioError, match="does not exist"):
        plan_jobs(search(tmp_path / "nowhere.wav"), None)


def test_loops_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "self.wav").symlink_to("self.wav")
    assert [job.place for job in plan_jobs(search(tmp_path / "in"), "out")] == ["a.wav", "self.wav"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, st.sampled_from([".", "..", "../in", "deep/..", "/"]))
def test_whatever_the_inputs_the_textgrids_lie_below_the_output(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    tree: list[tuple[list[str], str]],
    place: str,
) -> None:
    root = tmp_path_factory.mktemp("plan")
    monkeypatch.chdir(root)
    for folders, name in tree:
        touch(root.joinpath("in", "deep", *folders, f"{name}.wav"))
    inputs = [Path("in") / place] if place != "/" else list(root.rglob("*.wav"))
    try:
        jobs = plan_jobs(search(inputs), root / "out")
    except ConfigurationError:
        return
    for job in jobs:
        job.check_inside()
        assert os.path.normpath(job.target).startswith(str(root / "out"))
        assert job.files[".TextGrid"].name == f"{job.recording.stem}.TextGrid"


def test_a_link_that_leaves_the_output_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "deep" / "a.wav", tmp_path / "in" / "b.wav")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").symlink_to(tmp_path / "elsewhere")
    fine, outside = plan_jobs(search(tmp_path / "in"), tmp_path / "out")
    fine.check_inside()
    with pytest.raises(OutputError, match=r"deep/a\.TextGrid: would be written outside .*out, since a link leads to"):
        outside.check_inside()
    (tmp_path / "link").symlink_to(tmp_path / "out")  # the folder itself may be one
    plan_jobs(search(tmp_path / "in"), tmp_path / "link")[0].check_inside()
    (tmp_path / "in" / "far").symlink_to(tmp_path / "elsewhere")
    touch(tmp_path / "elsewhere" / "c.wav")
    for beside in plan_jobs(search(tmp_path / "in"), None):
        beside.check_inside()


@settings(max_examples=30)
@given(st.sets(NAMES, min_size=1, max_size=20), st.integers(1, 5), st.data())
def test_shards_share_the_recordings_and_know_their_own_among_others(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], n: int, data: st.DataObject
) -> None:
    places = [f"{i}/{name}.wav" for i, name in enumerate(sorted(names))]
    some = data.draw(st.lists(st.sampled_from(places), min_size=1, unique=True))
    roots = tmp_path_factory.mktemp("all"), tmp_path_factory.mktemp("some")
    for root, those in zip(roots, (places, some), strict=True):
        touch(*(root / place for place in those))
    shards, of_some = (
        [{job.place for job in plan_jobs(search(root), "out", (i, n))} for i in range(1, n + 1)] for root in roots
    )
    assert sum(map(len, shards)) == len(places)
    assert set().union(*shards) == set(places)
    assert of_some == [shard & set(some) for shard in shards]


def test_shards_stay_what_they_are(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / f"{i}.wav" for i in range(8)))
    assert [job.place for job in plan_jobs(search(tmp_path / "in"), None, (1, 3))] == [
        "3.wav",
        "5.wav",
        "6.wav",
        "7.wav",
    ]
    assert plan_jobs(search(tmp_path / "in"), None, (1, 1)) == plan_jobs(search(tmp_path / "in"), None)


@pytest.mark.parametrize("shard", [(0, 2), (3, 2), (1, 0), (-1, -1)])
def test_a_shard_that_does_not_exist_is_refused(tmp_path: Path, shard: tuple[int, int]) -> None:
    touch(tmp_path / "a.wav")
    with pytest.raises(ConfigurationError, match="with i from 1 to n"):
        plan_jobs(search(tmp_path), None, shard)


def test_a_recording_becomes_a_set_of_files_under_its_stem(tmp_path: Path) -> None:
    touch(tmp_path / "a.b.wav")
    (job,) = plan_jobs(search(tmp_path), "out", suffixes=(".TextGrid", ".labels.txt"))
    assert job.target == Path("out/a.b")
    assert job.files == {".TextGrid": Path("out/a.b.TextGrid"), ".labels.txt": Path("out/a.b.labels.txt")}


def test_into_is_a_textgrid_or_a_folder_of_them(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "deep" / "a.wav", tmp_path / "grids" / "deep" / "a.textgrid")
    there = tmp_path / "grids" / "deep" / "a.textgrid"
    for inputs, into in [(tmp_path / "in", tmp_path / "grids"), (tmp_path / "in" / "deep" / "a.wav", there)]:
        (job,) = plan_jobs(search(inputs), None, suffixes=(".TextGrid", ".csv"), into=into)
        assert job.files == {".TextGrid": there, ".csv": there.with_suffix(".csv")}
        assert job.adds_to(".TextGrid")
        assert not job.adds_to(".csv")


def test_a_name_that_is_too_long_stops_no_plan(tmp_path: Path) -> None:
    touch(tmp_path / "in" / f"{'n' * 250}.wav", tmp_path / "in" / "a.wav")
    (tmp_path / "grids").mkdir()
    assert len(plan_jobs(search(tmp_path / "in"), None, into=tmp_path / "grids")) == 2


def test_into_must_fit(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "a.TextGrid")
    jobs = plan_jobs(search(tmp_path), None, into=tmp_path / "a.TextGrid")
    assert ["would be written to " in job.failure for job in jobs] == [True, True]
    with pytest.raises(ConfigurationError, match="replaces an output folder"):
        plan_jobs(search(tmp_path), "out", into=tmp_path)
    with pytest.raises(ConfigurationError, match="is for TextGrids"):
        plan_jobs(search(tmp_path), None, into=tmp_path, suffixes=(".csv",))
    with pytest.raises(TextGridError, match="nowhere: there is no such TextGrid or folder"):
        plan_jobs(search(tmp_path), None, into=tmp_path / "nowhere")


def test_twins_are_told_however_their_folder_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "in" / "x.wav", tmp_path / "in" / "x.flac")
    (tmp_path / "link").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    for other in (tmp_path / "in" / "x.flac", Path("link/x.flac"), Path("in/../in/x.flac")):
        jobs = plan_jobs(search([Path("in/x.wav"), other]), None)
        assert ["would be written to " in job.failure for job in jobs] == [True, True]


def test_names_that_no_file_system_takes_for_the_same_are_no_twins(tmp_path: Path) -> None:
    touch(tmp_path / "Masse.wav", tmp_path / "Maße.wav")
    assert [job.failure for job in plan_jobs(search(tmp_path), None)] == ["", ""]
