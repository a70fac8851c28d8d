"""Streams as plain JSON, and back."""

from __future__ import annotations

import json

import pytest
import torch

from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, cosine, euclidean
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.model.streams import Stream, build, describe

STREAMS = [
    Stream(LogMel(window=256, bands=24, exponent=0.1, floor=1e-5), LeftRightContrast(euclidean, (2, 3, 4)), 0.25),
    Stream(LogMelNetwork(bands=12, width=8, dimensions=4), LeftRightContrast(cosine, (1,))),
    Stream(RawWaveformEncoder(channels=4, dimensions=3, projection=2), LeftRightContrast(cosine, (1, 2)), 3.0),
    Stream(BoundaryNetwork(bands=12, width=6), PrecomputedCurve()),
    Stream(UnitNetwork(units=5, bands=12, width=6), LeftRightContrast(euclidean, (2, 3)), 0.3),
]

every_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.encoder.name)


@every_stream
def test_described_in_json_and_built_again_a_stream_is_the_same(stream):
    again = build(json.loads(json.dumps(describe(stream))))
    assert type(again.encoder) is type(stream.encoder)
    assert again.encoder.settings() == stream.encoder.settings()
    assert again.encoder.grid == stream.encoder.grid
    assert (again.contrast, again.weight) == (stream.contrast, stream.weight)
    assert describe(again) == describe(stream)


@every_stream
def test_building_draws_no_random_number_of_the_caller(stream):
    before = torch.get_rng_state()
    build(describe(stream))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_stream_is_built_without_memory_for_its_weights():
    described = describe(STREAMS[3])
    stream = build({**described, "settings": {"bands": 40, "width": 4096}})
    assert all(tensor.is_meta for tensor in stream.encoder.state_dict().values())
    assert sum(tensor.numel() for tensor in stream.encoder.parameters()) > 10**8
    assert not stream.encoder.training
    assert stream.encoder.features.hann.device.type == "cpu"  # in no file, and so at hand


def test_a_stream_without_a_setting_that_it_needs_is_not_built():
    with pytest.raises(TypeError, match="units"):
        build({**describe(STREAMS[4]), "settings": {}})
