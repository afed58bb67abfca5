"""Are all series judged on their last part, whatever their order, and evenly spaced where they are long?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gatecast.data.panel.panel import Panel
from gatecast.model import validation
from gatecast.model.candidates import Candidate, make_candidates
from gatecast.model.plan import plan_fit
from gatecast.model.settings import Settings
from gatecast.model.validation import Origins
from gatecast.network.initial import initial_weights
from gatecast.network.inputs import LossSettings, PanelArrays
from made_series import SMALL, forecaster, wave


def panel_of(*series: np.ndarray) -> Panel:
    offsets = np.cumsum([0, *map(len, series)]).astype(np.int64)
    S = len(series)
    return Panel(np.arange(S), np.concatenate(series), offsets, np.zeros(S, np.int64), 1)


def candidate_of(panel: Panel, **settings: object) -> Candidate:
    made = Settings(4, hidden_size=4, lookback=12, transform="none", season_length=25, **settings)  # type: ignore[arg-type]
    return make_candidates(*plan_fit(made, panel), np.inf)[0]


@pytest.mark.parametrize("spans", [(4000, 4000), (100, 20_000), (300,) * 10, (5,) * 2999, (0, 7000, 0, 50)])
def test_every_series_is_judged_evenly_and_all_together_not_much_more_than_was_asked_for(
    spans: tuple[int, ...],
) -> None:
    origins = Origins.limited(np.array(spans), 3000)
    assert ((origins.counts > 0) == (np.array(spans) > 0)).all()
    # at most one more for each series, from rounding up
    assert origins.n_windows <= 3000 + len(spans)
    assert origins.n_windows >= min(sum(spans), 1500)
    # the last one is less than a step before the end of the part that is judged
    assert (origins.counts * origins.step >= spans).all()


def test_of_very_many_series_evenly_spaced_ones_are_judged() -> None:
    origins = Origins.limited(np.full(100_000, 10), 3000)
    assert 1500 <= origins.n_windows <= 3000
    assert len(set(np.diff(np.flatnonzero(origins.spans)).tolist())) == 1
    # what is read for them is bounded too: 5,000 points of each are more than it takes
    origins = Origins.limited(np.full(1000, 5000), 3000)
    assert np.count_nonzero(origins.spans) == 100
    assert origins.n_windows <= 3100


@pytest.mark.parametrize("spans", [[1_000_000], [400_000, 150_000, 0, 7], [3000] * 100])
@pytest.mark.parametrize("reach", [1, 150, 10_000])
def test_of_long_series_runs_of_origins_are_judged(spans: list[int], reach: int) -> None:
    origins = Origins.limited(np.array(spans), reach=reach)
    judged = np.flatnonzero(spans)
    counts = origins.counts
    of, before = origins.runs(counts)
    # about as many as are wanted, in every series, all within the stretch
    assert 1500 <= origins.n_windows <= 3000 + origins.run * len(judged)
    assert (counts[judged] > 0).all()
    for s in judged:
        places = origins.places(np.arange(counts[s]))
        assert (np.diff(places) > 0).all()
        assert places[0] == 0
        assert spans[s] - origins.apart <= places[-1] < spans[s]
    # what is read: points before each run, and those of the run; each series has one at least
    last = np.minimum(counts[of] - before, origins.run) - 1
    assert (reach + last * origins.step).sum() <= 110_000 + (reach + origins.run * origins.step) * len(judged)


def test_runs_of_origins_are_some_of_all_from_a_zero_state() -> None:
    made = candidate_of(panel_of(wave(400), wave(250, seed=1)), validation_size=100)
    assert made.validation is not None
    network = made.network(initial_weights(made.spec, 0), 1)
    # each run is read from so far back that nothing is left of a state
    far = replace(made.validation, reach=100)
    every = far.forecasts(network)
    runs = replace(far, origins=Origins(far.origins.spans, 3, 4, 25)).forecasts(network)
    counts = far.origins.counts
    rows = np.concatenate(
        [
            begin + np.concatenate([np.arange(at, min(at + 12, n), 3) for at in range(0, n, 25)])
            for n, begin in zip(counts, np.cumsum(counts) - counts, strict=True)
        ]
    )
    for some, all_of_them in zip(runs[1:], every[1:], strict=True):
        np.testing.assert_array_equal(some, all_of_them[rows])
    np.testing.assert_allclose(runs[0], every[0][rows], rtol=0, atol=1e-4)


def test_few_windows_are_all_judged() -> None:
    origins = Origins.limited(np.array([2, 0, 7]), 9)
    assert (origins.spans.tolist(), origins.step) == ([2, 0, 7], 1)


@pytest.mark.parametrize("mode", ["sequence", "windows"])
def test_spaced_origins_are_some_of_all(mode: str) -> None:
    made = candidate_of(panel_of(wave(160), wave(90, seed=1), wave(18, seed=2)), validation_size=33, mode=mode)
    assert made.validation is not None
    network = made.network(initial_weights(made.spec, 0), 1)
    every = made.validation.forecasts(network)
    some = replace(made.validation, origins=replace(made.validation.origins, step=7)).forecasts(network)
    counts = made.validation.origins.counts
    # 33 points are 30 origins with a whole horizon of 4 behind them
    assert counts.tolist()[:2] == [30, 30]
    rows = np.concatenate(
        [np.arange(0, n, 7) + begin for n, begin in zip(counts, np.cumsum(counts) - counts, strict=True)]
    )
    for spaced, all_of_them in zip(some, every, strict=True):
        np.testing.assert_array_equal(spaced, all_of_them[rows])


def test_what_is_remembered_after_judging_is_what_reading_leaves() -> None:
    made = candidate_of(panel_of(wave(160), wave(90, seed=1), wave(30, seed=2)), validation_size=5, mode="sequence")
    assert made.validation is not None
    origins = Origins(np.array([10, 20, 18]))
    whole = replace(made.validation, n_learned=np.array([150, 70, 12]), origins=origins, reach=160)
    ensemble = made.ensemble([initial_weights(made.spec, seed) for seed in range(2)])
    arrays = whole.panel
    read = ensemble.read(ensemble.blank(arrays), arrays)
    judged = whole.judge(ensemble, made.preparation).memories
    assert judged is not None
    for one, other in zip(judged, read, strict=True):
        np.testing.assert_array_equal(one.state, other.state)
        np.testing.assert_array_equal(one.recent.values, other.recent.values)
        np.testing.assert_array_equal(one.recent.offsets, other.recent.offsets)
    # where a series or the newest points are not read nothing is known
    for origins in (Origins(np.array([10, 0, 18])), Origins(np.array([10, 20, 18]), 2)):
        assert replace(whole, origins=origins).judge(ensemble, made.preparation).memories is None
    assert replace(whole, reach=100).judge(ensemble, made.preparation).memories is None


def test_the_order_of_two_long_series_does_not_matter() -> None:
    calm, wild = wave(9000), wave(9000, seed=1) + np.random.default_rng(2).normal(0, 3, 9000)
    errors = []
    for order in ((calm, wild), (wild, calm)):
        made = candidate_of(panel_of(*order), validation_size=2500)
        assert made.validation is not None
        assert made.validation.origins.n_windows <= 3002
        judged = made.judge([initial_weights(made.spec, 0)])
        assert judged is not None
        errors.append([judged.errors[judged.series == s] for s in (0, 1)])
    for first, second in zip(errors[0], errors[1][::-1], strict=True):
        np.testing.assert_array_equal(first, second)


def test_intervals_of_two_long_series_are_as_wide_in_either_order() -> None:
    # wide and narrow errors in units of each scale: one series has outliers that its scale, the median change, ignores
    calm, wild = wave(9000), wave(9000, seed=1)
    wild[np.random.default_rng(0).random(9000) < 0.2] += 5
    small = SMALL | {"epochs": 1, "transform": "none", "validation_size": 2500}
    widths = []
    for order in ((calm, wild), (wild, calm)):
        data = pd.DataFrame({"unique_id": np.repeat(["a", "b"], 9000), "ds": np.tile(np.arange(9000), 2)})
        calibration = forecaster(4, **small).fit(data.assign(y=np.concatenate(order))).fitted_.calibration
        assert calibration is not None
        widths.append(calibration.half_widths(80))
    # the training itself sees the series in another order, which moves errors by a few in a hundred
    np.testing.assert_allclose(widths[0], widths[1], rtol=0.1)


@pytest.mark.parametrize("n_stretches", [3, 30, 3000])
def test_intervals_become_as_wide_as_past_errors_the_surer_the_more_of_them_there_are(n_stretches: int) -> None:
    rng = np.random.default_rng(0)
    # the network says that 80 % lie within 1 below and 2 above; errors are twice as large
    came = rng.normal(0, 2, (5000, 1)) / 1.2816
    targets = np.where(came > 0, 2 * came, came)
    scaled = np.tile(np.array([-1.0, 0.0, 2.0])[None, :, None], (5000, 1, 1))
    origins = Origins(np.ones(n_stretches, np.int64))
    panel = PanelArrays(targets, targets, np.zeros(1), np.zeros(0))
    part = validation.Validation(panel, targets, None, origins, 0)  # type: ignore[arg-type]
    loss, nothing = LossSettings("quantile", quantiles=(0.1, 0.5, 0.9)), np.zeros(5000, np.int64)
    judged = validation.Judged(part, loss, None, scaled, targets, nothing, nothing)  # type: ignore[arg-type]
    # 5,000 draws know a quantile within 3 %
    np.testing.assert_allclose(judged.widening(), 2 ** (0.5 * n_stretches / (n_stretches + 30)), rtol=0.03)
