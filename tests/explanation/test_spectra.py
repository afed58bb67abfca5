"""Is a known frequency found again, with its share?"""

import numpy as np
import pytest

from gatecast.explanation.units import Units, find_spectra

T = 2000


def units(n):
    return Units(np.ones(n, int), np.full(n, "forward"), np.arange(n))


@pytest.mark.parametrize("period", [3.3, 24, 168, 700])
def test_known_sine(period):
    t = np.arange(T)
    noise = np.random.default_rng(0).normal(size=T)
    waves = np.stack([np.sin(2 * np.pi * t / period), 5 + t / 100 + np.sin(2 * np.pi * t / period) + 0.2 * noise], 1)
    found = find_spectra(waves.astype(np.float32), units(2), "h")
    # a fifth of the distance between frequencies, 1 / T
    np.testing.assert_allclose(1 / found.period, 1 / period, rtol=0, atol=0.2 / T)
    assert found.share[0] > 0.98
    # sine: 0.5, noise: 0.04; a trend that is taken away takes some of a slow wave with it
    assert found.share[1] == pytest.approx(0.5 / 0.54, abs=0.03)
    assert found.frequencies.shape == found.power[:, 0].shape


def test_periods_are_gathered():
    t = np.arange(T)
    periods = [24, 24.2, 7, 23.9]
    waves = np.stack([np.sin(2 * np.pi * t / period) for period in periods], axis=1)
    groups = find_spectra(waves, units(4), "h").periods()
    assert [n for _, n, _ in groups] == [3, 1]
    assert groups[1][0] == pytest.approx(7, abs=0.02)


def test_units_that_do_not_move_and_series_that_are_too_short():
    still = find_spectra(np.full((T, 2), 0.3, np.float32), units(2), "D")
    assert np.isnan(still.period).all()
    assert still.texts == ("none", "none")
    assert not still.share.any()
    assert still.periods() == []
    short = find_spectra(np.zeros((5, 2), np.float32), units(2), "D")
    assert np.isnan(short.period).all()
    assert len(short.to_frame()) == 2
