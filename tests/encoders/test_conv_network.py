"""Networks of log-mel frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import noise
from hypothesis import given, settings, strategies as st

from phonseg.encoders.conv_network import ConvNetwork, ResidualBlock


class Doubled(ConvNetwork):
    """Frames that are twice the scores."""

    name = "doubled"

    def settings(self) -> dict[str, int | float]:
        return {}

    def activate(self, scores: torch.Tensor) -> torch.Tensor:
        return 2 * scores


def trained_like(outputs: int = 3, dilations: tuple[int, ...] = (1, 3)) -> Doubled:
    """A network whose weights, means and variances are not those of a new one."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Doubled(bands=12, width=6, outputs=outputs, dilations=dilations)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                for values in (module.weight, module.running_var):
                    torch.nn.init.uniform_(values, 0.5, 2)
                for values in (module.bias, module.running_mean):
                    torch.nn.init.normal_(values)
    return network.eval()


NETWORK = trained_like()


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_a_block_adds_its_change_to_the_frame_in_the_middle_of_what_it_sees(dilation):
    block, frames = ResidualBlock(3, dilation).eval(), torch.rand(1, 3, 20)
    torch.nn.init.zeros_(block.change[-1].weight)
    torch.nn.init.constant_(block.change[-1].bias, 0.5)
    torch.testing.assert_close(block(frames), frames[..., dilation : 20 - dilation] + 0.5)


@pytest.mark.parametrize("dilations", [(), (1,), (1, 2, 4), (5, 2)])
@pytest.mark.parametrize("n", [1, 2, 40])
def test_what_is_used_is_what_was_trained(dilations, n):
    network = trained_like(dilations=dilations)
    power = network.features.power_of(noise(network.grid.n_samples(n), seed=n))
    with torch.inference_mode():
        expected = 2 * network.scores(power[None])[0].numpy()
    assert expected.shape == (n, 3)
    np.testing.assert_allclose(network.folded().encode_power(power), expected, rtol=1e-4, atol=1e-5)


@given(n=st.integers(0, 6000))
@settings(max_examples=30)
def test_there_is_a_frame_of_every_place_of_the_grid(n):
    assert NETWORK.encode(noise(n)).shape == (NETWORK.grid.count(n), 3)


def test_encoding_rests_dropout_and_changes_nothing():
    network, samples = trained_like(), noise(8000)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    expected = network.encode(samples)
    network.train()
    np.testing.assert_array_equal(network.encode(samples), expected)
    assert network.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
