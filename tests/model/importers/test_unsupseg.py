"""Checkpoints of UnsupSeg: loaded without executing anything, they do what UnsupSeg does."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import oracle_curve
import pytest
import soundfile
import torch
from checkpoints import ENCODER, LAYOUTS, WEIGHTS, Trap, checkpoint, peak_settings, rewritten, saved
from conftest import RATE, Samples, noise, speech_like
from hypothesis import HealthCheck, given, settings, strategies as st

from phonseg.detection.peaks import OperatingPoint
from phonseg.encoders import chunks as chunks
from phonseg.errors import ModelError, PhonsegWarning
from phonseg.model.importers import unsupseg
from phonseg.model.importers.unsupseg import UNSUPSEG_SETTINGS, read_unsupseg
from phonseg.model.segmenter import Segmenter, load
from phonseg.timeline.segmentation import Segmentation

every_layout = pytest.mark.parametrize("layout", LAYOUTS)

SHARED = Path(__file__).resolve().parents[4] / "shared"
RELEASED = SHARED / "peers" / "unsupseg"
needs_released = pytest.mark.skipif(not RELEASED.is_dir(), reason="the released checkpoints are not here")
GOLDEN = json.loads((RELEASED / "golden.json").read_text("utf-8"))["files"] if RELEASED.is_dir() else {}


def theirs(samples: Samples, encoder: Any, prominence: float) -> list[int]:
    """What UnsupSeg does, step by step: the frames before which it puts a boundary."""
    frames = encoder.encode(samples)
    similarities = [
        float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))
        for one, other in itertools.pairwise(frames)
    ]
    similarities = similarities[:1] + similarities  # the first frame has none before it
    lowest, highest = min(similarities), max(similarities)
    curve = [1 - (similarity - lowest) / (highest - lowest) for similarity in similarities]
    return [place for place, found in oracle_curve.peaks(curve, len(curve)) if found >= prominence]


def seconds(frames: list[int]) -> np.ndarray:
    return (160 * np.array(frames, dtype=np.float64) + 152.5) / RATE


def assert_same(one: Segmentation, other: Segmentation) -> None:
    np.testing.assert_array_equal(one.boundaries, other.boundaries)
    np.testing.assert_array_equal(one.scores, other.scores)


# What is loaded


@every_layout
def test_a_checkpoint_is_loaded_with_its_weights_its_prominence_and_where_it_came_from(tmp_path, layout):
    path = checkpoint(tmp_path / "buckeye.ckpt", layout)
    random = torch.get_rng_state()
    model = load(path)
    assert torch.equal(random, torch.get_rng_state())
    assert (model.name, model.operating_point, model.analysis_settings) == (
        "buckeye",
        OperatingPoint(0.07),
        UNSUPSEG_SETTINGS,
    )
    assert model.tuned_on_labels
    assert model.training["licence"] == "MIT, Copyright 2020 Felix Kreuk"
    (stream,) = model.streams
    assert not stream.encoder.training
    assert stream.encoder.settings() == ENCODER.settings()
    for name, tensor in stream.encoder.state_dict().items():
        assert torch.equal(tensor, WEIGHTS[name.replace("layers", "NFC.enc")])


@pytest.mark.parametrize("prominence", [np.float64(0.11), 0.11])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_prominence_is_read_from_the_pickle_within(tmp_path, prominence, protocol):
    path = checkpoint(tmp_path / "x.ckpt", peak_detection_params=peak_settings(prominence, protocol))
    assert load(path).operating_point == OperatingPoint(0.11)


@every_layout
def test_saved_as_a_model_file_it_is_the_same_model(tmp_path, layout):
    model = load(checkpoint(tmp_path / "x.ckpt", layout))
    saved = model.save(tmp_path / "y.safetensors")
    again = load(tmp_path / "y.safetensors")
    assert model.digest == saved.digest == again.digest
    for name in ("name", "operating_point", "training", "tuned_on_labels", "analysis_settings"):
        assert getattr(again, name) == getattr(model, name)
    source = (speech_like(12)[0], RATE)
    for choice in ({}, {"sensitivity": 0.8}, {"rate": 4.0}):
        assert_same(again.segment(source, **choice), model.segment(source, **choice))
    assert again.segment(source).provenance == model.segment(source).provenance


# What it does


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    return load(checkpoint(tmp_path_factory.mktemp("models") / "x.ckpt"))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("prominence", [0.02, 0.07, 0.3])
def test_boundaries_are_those_of_unsupseg(model, seed, prominence):
    samples = speech_like(12, seed)[0][seed * 37 :]
    expected = theirs(samples, ENCODER, prominence)
    assert expected
    with patch.object(chunks, "CHUNK_FRAMES", 40):
        found = replace(model, operating_point=OperatingPoint(prominence)).segment((samples, RATE))
    np.testing.assert_allclose(found.boundaries, seconds(expected), rtol=0, atol=1e-9)
    assert found.provenance.tuned_on_labels


def test_the_level_of_the_recording_matters_as_it_does_in_unsupseg(model):
    samples = speech_like(12)[0]
    for gain in (0.01, 1.0, 4.0):
        louder = samples * np.float32(gain)
        boundaries = model.segment((louder, RATE)).boundaries
        np.testing.assert_allclose(boundaries, seconds(theirs(louder, ENCODER, 0.07)), rtol=0, atol=1e-9)


def test_there_are_boundaries_outside_speech_and_next_to_each_other(model):
    found = model.segment((noise(2 * RATE), RATE))
    assert len(found.boundaries) > 10
    assert np.diff(found.boundaries).min() < 0.05
    assert found.curve.values.min() == 0
    assert found.curve.values.max() == 1


@pytest.mark.parametrize("n", [1, 464, 465, 624, 625, 785, 945])
def test_short_recordings_have_their_duration_and_boundaries_inside(model, n):
    found = model.segment((noise(n), RATE), sensitivity=1)
    assert found.duration == n / RATE
    assert len(found.curve.values) == max(0, (n - 465) // 160)
    assert ((found.boundaries > 0) & (found.boundaries < found.duration)).all()


@pytest.mark.parametrize("samples", [np.zeros(RATE, np.float32), np.full(RATE, 0.2, np.float32)])
@pytest.mark.filterwarnings("ignore::phonseg.errors.PhonsegWarning")
def test_what_never_changes_has_no_boundary(model, samples):
    assert model.segment((samples, RATE), sensitivity=1).boundaries.tolist() == []


def test_digital_silence_has_a_warning(model):
    with pytest.warns(PhonsegWarning, match="is digital silence"):
        model.segment((np.zeros(RATE, np.float32), RATE))


def test_sensitivity_and_rate_choose_more_or_fewer(model):
    samples, joins = speech_like(20)
    chosen = [len(model.segment((samples, RATE), sensitivity=s).boundaries) for s in (0, 0.4, 0.5, 0.6, 1)]
    assert chosen == sorted(chosen)
    assert chosen[0] == 0 < chosen[2] < chosen[4]
    by_rate = model.segment((samples, RATE), rate=4.0).boundaries
    assert len(by_rate) == pytest.approx(4 * (joins[-1] - joins[0]), abs=1)


# What is refused


@every_layout
@pytest.mark.parametrize("place", ["alone", "hparams", "state_dict", "peak_detection_params", "within"])
def test_a_checkpoint_that_would_run_something_is_refused_and_does_not(tmp_path, layout, place):
    canary = tmp_path / "canary"
    trap = Trap(os.mkdir, str(canary))
    path = tmp_path / "x.ckpt"
    if place == "alone":
        saved(trap, path, layout)
    elif place == "within":
        checkpoint(path, layout, peak_detection_params=pickle.dumps({"cpc_1": {"prominence": trap}}))
    else:
        checkpoint(path, layout, **{place: {**WEIGHTS, "more": trap}})
    with pytest.raises(ModelError, match=r"x\.ckpt: is not a phonseg model, .*names \w+\.mkdir, .*nothing was run"):
        load(path)
    assert not canary.exists()
    content = torch.load(path, weights_only=False)
    if place == "within":
        pickle.loads(content["peak_detection_params"])
    assert canary.exists()  # it would have been noticed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state_dict": None}, "its layout is unknown"),
        ({"state_dict": [1, 2]}, "its layout is unknown"),
        ({"state_dict": {}}, "its tensors do not fit"),
        ({"state_dict": {1: torch.zeros(2)}}, "its tensors do not fit"),
        ({"state_dict": {"NFC.enc.12.weight": torch.tensor(1.0)}}, "its tensors do not fit"),
        ({"state_dict": {**WEIGHTS, "NFC.enc.z_proj.1.weight": torch.zeros(4, 5)}}, "its tensors do not fit"),
        ({"state_dict": {**WEIGHTS, "NFC.enc.3.weight": torch.zeros(6, 6, 4)}}, "its tensors do not fit"),
        ({"state_dict": {**WEIGHTS, "NFC.enc.1.bias": torch.zeros(6).double()}}, "its tensors do not fit"),
        (
            {"state_dict": {**WEIGHTS, "NFC.enc.1.bias": torch.full((6,), torch.nan)}},
            "the numbers in 0.layers.1.bias reach from nan",
        ),
        ({"state_dict": {**WEIGHTS, "NFC.enc.1.bias": "none"}}, "not stored as those of a network"),
        ({"state_dict": {"x": torch.nn.Parameter(torch.zeros(2))}}, "not stored as those of a network"),
        ({"state_dict": {"x": torch.zeros(2).to_sparse()}}, "not stored as those of a network"),
        ({"state_dict": {"x": torch.zeros(2, device="meta")}}, "not stored as those of a network"),
        ({"state_dict": {"x": torch.zeros(1).expand(10**7)}}, "its weights are larger than the file"),
        ({"peak_detection_params": None}, "prominence is stored in an unknown way"),
        ({"peak_detection_params": peak_settings(0.07)[:-1]}, "the pickle inside it cannot be read: pickle exhausted"),
        ({"peak_detection_params": pickle.dumps({"cpc_2": 1})}, "its layout is unknown"),
        ({"peak_detection_params": peak_settings(None)}, "prominence is not between 0 and 1"),
        ({"peak_detection_params": peak_settings(np.float64(-1))}, "prominence is not between 0 and 1"),
        ({"peak_detection_params": peak_settings(np.float64(np.nan))}, "prominence is not between 0 and 1"),
        ({"peak_detection_params": peak_settings(np.float32(0.5))}, "buffer size must be a multiple"),
    ],
)
def test_another_network_or_arrangement_is_refused(tmp_path, changes, said):
    path = checkpoint(tmp_path / "x.ckpt", **changes)
    with pytest.raises(ModelError, match=rf"x\.ckpt: is not a phonseg model, .*\(.*({said}).*\)\. Copy it again"):
        load(path)


def changed(content: bytes, changes: list[tuple[int, int]]) -> bytes:
    """The same bytes with others in some places."""
    new = bytearray(content)
    for place, byte in changes:
        new[place % len(new)] = byte
    return bytes(new)


@pytest.mark.parametrize("place", [*LAYOUTS, "within the zip"])
@given(changes=st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 255)), min_size=1, max_size=3))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_checkpoint_with_changed_bytes_is_a_model_or_refused(tmp_path, place, changes):
    path = checkpoint(tmp_path / "x.ckpt", place if place in LAYOUTS else "zip")
    if place == "within the zip":  # with the sums that belong to what has changed
        with zipfile.ZipFile(path) as archive:
            instructions = archive.read("x/data.pkl")
        rewritten(path, {"x/data.pkl": changed(instructions, changes)})
    else:
        path.write_bytes(changed(path.read_bytes(), changes))
    try:
        model = load(path)
    except ModelError as error:
        assert str(error).startswith(f"{path}: is not a phonseg model")  # noqa: PT017  (either outcome will do)
    else:
        assert 0 < model.operating_point.prominence < 1


def test_what_is_no_checkpoint_at_all_is_refused(tmp_path):
    path = tmp_path / "x.ckpt"
    for content in (b"", b"nothing", b"PK\x03\x04", b"\x80\x02.", pickle.dumps({"state_dict": 1})):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"x\.ckpt: is not a phonseg model"):
            load(path)
    with pytest.raises(ModelError, match=r"nowhere\.ckpt: there is no such model file"):
        load(tmp_path / "nowhere.ckpt")


def test_what_is_too_large_is_refused(tmp_path):
    path = checkpoint(tmp_path / "x.ckpt")
    with (
        patch.object(unsupseg, "LARGEST_CHECKPOINT", 1000),
        pytest.raises(ModelError, match=r"has more than 0\.001 million bytes"),
    ):
        load(path)


# The released checkpoints


@pytest.fixture(scope="module", params=["buckeye", "buckeye+"])
def released(request: pytest.FixtureRequest) -> tuple[str, Segmenter]:
    return request.param, load(RELEASED / f"{request.param}_pretrained.ckpt")


@needs_released
def test_the_released_prominences_are_those_of_the_checkpoints():
    prominences = {"buckeye_pretrained.ckpt": 0.09, "buckeye+_pretrained.ckpt": 0.07}
    for name, prominence in prominences.items():
        told = read_unsupseg(RELEASED / name).description["operating_point"]
        assert told == {"prominence": pytest.approx(prominence, rel=1e-12)}


@needs_released
@pytest.mark.parametrize("name", GOLDEN)
def test_the_released_checkpoints_give_what_unsupseg_gives(released, name):
    kind, model = released
    golden, path = GOLDEN[name][kind], SHARED / "corpora" / "timit_sample" / name
    encoder = model.streams[0].encoder
    frames = encoder.encode(soundfile.read(path, dtype="float32")[0]).astype(np.float64)
    lengths = np.linalg.norm(frames, axis=1)
    cosines = (frames[1:] * frames[:-1]).sum(axis=1) / (lengths[1:] * lengths[:-1])
    np.testing.assert_allclose(cosines, golden["cosine"], rtol=0, atol=1e-5)
    for prominence, peaks in golden["peaks_by_prominence"].items():
        point = OperatingPoint(float(prominence))
        boundaries = replace(model, operating_point=point).segment(path).boundaries
        np.testing.assert_allclose(boundaries, seconds(peaks), rtol=0, atol=1e-9)
