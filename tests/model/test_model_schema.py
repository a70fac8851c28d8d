"""A description whose parts are of another kind than they should be is refused, and the part is named."""

from __future__ import annotations

import json
from dataclasses import asdict
from inspect import signature
from typing import Any

import pytest
from hypothesis import given, strategies as st

from phonseg.model.analysis_settings import PHONSEG_SETTINGS
from phonseg.model.model_schema import ENCODER_SETTINGS, DescriptionError, checked_description
from phonseg.model.streams import ENCODERS

RIGHT: dict[str, Any] = {
    "name": "x",
    "streams": [
        {
            "encoder": "log-mel",
            "settings": {"bands": 40, "sample_rate": 16_000, "exponent": 0.1},
            "contrast": {"distance": "euclidean", "lags": [2, 3, 4]},
            "weight": 1.5,
        },
        {"encoder": "boundary-network", "settings": {}, "contrast": {}, "weight": 1},
    ],
    "operating_point": {"prominence": 0.5},
    "training": {"hours": 3.0, "settings": {"seed": 0}},
    "tuned_on_labels": False,
}
SETTINGS = {"levelled": False, "span": None, "minimum_gap": 0.02}


def changed(place: list[Any], value: object) -> dict[str, Any]:
    """RIGHT with another value at a place in it."""
    copy = json.loads(json.dumps(RIGHT))
    inner = copy
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return copy


def test_what_is_right_passes():
    checked_description(RIGHT)
    checked_description({**RIGHT, "analysis_settings": SETTINGS, "something later": 1})
    checked_description(changed(["streams", 0, "contrast", "lags"], [1]))


@pytest.mark.parametrize("given", [None, [], "text", 3])
def test_what_is_no_description_lacks_everything(given):
    with pytest.raises(DescriptionError, match=r"^name, streams, operating_point, training, tuned_on_labels$"):
        checked_description(given)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["name"], 5),
        (["name"], "x" * 1_001),
        (["streams"], []),
        (["streams"], {"0": RIGHT["streams"][0]}),
        (["streams", 1], None),
        (["streams", 0, "encoder"], ["log-mel"]),
        (["streams", 0, "settings"], [40]),
        (["streams", 0, "settings", "bands"], "40"),
        (["streams", 0, "settings", "bands"], True),
        (["streams", 0, "settings", "bands"], 10**9),
        (["streams", 0, "settings", "sample_rate"], 10**9),
        (["streams", 0, "settings", "bands"], 40.0),
        (["streams", 0, "settings", "bands"], 513),
        (["streams", 0, "settings", "bands"], 0),
        (["streams", 0, "settings", "window"], 513),
        (["streams", 0, "settings", "window"], 0),
        (["streams", 0, "settings", "floor"], 0),
        (["streams", 0, "settings", "exponent"], 1e-300),
        (["streams", 0, "settings", "exponent"], -0.5),
        (["streams", 0, "settings", "exponent"], True),
        (["streams", 0, "settings", "hop"], 1),
        (["streams", 0, "settings", "hop"], 1601),
        (["streams", 0, "settings", "sample_rate"], 768_000),
        (["streams", 0, "settings", "sample_rate"], 1),
        (["streams", 0, "settings", "width"], 40),
        (["streams", 0, "settings", 5], 40),
        (["streams", 1, "settings", "width"], 4097),
        (["streams", 1, "settings", "outputs"], 2),
        (["streams"], 17 * [RIGHT["streams"][0]]),
        (["streams", 0, "more"], 1),
        (["streams", 0, "contrast"], {}),
        (["streams", 1, "encoder"], "encoder of another version"),
        (["streams", 0, "contrast"], None),
        (["streams", 0, "contrast", "distance"], "manhattan"),
        (["streams", 0, "contrast", "more"], 1),
        (["streams", 0, "contrast", "lags"], []),
        (["streams", 0, "contrast", "lags"], [True]),
        (["streams", 0, "contrast", "lags"], [51]),
        (["streams", 0, "contrast", "lags"], list(range(1, 10))),
        (["streams", 0, "weight"], -1),
        (["streams", 0, "weight"], True),
        (["streams", 0, "weight"], 1e38),
        (["streams", 0, "contrast", "distance"], 1),
        (["streams", 0, "contrast", "lags"], 3),
        (["streams", 0, "contrast", "lags"], [2.5]),
        (["streams", 0, "contrast", "lags"], [0]),
        (["streams", 0, "contrast", "lags"], [10**9]),
        (["streams", 0, "weight"], float("nan")),
        (["streams", 0, "weight"], float("inf")),
        (["operating_point"], [0.5]),
        (["operating_point"], {}),
        (["operating_point"], {"prominence": 0.5, "more": 1}),
        (["operating_point", "prominence"], 0),
        (["operating_point", "prominence"], -0.5),
        (["operating_point", "prominence"], True),
        (["operating_point", "prominence"], float("nan")),
        (["operating_point", "prominence"], None),
        (["operating_point", "prominence"], 10**400),
        (["training"], "three hours"),
        (["tuned_on_labels"], "no"),
        (["tuned_on_labels"], 0),
        (["analysis_settings"], None),
        (["analysis_settings"], {"levelled": [True]}),
        (["analysis_settings"], {"span": "all"}),
        (["analysis_settings"], {"span": 0}),
        (["analysis_settings"], {"span": 0.1}),
        (["analysis_settings"], {"span": 61}),
        (["analysis_settings"], {"span": False}),
        (["analysis_settings"], {"minimum_gap": None}),
        (["analysis_settings"], {"minimum_gap": -1e-9}),
        (["analysis_settings"], {"minimum_gap": float("inf")}),
        (["analysis_settings"], {"sub_frame": 1}),
        (["analysis_settings"], {"speech_only": None}),
        (["analysis_settings"], {"unknown": True}),
    ],
)
def test_a_part_of_the_wrong_kind_is_named(place, value):
    with pytest.raises(DescriptionError, match=f"^{place[0]}$"):
        checked_description(changed(place, value))


def test_every_setting_of_every_encoder_and_of_the_analysis_has_a_range():
    for name, encoder in ENCODERS.items():
        ordinary = {"units": 5, "bands": 12, "width": 6}
        settings = encoder(
            **{one: ordinary[one] for one in signature(encoder).parameters if one in ordinary}
        ).settings()
        assert ENCODER_SETTINGS[name](settings)
        for one in settings:
            assert not ENCODER_SETTINGS[name]({**settings, one: "5"})
    assert ENCODER_SETTINGS.keys() == ENCODERS.keys()
    checked_description({**RIGHT, "analysis_settings": asdict(PHONSEG_SETTINGS)})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(RIGHT)), values | st.sampled_from(list(RIGHT.values()))))
def test_anything_is_right_or_refused(given):
    whole = {**RIGHT, **given}
    try:
        checked_description(whole)
    except DescriptionError:
        return
    assert isinstance(whole["name"], str)
    assert isinstance(whole["tuned_on_labels"], bool)
    assert all(isinstance(stream, dict) for stream in whole["streams"])
