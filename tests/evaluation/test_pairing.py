from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError
from phonseg.evaluation.pairs.pairing import REFERENCES, pair
from phonseg.training.held_out import split


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.fixture
def references(tmp_path: Path) -> Path:
    return tmp_path / "references"


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    return tmp_path / "predictions"


def test_files_belong_together_by_their_path_without_suffix(references: Path, predictions: Path) -> None:
    touch(references, "a.TextGrid", "deu/a.TextGrid", "deu/b.2.PHN")
    touch(predictions, "a.TextGrid", "deu/a.textgrid", "deu/b.2.TextGrid")
    pairing = pair(references, predictions)
    assert pairing.pairs == {
        "a": (references / "a.TextGrid", predictions / "a.TextGrid"),
        "deu/a": (references / "deu/a.TextGrid", predictions / "deu/a.textgrid"),
        "deu/b.2": (references / "deu/b.2.PHN", predictions / "deu/b.2.TextGrid"),
    }
    assert pairing.failed == {}


def test_whatever_has_no_partner_is_listed(references: Path, predictions: Path) -> None:
    touch(references, "both.TextGrid", "x/alone.TextGrid")
    touch(predictions, "both.TextGrid", "y/alone.TextGrid")
    pairing = pair(str(references), str(predictions))
    assert list(pairing.pairs) == ["both"]
    assert pairing.failed == {
        "x/alone": f"{references / 'x/alone.TextGrid'}: nothing of that name in {predictions}.",
        "y/alone": f"{predictions / 'y/alone.TextGrid'}: no reference of that name in {references}.",
    }


def test_folders_that_have_no_name_in_common_are_refused(references: Path, predictions: Path) -> None:
    touch(references, "word_2.TextGrid", "word_1.TextGrid")
    touch(predictions, "deep/word_1.TextGrid", "other.TextGrid")
    with pytest.raises(ConfigurationError, match="there are word_1 and deep/word_1, for instance"):
        pair(references, predictions)


def test_a_textgrid_counts_before_a_phn_file_of_the_same_name(references: Path, predictions: Path) -> None:
    touch(references, "a.phn", "a.TextGrid")
    touch(predictions, "a.TextGrid")
    assert pair(references, predictions).pairs == {"a": (references / "a.TextGrid", predictions / "a.TextGrid")}


def test_two_files_of_one_name_are_listed_and_not_guessed_at(references: Path, predictions: Path) -> None:
    touch(references, "a.TextGrid")
    touch(predictions, "a.wav", "a.flac")
    pairing = pair(references, predictions, find=lambda folder: sorted(folder.iterdir()))
    assert pairing.pairs == {}
    both = f"{predictions / 'a.flac'}, {predictions / 'a.wav'}"
    assert pairing.failed == {"a": f"{both}: have the same name. Keep one of them."}


def test_a_name_is_the_same_whether_its_accents_are_taken_apart_or_not(references: Path, predictions: Path) -> None:
    touch(references, unicodedata.normalize("NFC", "é.TextGrid"))
    touch(predictions, unicodedata.normalize("NFD", "é.TextGrid"))
    assert list(pair(references, predictions).pairs) == [unicodedata.normalize("NFC", "é")]


def test_hidden_files_are_left_out_and_loops_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/b.TextGrid", "a/._b.TextGrid", ".hidden/c.TextGrid", "a/b.wav")
    (tmp_path / "a/loop").symlink_to(tmp_path, target_is_directory=True)
    assert REFERENCES.find(tmp_path) == [tmp_path / "a/b.TextGrid"]


def test_a_folder_without_anything_to_pair_is_refused(references: Path, predictions: Path) -> None:
    touch(references, "a.TextGrid")
    touch(predictions, "a.wav")
    with pytest.raises(ConfigurationError, match=f"{predictions}: holds nothing to pair"):
        pair(references, predictions)


def test_a_folder_that_is_none_is_refused(references: Path, predictions: Path) -> None:
    touch(references, "a.TextGrid")
    with pytest.raises(ConfigurationError, match=r"predictions: cannot be listed \(No such file"):
        pair(references, predictions)
    with pytest.raises(ConfigurationError, match=r"a.TextGrid: cannot be listed \(Not a directory"):
        pair(references, references / "a.TextGrid")


ROOT = Path("root")
recordings = st.lists(
    st.builds(
        lambda speaker, n: ROOT / speaker / f"{n}.wav", st.sampled_from(["", "a", "b", "c/d", "c"]), st.integers()
    ),
    unique=True,
)


def speaker(path: Path) -> Path:
    return path if path.parent == ROOT else path.parent


@given(recordings, st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_a_split_keeps_every_recording_once_and_no_speaker_on_both_sides(
    paths: list[Path], part: float, seed: int
) -> None:
    training, held_out = split(paths, [ROOT], part, np.random.default_rng(seed))
    assert sorted(training + held_out) == sorted(paths)
    assert training == [path for path in paths if path in training]
    assert held_out == [path for path in paths if path in held_out]
    speakers = {speaker(path) for path in paths}
    if len(speakers) > 1:
        assert not {speaker(path) for path in training} & {speaker(path) for path in held_out}
    if len(paths) > 1:
        assert training
        assert held_out
        smallest = min(sum(speaker(path) == who for path in paths) for who in speakers) if len(speakers) > 1 else 1
        assert len(held_out) <= max(part * len(paths) + 1e-6, smallest)


@given(recordings, st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_a_split_depends_on_the_generator_and_not_on_the_order(paths: list[Path], random: object, seed: int) -> None:
    _, held_out = split(paths, [ROOT], 0.3, np.random.default_rng(seed))
    shuffled = list(paths)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    _, again = split(shuffled, [ROOT], 0.3, np.random.default_rng(seed))
    assert sorted(again) == sorted(held_out)


def test_different_generators_draw_different_speakers() -> None:
    paths = [ROOT / f"speaker{i}" / f"{j}.wav" for i in range(30) for j in range(4)]
    draws = {tuple(split(paths, [ROOT], 0.1, np.random.default_rng(seed))[1]) for seed in range(5)}
    assert len(draws) == 5
    assert {len(draw) for draw in draws} == {12}


@pytest.mark.parametrize("folder", [ROOT, ROOT / "wav"])
def test_recordings_of_a_single_folder_are_split_by_file(folder: Path) -> None:
    paths = [folder / f"{i}.wav" for i in range(20)]
    training, held_out = split(paths, [ROOT], 0.25, np.random.default_rng(0))
    assert (len(training), len(held_out)) == (15, 5)


def test_recordings_straight_in_several_roots_are_split_by_file() -> None:
    roots = [Path("one"), Path("two")]
    paths = [root / f"{i}.wav" for root in roots for i in range(10)]
    _, held_out = split(paths, roots, 0.5, np.random.default_rng(0))
    assert len(held_out) == 10
    assert {path.parent for path in held_out} == set(roots)


def test_nothing_is_held_out_of_nothing_of_one_recording_or_when_not_asked() -> None:
    two, generator = [ROOT / "a/1.wav", ROOT / "b/1.wav"], np.random.default_rng(0)
    assert split([], [ROOT], 0.5, generator) == ([], [])
    assert split(two[:1], [ROOT], 0.5, generator) == (two[:1], [])
    assert split(two, [ROOT], 0, generator) == (two, [])


@pytest.mark.parametrize("part", [-0.1, 1, float("nan")])
def test_the_part_held_out_is_below_one(part: float) -> None:
    with pytest.raises(ConfigurationError, match=f"held_out is {part}"):
        split([], [ROOT], part, np.random.default_rng(0))
