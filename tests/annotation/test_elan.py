from __future__ import annotations

import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pympi
import pytest
from hypothesis import given, strategies as st

from phonseg.annotation.elan.reader import read_elan
from phonseg.annotation.elan.writer import elan_bytes
from phonseg.annotation.readers import read_label_file
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation

LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=4).map(str.strip)


@given(st.lists(st.floats(1e-4, 3_600), min_size=1, max_size=8, unique=True).map(sorted), st.data())
def test_boundaries_read_back_to_the_millisecond_and_merged_ones_are_reported(
    tmp_path_factory: pytest.TempPathFactory, times: list[float], data: st.DataObject
) -> None:
    names = data.draw(st.lists(LABELS, min_size=len(times), max_size=len(times)))
    made = Segmentation(np.array(times[:-1]), times[-1], labels=names)
    edges = [round(1000 * time) for time in (0.0, *times)]
    lasting = [
        (first, last, name) for first, last, name in zip(edges[:-1], edges[1:], names, strict=True) if first < last
    ]
    path = tmp_path_factory.mktemp("elan") / "x.eaf"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path.write_bytes(elan_bytes(made, path))
    merged = len(names) - len(lasting)
    assert [f"{merged} of {len(names)} segments are left out" in str(one.message) for one in caught] == (
        [True] if merged and len(names) > 1 else []
    )
    assert pympi.Eaf(str(path)).get_annotation_data_for_tier("phones") == lasting
    if lasting:
        read = read_elan(path).segmentation
        assert read.boundaries.tolist() == [last / 1000 for _, last, _ in lasting[:-1]]
        assert list(read.labels or ()) == [name for *_, name in lasting]


def test_the_file_is_what_elan_expects(tmp_path: Path) -> None:
    made = Segmentation([0.1004, 0.2], 0.5, recording=tmp_path / "my recording ʃ.wav")
    root = ElementTree.fromstring(elan_bytes(made, "x", tier="sounds"))
    assert root.tag == "ANNOTATION_DOCUMENT"
    assert [child.tag for child in root][:4] == ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"]
    (media,) = root.iter("MEDIA_DESCRIPTOR")
    assert media.attrib["RELATIVE_MEDIA_URL"] == "./my%20recording%20%CA%83.wav"
    (tier,) = root.iter("TIER")
    assert tier.attrib["TIER_ID"] == "sounds"
    slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    spans = [
        (slots[one.attrib["TIME_SLOT_REF1"]], slots[one.attrib["TIME_SLOT_REF2"]])
        for one in root.iter("ALIGNABLE_ANNOTATION")
    ]
    assert spans == [(0, 100), (100, 200), (200, 500)]
    kinds = {kind.attrib["LINGUISTIC_TYPE_ID"]: kind.attrib["TIME_ALIGNABLE"] for kind in root.iter("LINGUISTIC_TYPE")}
    assert kinds[tier.attrib["LINGUISTIC_TYPE_REF"]] == "true"
    assert elan_bytes(made, "x", tier="sounds") == elan_bytes(made, "y", tier="sounds")


def test_what_xml_cannot_hold_is_refused() -> None:
    with pytest.raises(TextGridError, match="holds characters that XML cannot hold"):
        elan_bytes(Segmentation([0.5], 1.0, labels=["a", "b\x01"]), "x")


def test_gaps_are_segments_and_the_tier_is_chosen(tmp_path: Path) -> None:
    file = pympi.Eaf()
    file.remove_tier("default")
    for tier, spans in {"phones": [(100, 200, "a"), (300, 400, "b")], "words": [(0, 400, "w")]}.items():
        file.add_tier(tier)
        for span in reversed(spans):
            file.add_annotation(tier, *span)
    file.add_tier("notes")
    file.to_file(tmp_path / "x.eaf")
    read = read_elan(tmp_path / "x.eaf").segmentation
    assert list(read.intervals()) == [(0, 0.1, ""), (0.1, 0.2, "a"), (0.2, 0.3, ""), (0.3, 0.4, "b")]
    assert read_elan(tmp_path / "x.eaf", tier="words").segmentation.duration == 0.4
    with pytest.raises(
        TextGridError, match=r'tier "notes" holds nothing, not intervals \(tiers: 1 "phones" \(intervals\), 2 "words"'
    ):
        read_elan(tmp_path / "x.eaf", tier="notes")
    with pytest.raises(TextGridError, match="2 interval tiers, where one was expected"):
        read_elan(tmp_path / "x.eaf", tier=None)


def test_an_annotation_without_a_time_is_refused(tmp_path: Path) -> None:
    data = elan_bytes(Segmentation([0.5], 1.0), "x").replace(b' TIME_VALUE="1000"', b"")
    (tmp_path / "x.eaf").write_bytes(data)
    with pytest.raises(TextGridError, match=r"annotation a\d has no time of its own"):
        read_elan(tmp_path / "x.eaf")


@pytest.mark.parametrize("content", [b"", b"<a>", b"<a/>", b"File type"])
def test_what_is_no_elan_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.eaf").write_bytes(content)
    with pytest.raises(TextGridError, match=r"x\.eaf: is damaged, or not an ELAN file"):
        read_elan(tmp_path / "x.eaf")


def test_merging_is_a_warning() -> None:
    with pytest.warns(PhonsegWarning, match="x: 1 of 3 segments are left out for ELAN"):
        elan_bytes(Segmentation([0.1001, 0.1002], 1.0), "x")


def eaf(media: str = "", units: str = "milliseconds", first: int = 0, label: str = "a", head: str = "") -> str:
    one = '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="1" TIME_SLOT_REF2="2">'
    return (
        f'{head}<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="{units}">{media}</HEADER><TIME_ORDER>'
        f'<TIME_SLOT TIME_SLOT_ID="1" TIME_VALUE="{first}"/><TIME_SLOT TIME_SLOT_ID="2" TIME_VALUE="500"/></TIME_ORDER>'
        f'<TIER TIER_ID="phones"><ANNOTATION>{one}<ANNOTATION_VALUE>{label}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
        "</ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
    )


def test_the_origin_of_the_recording_is_added_to_all_times(tmp_path: Path) -> None:
    path = tmp_path / "x.eaf"
    path.write_text(eaf('<MEDIA_DESCRIPTOR MEDIA_URL="a.wav" TIME_ORIGIN="1000"/>'))
    assert list(read_elan(path).segmentation.intervals()) == [(0, 1, ""), (1, 1.5, "a")]
    path.write_text(eaf('<MEDIA_DESCRIPTOR TIME_ORIGIN="-100"/>', first=100))
    assert list(read_elan(path).segmentation.intervals()) == [(0, 0.4, "a")]
    path.write_text(eaf('<MEDIA_DESCRIPTOR TIME_ORIGIN="1000"/><MEDIA_DESCRIPTOR TIME_ORIGIN="1000"/>'))
    assert read_elan(path).segmentation.duration == 1.5
    path.write_text(eaf('<MEDIA_DESCRIPTOR TIME_ORIGIN="1000"/><MEDIA_DESCRIPTOR/>'))
    with pytest.warns(
        PhonsegWarning, match=r"start at different times \(1000 ms, 0 ms\)\. Times are those of the first"
    ):
        assert read_elan(path).segmentation.duration == 1.5
    path.write_text(eaf('<MEDIA_DESCRIPTOR TIME_ORIGIN="soon"/>'))
    with pytest.raises(TextGridError, match=r"x\.eaf: TIME_ORIGIN is 'soon'"):
        read_elan(path)


@pytest.mark.parametrize("entity", ['<!ENTITY a "b">', '<!ENTITY a SYSTEM "file:///etc/passwd">', ""])
def test_a_declaration_of_a_type_is_refused_and_with_it_entities(tmp_path: Path, entity: str) -> None:
    (tmp_path / "x.eaf").write_text(eaf(head=f"<!DOCTYPE ANNOTATION_DOCUMENT [{entity}]>", label="&a;"))
    with pytest.raises(TextGridError, match="it declares a type of document"):
        read_elan(tmp_path / "x.eaf")


def test_other_units_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.eaf").write_text(eaf(units="PAL-frames"))
    with pytest.raises(TextGridError, match="its times are in PAL-frames, not in milliseconds"):
        read_elan(tmp_path / "x.eaf")


def test_labels_hold_what_xml_can_hold(tmp_path: Path) -> None:
    text = eaf(label=" &lt;a&#x283;\n<![CDATA[<b>]]> &amp; ", head='<?xml version="1.0" encoding="windows-1252"?>')
    (tmp_path / "x.eaf").write_bytes(text.replace("b", "\u20ac").encode("windows-1252"))
    assert read_elan(tmp_path / "x.eaf").segmentation.labels == ("<aʃ\n<€> &",)
    (tmp_path / "x.eaf").write_bytes(text.replace("windows-1252", "rot13").encode())
    with pytest.raises(TextGridError, match="is damaged, or not an ELAN file"):
        read_elan(tmp_path / "x.eaf")


@pytest.mark.parametrize("value", ["", "1.5", "٣", "9" * 5_000, "x"])
def test_times_are_whole_milliseconds(tmp_path: Path, value: str) -> None:
    (tmp_path / "x.eaf").write_text(eaf().replace('"500"', f'"{value}"'))
    with pytest.raises(TextGridError, match=r"annotation a1 has the time .*Give milliseconds"):
        read_elan(tmp_path / "x.eaf")


@pytest.mark.parametrize(
    "content",
    [
        "<ANNOTATION_DOCUMENT>" + "<a>" * 80_000,
        "<ANNOTATION_DOCUMENT>" + "<a>" * 80_000 + "</a>" * 80_000 + "</ANNOTATION_DOCUMENT>",
        "<" * 80_000,
        eaf(label="a" * 4_100_000),
        "<ANNOTATION_DOCUMENT>" + "<a/>" * 2_100_000 + "</ANNOTATION_DOCUMENT>",
    ],
)
def test_what_is_nested_long_or_endless_is_refused_at_once(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.eaf").write_text(content)
    with pytest.raises(TextGridError, match=r"x\.eaf: "):
        read_elan(tmp_path / "x.eaf")


@pytest.mark.parametrize(
    ("addresses", "name"),
    [
        ((), ""),
        (("file:///C:/x/a%20b.wav",), "a b"),
        (("file:///x/talk.wav", "file:///x/talk.mpg"), "talk"),
        (("file:///x/camera.mpg", "file:///x/talk.wav"), "talk"),
        (("file:///x/camera.mpg", "file:///x/other.wav"), ""),
    ],
)
def test_the_recording_is_the_linked_one(tmp_path: Path, addresses: tuple[str, ...], name: str) -> None:
    media = "".join(f'<MEDIA_DESCRIPTOR MEDIA_URL="{one}"/>' for one in addresses)
    one = '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a" TIME_SLOT_REF1="1" TIME_SLOT_REF2="2"/>'
    slots = '<TIME_SLOT TIME_SLOT_ID="1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="2" TIME_VALUE="500"/>'
    text = (
        f'<ANNOTATION_DOCUMENT><HEADER>{media}</HEADER>{slots}<TIER TIER_ID="phones">{one}</TIER></ANNOTATION_DOCUMENT>'
    )
    (tmp_path / "talk.eaf").write_text(text)
    assert read_label_file(tmp_path / "talk.eaf").recording == name


def test_the_text_of_an_annotation_without_times_is_no_part_of_another_label(tmp_path: Path) -> None:
    other = (
        "<ANNOTATION><REF_ANNOTATION ANNOTATION_ID='r' ANNOTATION_REF='a1'><ANNOTATION_VALUE>other</ANNOTATION_VALUE>"
    )
    text = eaf(label="a").replace("</TIER>", f"{other}</REF_ANNOTATION></ANNOTATION></TIER>")
    assert "other" in text
    (tmp_path / "x.eaf").write_text(text)
    (tmp_path / "plain.eaf").write_text(eaf(label="a"))
    assert read_elan(tmp_path / "x.eaf").segmentation.labels == read_elan(tmp_path / "plain.eaf").segmentation.labels
