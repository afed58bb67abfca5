"""The pretrained networks can be made again: the same weights from the same seed, also after an interruption."""

from pathlib import Path

import numpy as np
import pytest

import train
from gatecast._files import read_tensors
from gatecast.pretraining import weights
from gatecast.pretraining.family import class_of
from gatecast.pretraining.weights import pretrained_networks, write_weights

KEPT = Path(__file__).parent / "miniature.npz"
OWN = class_of(4)


def test_a_miniature_has_the_kept_weights_on_any_number_of_threads_and_after_an_interruption(tmp_path, monkeypatch):
    # the oldest instruction set, which every machine has
    monkeypatch.setenv("GATECAST_ISA", "baseline")
    whole = train.pretrain(OWN, 3, train.MINIATURE, tmp_path / "whole", n_threads=2)
    half = train.MINIATURE.n_steps // 2
    # an interrupted run has the learning rates of the whole course
    with pytest.raises(KeyboardInterrupt):
        train.pretrain(OWN, 3, train.MINIATURE, tmp_path / "part", n_threads=1, on_turn=interrupt_at(half))
    again = train.pretrain(OWN, 3, train.MINIATURE, tmp_path / "part", n_threads=1)
    np.testing.assert_array_equal(again, whole)
    with np.load(KEPT) as kept:
        # logarithms and exponentials of NumPy differ in their last bit between machines
        np.testing.assert_allclose(whole[::64], kept["every_64th"], rtol=0, atol=1e-5)


def interrupt_at(step):
    def on_turn(done):
        if done >= step:
            raise KeyboardInterrupt

    return on_turn


def test_learning_rates_rise_and_fall():
    rates = train.rates_of(train.Course(n_steps=1000))
    assert rates.argmax() in range(29, 301)
    assert rates.max() == pytest.approx(train.Course().learning_rate)
    assert (np.diff(rates[:30]) > 0).all()
    assert (np.diff(rates[301:]) <= 0).all()
    assert rates[-1] < 0.01 * rates.max()


def test_weights_lose_less_than_half_precision_in_their_file(tmp_path, monkeypatch):
    flat = np.random.default_rng(0).normal(size=OWN.spec.n_parameters).astype(np.float32)
    write_weights(tmp_path / "w.safetensors", {(4, 0): flat})
    monkeypatch.setattr(weights, "_kept", lambda: read_tensors(tmp_path / "w.safetensors", weights.KEY)[0])
    spec, (read,) = pretrained_networks.__wrapped__(OWN, OWN.horizon, OWN.season)
    assert spec == OWN.spec
    # half precision has eleven binary digits
    np.testing.assert_allclose(read, flat, rtol=2**-11, atol=1e-7)
