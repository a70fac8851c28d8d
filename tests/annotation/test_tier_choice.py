from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parselmouth.praat import call
from textgrids import PLAIN, long

from phonseg.annotation.readers import read_label_file, read_reference
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.tier_choice import ListedTier, NoSuchTierError, choose_tier
from phonseg.errors import ConfigurationError, TextGridError


def test_a_number_is_that_of_the_tier_as_praat_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    grid = call("Create TextGrid", 0, 1, "phones bell phones", "bell")
    call(grid, "Insert boundary", 3, 0.5)
    call(grid, "Set tier name", 2, "")
    call(grid, "Save as text file", str(path))
    assert read_reference(path, tier="3").boundaries.tolist() == [0.5]
    assert read_label_file(path, tier="1").tiers == ("phones", "phones")
    listed = (
        r' \(tiers: 1 "phones" \(intervals\), 2 "" \(points\), 3 "phones" \(intervals\)\)\. Give the name or the number'
    )
    for tier, problem in {
        "phones": '2 tiers are called "phones"',
        "2": "tier 2 holds points, not intervals",
        "": 'tier "" holds points, not intervals',
        "4": 'no tier is called "4"',
        "0": 'no tier is called "0"',
        "1.0": 'no tier is called "1.0"',
        "١": 'no tier is called "١"',
        None: "2 interval tiers, where one was expected",
    }.items():
        with pytest.raises(TextGridError, match=problem + listed) as caught:
            read_reference(path, tier=tier)
        assert isinstance(caught.value, NoSuchTierError) == problem.startswith("no tier is called")


def test_a_name_comes_before_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.TextGrid").write_text(long({"2": PLAIN, "x": [(0, 1, "")], "": [(0, 0.5, "a"), (0.5, 1, "b")]}))
    assert len(read_reference(tmp_path / "a.TextGrid", tier="2")) == 4
    file = read_label_file(tmp_path / "a.TextGrid", tier="3")
    assert (file.tier, file.tiers, len(file.segmentation)) == ("", ("2", "x", ""), 2)
    assert len(read_reference(tmp_path / "a.TextGrid", tier="")) == 2


def test_tiers_of_tables_and_of_elan_have_numbers_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("tier,start,end\nw,0,1\nbell,0.5,0.5\np,0,0.5\np,0.5,1\n")
    assert read_label_file(tmp_path / "a.csv", tier="3").tier == "p"
    assert read_label_file(tmp_path / "a.csv", tier="3").tiers == ("w", "p")
    with pytest.raises(TextGridError, match="tier 2 holds points"):
        read_reference(tmp_path / "a.csv", tier="2")
    with pytest.raises(TextGridError, match="2 interval tiers, where one was expected"):
        read_reference(tmp_path / "a.csv", tier=None)
    (tmp_path / "b.csv").write_text("tier_num,tier_name,xmin,xmax\n1,p,0,1\n3,p,0,0.5\n3,p,0.5,1\n")
    assert len(read_reference(tmp_path / "b.csv", tier="3")) == 2
    with pytest.raises(TextGridError, match=r'2 tiers are called "p" \(tiers: 1 "p" \(intervals\), 3 "p"'):
        read_reference(tmp_path / "b.csv", tier="p")
    one = '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a" TIME_SLOT_REF1="1" TIME_SLOT_REF2="2"/>'
    slots = '<TIME_SLOT TIME_SLOT_ID="1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="2" TIME_VALUE="500"/>'
    tiers = f'<TIER TIER_ID="w"/><TIER TIER_ID="g"><REF_ANNOTATION/></TIER><TIER TIER_ID="p">{one}</TIER>'
    (tmp_path / "a.eaf").write_text(f"<ANNOTATION_DOCUMENT>{slots}{tiers}</ANNOTATION_DOCUMENT>")
    assert read_label_file(tmp_path / "a.eaf", tier="3").tier == "p"
    with pytest.raises(TextGridError, match="tier 2 holds annotations without times, not intervals"):
        read_reference(tmp_path / "a.eaf", tier="2")


def test_a_message_lists_some_of_many_tiers_and_the_beginnings_of_long_names() -> None:
    tiers = [ListedTier(i, "x" * 10_000) for i in range(1, 5_000)]
    with pytest.raises(TextGridError) as caught:
        choose_tier("a", tiers, "y" * 10_000)
    assert len(str(caught.value)) < 3_000
    assert "and 4979 more" in str(caught.value)


@pytest.mark.parametrize("suffix", [".TextGrid", ".csv", ".lab"])
def test_a_tier_may_be_a_whole_number(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(
        {".TextGrid": long({"x": PLAIN}), ".csv": "tier,start,end\nx,0,1\n"}.get(suffix, "0 1.0 a").encode()
    )
    for number in (1, np.int64(1)):
        assert read_label_file(path, tier=number).tier == read_label_file(path, tier="1").tier
        assert list(read_reference(path, tier=number).intervals()) == list(read_reference(path, tier="1").intervals())
    wrong: list[Any] = [True, 1.0, b"x", ["x"], np.bool_(True)]
    for tier in wrong:
        with pytest.raises(ConfigurationError, match=r"tier is .*Give the name of a tier, its number, or None"):
            read_label_file(path, tier=tier)
    if suffix != ".lab":
        with pytest.raises(NoSuchTierError, match='no tier is called "-1"'):
            read_label_file(path, tier=-1)
    if suffix == ".TextGrid":
        assert list(read_textgrid(path, tier=1).intervals()) == list(PLAIN)
        with pytest.raises(ConfigurationError):
            read_textgrid(path, tier=True)
