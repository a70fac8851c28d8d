from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from phonseg.annotation.plain_text import read_lab, read_phn
from phonseg.annotation.readers import READERS, read_reference
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.system.captured_warnings import captured_warnings


def phn(folder: Path, text: str) -> Path:
    path = folder / "a.PHN"
    path.write_text(text)
    return path


def test_a_phn_file_counts_samples(tmp_path: Path) -> None:
    path = phn(tmp_path, "0 1600 h#\n1600 2401 sh\n\n2401 3200 iy\n")
    assert list(read_phn(path).segmentation.intervals()) == [
        (0, 0.1, "h#"),
        (0.1, 2401 / 16_000, "sh"),
        (2401 / 16_000, 0.2, "iy"),
    ]
    assert read_phn(path, sample_rate=8000).segmentation.boundaries.tolist() == [0.2, 2401 / 8000]


def test_gaps_in_a_phn_file_become_segments_without_label(tmp_path: Path) -> None:
    read = read_phn(phn(tmp_path, "1600 3200 a\n4800 6400\n")).segmentation
    assert list(read.intervals()) == [(0, 0.1, ""), (0.1, 0.2, "a"), (0.2, 0.3, ""), (0.3, 0.4, "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 10 a\n\n10 b\n", "line 3 is not a segment"),
        ("0 0.5 a\n", "line 1 is not a segment"),
        ("0 100 a\n50 200 b\n", r"line 2 \(0.003125 to 0.0125 s\) starts before 0.00625 s"),
        ("0 10 a\n10 10 b\n", "line 2 .* does not end after its start"),
        ("-100 100 a\n", "line 1 .* starts before 0"),
        (" \n", "holds no segment"),
        ("RIFF\x01\x02", "line 1 is not a segment"),
    ],
)
def test_a_phn_file_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=message):
        read_phn(phn(tmp_path, text))


def test_a_sample_rate_is_above_zero(tmp_path: Path) -> None:
    for wrong in (0, -16_000, 10**30, float("nan"), float("inf"), "16000", True, None):
        with pytest.raises(ConfigurationError, match=f"sample_rate is {wrong!r}. Give samples per second"):
            read_reference(phn(tmp_path, "0 10 a\n"), sample_rate=wrong)  # type: ignore[arg-type]


def lab(folder: Path, text: str) -> Path:
    path = folder / "a.lab"
    path.write_text(text)
    return path


def test_a_buckeye_file_has_the_ends_of_segments(tmp_path: Path) -> None:
    text = "header s0101a\ncolor 121\n\n#\n   0.000000  122 {B_TRANS}\n   0.125  122 SIL\n 0.25  122 k; *\n\n0.5 122\n"
    assert list(read_lab(lab(tmp_path, text)).segmentation.intervals()) == [
        (0, 0.125, "SIL"),
        (0.125, 0.25, "k"),
        (0.25, 0.5, ""),
    ]


def test_a_festival_file_is_of_the_same_kind(tmp_path: Path) -> None:
    text = "separator ;\nnfields 1\n#\n    0.2600 26 \tpau ; \n    0.3500 26 \ta b ; \n"
    assert list(read_lab(lab(tmp_path, text)).segmentation.intervals()) == [(0, 0.26, "pau"), (0.26, 0.35, "a b")]


def test_segments_without_length_are_left_out_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(PhonsegWarning, match=r"a\.lab: segments without length are left out \(line 3\)"):
        read = read_lab(lab(tmp_path, "#\n0.1 1 a\n0.1 1 b\n0.2 1 c\n")).segmentation
    assert list(read.intervals()) == [(0, 0.1, "a"), (0.1, 0.2, "c")]


def test_an_htk_file_counts_in_100_ns_and_one_with_decimals_in_seconds(tmp_path: Path) -> None:
    expected = [(0, 0.125, "sil"), (0.125, 0.5, "a 3.5")]
    assert list(read_lab(lab(tmp_path, "0 1250000 sil\n1250000 5000000 a 3.5\n")).segmentation.intervals()) == expected
    assert list(read_lab(lab(tmp_path, "0 0.125 sil\n0.125 0.5 a 3.5\n")).segmentation.intervals()) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#\n0.2 1 a\n0.1 1 b\n", r"line 3 \(0.2 to 0.1 s\) does not end after its start"),
        ("#\nx 1 a\n", "line 2 is not a segment.*'end colour label'"),
        ("#\n", "holds no segment"),
        ("", "holds no segment"),
        ("0 10\n10 a\n", "line 2 is not a segment"),
        ("0 100000 a\n50000 200000 b\n", r"line 2 .* starts before 0\.01 s"),
        ("sil a\n", "line 1 is not a segment.*in seconds"),
    ],
)
def test_a_lab_file_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=rf"a\.lab: .*{message}"):
        read_lab(lab(tmp_path, text))


@pytest.mark.parametrize("suffix", [".phn", ".lab"])
def test_times_beyond_all_numbers_are_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_text(f"0 {'9' * 400} a\n")
    with pytest.raises(TextGridError, match=rf"a\{suffix}: line 1 is not a segment"):
        read_reference(tmp_path / f"a{suffix}")


CONTENTS = st.binary(max_size=80) | st.text("0123456789.,;#\n\t ab-", max_size=60).map(str.encode)


@given(st.sampled_from(sorted(READERS)), CONTENTS)
def test_any_bytes_are_a_reference_or_refused(suffix: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, captured_warnings(), suppress(TextGridError):
        path = Path(folder, f"x{suffix}")
        path.write_bytes(content)
        assert len(read_reference(path)) >= 1


@given(st.sampled_from([",", ";", "\t"]), CONTENTS)
def test_any_table_is_a_reference_or_refused(delimiter: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, captured_warnings(), suppress(TextGridError):
        path = Path(folder, "x.csv")
        path.write_bytes(delimiter.join(("start", "end")).encode() + b"\n" + content)
        assert len(read_reference(path)) >= 1
