from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from phonseg.annotation.plain_text import is_table, read_lab, read_phn, read_table
from phonseg.annotation.readers import READERS, read_reference
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.system.captured_warnings import captured_warnings


def phn(folder: Path, text: str) -> Path:
    path = folder / "a.PHN"
    path.write_text(text)
    return path


def test_a_phn_file_counts_samples(tmp_path: Path) -> None:
    path = phn(tmp_path, "0 1600 h#\n1600 2401 sh\n\n2401 3200 iy\n")
    assert list(read_phn(path).intervals()) == [(0, 0.1, "h#"), (0.1, 2401 / 16_000, "sh"), (2401 / 16_000, 0.2, "iy")]
    assert read_phn(path, sample_rate=8000).boundaries.tolist() == [0.2, 2401 / 8000]


def test_gaps_in_a_phn_file_become_segments_without_label(tmp_path: Path) -> None:
    read = read_phn(phn(tmp_path, "1600 3200 a\n4800 6400\n"))
    assert list(read.intervals()) == [(0, 0.1, ""), (0.1, 0.2, "a"), (0.2, 0.3, ""), (0.3, 0.4, "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 10 a\n\n10 b\n", "line 3 is not a segment"),
        ("0 0.5 a\n", "line 1 is not a segment"),
        ("0 10 a\n5 20 b\n", "line 2 .* starts before"),
        ("0 10 a\n10 10 b\n", "line 2 .* does not end after its start"),
        ("-10 10 a\n", "line 1 .* starts before 0"),
        (" \n", "holds no segment"),
        ("RIFF\x01\x02", "line 1 is not a segment"),
    ],
)
def test_a_phn_file_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=message):
        read_phn(phn(tmp_path, text))


def test_a_sample_rate_is_above_zero(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="sample_rate is 0"):
        read_phn(phn(tmp_path, "0 10 a\n"), sample_rate=0)


def lab(folder: Path, text: str) -> Path:
    path = folder / "a.lab"
    path.write_text(text)
    return path


def test_a_buckeye_file_has_the_ends_of_segments(tmp_path: Path) -> None:
    text = "header s0101a\ncolor 121\n\n#\n   0.000000  122 {B_TRANS}\n   0.125  122 SIL\n 0.25  122 k; *\n\n0.5 122\n"
    assert list(read_lab(lab(tmp_path, text)).intervals()) == [(0, 0.125, "SIL"), (0.125, 0.25, "k"), (0.25, 0.5, "")]


def test_a_festival_file_is_of_the_same_kind(tmp_path: Path) -> None:
    text = "separator ;\nnfields 1\n#\n    0.2600 26 \tpau ; \n    0.3500 26 \ta b ; \n"
    assert list(read_lab(lab(tmp_path, text)).intervals()) == [(0, 0.26, "pau"), (0.26, 0.35, "a b")]


def test_segments_without_length_are_left_out_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(PhonsegWarning, match=r"a\.lab: segments without length are left out \(line 3\)"):
        read = read_lab(lab(tmp_path, "#\n0.1 1 a\n0.1 1 b\n0.2 1 c\n"))
    assert list(read.intervals()) == [(0, 0.1, "a"), (0.1, 0.2, "c")]


def test_an_htk_file_counts_in_100_ns_and_one_with_decimals_in_seconds(tmp_path: Path) -> None:
    expected = [(0, 0.125, "sil"), (0.125, 0.5, "a 3.5")]
    assert list(read_lab(lab(tmp_path, "0 1250000 sil\n1250000 5000000 a 3.5\n")).intervals()) == expected
    assert list(read_lab(lab(tmp_path, "0 0.125 sil\n0.125 0.5 a 3.5\n")).intervals()) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#\n0.2 1 a\n0.1 1 b\n", r"line 3 \(0.2 to 0.1 s\) does not end after its start"),
        ("#\nx 1 a\n", "line 2 is not a segment.*'end colour label'"),
        ("#\n", "holds no segment"),
        ("", "holds no segment"),
        ("0 10\n10 a\n", "line 2 is not a segment"),
        ("0 1000 a\n500 2000 b\n", r"line 2 .* starts before 0\.0001 s"),
        ("sil a\n", "line 1 is not a segment.*in seconds"),
    ],
)
def test_a_lab_file_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=rf"a\.lab: .*{message}"):
        read_lab(lab(tmp_path, text))


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        'start,end,label\n0,0.5,a\n0.5,1,"b, c"\n',
        "\ufeffStart;End;Label\r\n0;0,5;a\r\n0,5;1;b, c\r\n",
        "tmin\ttier\ttext\ttmax\n0\tphones\ta\t0.5\n0\twords\tw\t1\n0.5\tphones\tb, c\t1\n",
        'Begin,End,Label,Type,Speaker\n0,0.5,a,phones,x\n0.5,1,"b, c",phones,x\n0,1,w,words,x\n',
        'xmax,xmin,text\n\n0.5,0,a\n1,0.5,"b, c"\n',
    ],
)
def test_tables_of_many_programs_are_read(tmp_path: Path, text: str) -> None:
    path = table(tmp_path, text)
    assert is_table(path)
    assert list(read_table(path).segmentation.intervals()) == [(0, 0.5, "a"), (0.5, 1, "b, c")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no columns start and end"),
        ("begin,label\n0,a\n", r"has no columns start and end \(line 1: 'begin,label"),
        ("start,end\n0,0.5\n0.5,x\n", "line 3 is not a segment"),
        ("start,end\n0,0.5\n0.5\n", "line 3 is not a segment"),
        ("start,end\n0,nan\n", "line 2 .* does not end after its start"),
        ("start,end\n0,0.5\n0.4,1\n", "line 3 .* starts before 0.5 s"),
        ("start,end\n-0.5,0.2\n", "line 2 .* starts before 0 s, where the recording starts"),
        ("start,end\n", "holds no segment"),
        pytest.param(f"start,end,label\n0,1,{'a' * 200_000}\n", "cannot be read as a table", id="a long field"),
        pytest.param(f"start,end,{'a' * 200_000}\n0,1\n", "cannot be read as a table", id="a long name"),
        ("start,end,tier\n0,1,words\n", 'no row has the tier "phones"'),
    ],
)
def test_a_table_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=rf"a\.csv: .*{message}"):
        read_table(table(tmp_path, text))


@pytest.mark.parametrize("suffix", [".phn", ".lab"])
def test_times_beyond_all_numbers_are_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_text(f"0 {'9' * 400} a\n")
    with pytest.raises(TextGridError, match=rf"a\{suffix}: line 1 is not a segment"):
        read_reference(tmp_path / f"a{suffix}")


def test_other_tables_are_no_references(tmp_path: Path) -> None:
    assert not is_table(table(tmp_path, "speaker,age\n1,30\n"))
    assert not is_table(table(tmp_path, b"\xff\x00"))


CONTENTS = st.binary(max_size=80) | st.text("0123456789.,;#\n\t ab-", max_size=60).map(str.encode)


@given(st.sampled_from(sorted(READERS)), CONTENTS)
def test_any_bytes_are_a_reference_or_refused(suffix: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, captured_warnings(), suppress(TextGridError):
        path = Path(folder, f"x{suffix}")
        path.write_bytes(content)
        assert len(read_reference(path)) >= 1


@given(st.sampled_from([",", ";", "\t"]), CONTENTS)
def test_any_table_is_a_reference_or_refused(delimiter: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(TextGridError):
        path = Path(folder, "x.csv")
        path.write_bytes(delimiter.join(("start", "end")).encode() + b"\n" + content)
        assert len(read_reference(path)) >= 1
