"""Is a decisive covariate told from a useless one, within the error bars?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError

from .hand_set import fitted, hourly


def shops(n=500, n_shops=2):
    rng = np.random.default_rng(0)
    frames = []
    for k in range(n_shops):
        price, junk, rain = rng.normal(size=(3, n))
        y = 10 * k + 3 * price + 0.3 * rng.normal(size=n)
        ds = pd.date_range("2022-01-01", periods=n)
        frames.append(
            pd.DataFrame({"unique_id": f"s{k}", "ds": ds, "y": y, "price": price, "junk": junk, "rain": rain})
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def model():
    data = shops()
    train = data[data["ds"] < "2023-01-01"]
    return fitted(train, season_length=1, future=["price", "junk"], past=["rain"], epochs=20, lookback=8, n_layers=1)


def test_decisive_and_useless_covariates(model):
    found = model.covariate_importance(shops())
    assert found.names == ("price", "junk", "rain")
    assert found.roles == ("future", "future", "past")
    # without it the error is that of a normal distribution of 3, with it of about 0.3
    assert found.is_useful.tolist() == [True, False, False]
    assert found.increase[0] > 3 * found.error
    # useless: two standard errors either side, three for what is no proof
    assert (np.abs(found.increase[1:]) < 3 * found.standard_error[1:] + 0.05 * found.error).all()
    assert found.increases.shape == (3, 10)
    assert found.n_blocks > 50
    assert found.to_frame()["covariate"][0] == "price"
    assert found.sentences()[0].startswith("price: without it the error")
    assert "no use was found" in found.sentences()[2]


def test_the_same_seed_gives_the_same_numbers(model):
    data = shops()
    first, second, other = (model.covariate_importance(data, n_repeats=2, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.increases, second.increases)
    assert (first.increases != other.increases).any()


def test_standard_errors_are_honest(model):
    # over many draws of the shuffles alone the mean lies within its error bars: the windows are the same
    data = shops()
    draws = [model.covariate_importance(data, n_repeats=3, seed=seed) for seed in range(8)]
    spread = np.std([draw.increase for draw in draws], axis=0)
    assert (spread < 2 * np.mean([draw.standard_error for draw in draws], axis=0)).all()


def test_static_covariates_are_exchanged_between_series():
    data = shops(n_shops=4).assign(kind=lambda f: f["unique_id"].map({"s0": "a", "s1": "b", "s2": "a", "s3": "b"}))
    train = data[data["ds"] < "2023-01-01"]
    model = fitted(train, season_length=1, static=["kind"], n_layers=1)
    found = model.covariate_importance(data, n_repeats=4)
    assert found.roles == ("static",)
    assert np.isfinite(found.standard_error).all()


def test_what_cannot_be_measured(model):
    data = shops()
    with pytest.raises(DataError, match="after the training part"):
        model.covariate_importance(data[data["ds"] < "2023-01-01"])
    with pytest.raises(ConfigError, match="`n_repeats`"):
        model.covariate_importance(data, n_repeats=0)
    with pytest.raises(DataError, match="learned from no covariate"):
        fitted(hourly()).covariate_importance(hourly())
