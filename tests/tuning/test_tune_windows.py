"""Are settings judged by rolling origins inside the training part, and does nothing of what comes later leak in?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, to_panel
from gatecast.data.panel.panel import Panel
from gatecast.model.settings import Settings
from gatecast.tuning import objective
from gatecast.tuning.objective import Window, judge, make_windows
from made_series import SMALL, forecaster, table, wave

HORIZON = 4
QUICK = Settings(HORIZON, **SMALL, transform="none", learning_rate=0.01, season_length=1)


def nothing(look, error):
    """Follow no training."""


@pytest.mark.parametrize("n_windows", [1, 2, 3])
def test_windows_divide_the_last_part_without_gap_or_overlap(n_windows):
    panel = to_panel(np.arange(100.0))
    windows = make_windows(panel, QUICK, n_windows)
    origins = []
    for window in windows:
        learned, held = window.train.values, window.test.values
        # what is forecast begins right behind what is learned from
        assert held[0] == learned[-1] + 1
        origins += [*range(len(learned), len(learned) + len(held) - HORIZON + 1)]
    # 30 points: the first target lies 30 before the end, and the last origin has a whole horizon behind it
    assert origins == [*range(70, 97)]
    assert windows[-1].test.values[-1] == 99


def test_series_that_are_too_short_are_learned_from_and_not_judged():
    data = pd.concat([table(100, ids=("long",)), table(12, ids=("short",))])
    window = make_windows(to_panel(data), QUICK, 1)[0]
    assert window.train.lengths.tolist() == [70, 12]
    assert window.test.lengths.tolist() == [30, 0]
    assert np.isfinite(judge(QUICK, [window], "mase", nothing).error)


def test_error_is_that_of_forecasts_made_one_by_one():
    y = wave(120)
    window = make_windows(to_panel(y), QUICK, 1)[0]
    n = len(window.train.values)
    model = forecaster(HORIZON, **SMALL, transform="none", learning_rate=0.01, season_length=1).fit(y[:n])
    errors = [
        np.abs(model.predict(data=y[:origin])["LSTM"].to_numpy() - y[origin : origin + HORIZON])
        for origin in range(n, len(y) - HORIZON + 1)
    ]
    scale = np.abs(np.diff(y[:n])).mean()
    # float32 forecasts of another order of sums
    assert judge(QUICK, [window], "mase", nothing).error == pytest.approx(np.mean(errors) / scale, rel=1e-4)
    assert judge(QUICK, [window], "mae", nothing).error == pytest.approx(np.mean(errors), rel=1e-4)


def learned_from(windows: list[Window], monkeypatch) -> list[np.ndarray]:
    """Return the values that each fit was given."""
    seen, fit = [], objective.fit_panel

    def spy(settings, panel, **more):
        seen.append(panel.values.copy())
        return fit(settings, panel, **more)

    with monkeypatch.context() as patch:
        patch.setattr(objective, "fit_panel", spy)
        judge(QUICK, windows, "mae", nothing)
    return seen


def leaking_windows(panel: Panel, n_windows: int) -> list[Window]:
    """Learn from the part that is judged too, all but its last horizons."""
    later = panel.head(panel.lengths - 2 * HORIZON)
    return [replace(window, train=later) for window in make_windows(panel, QUICK, n_windows)][-1:]


def test_no_fit_sees_what_it_is_judged_by(monkeypatch):
    y = wave(120)
    planted = y.copy()
    first = len(make_windows(to_panel(y), QUICK, 2)[0].train.values)
    planted[first:] = 1e6
    clean, spoilt = (learned_from(make_windows(to_panel(values), QUICK, 2), monkeypatch) for values in (y, planted))
    np.testing.assert_array_equal(clean[0], spoilt[0])
    # the second window learns from what the first one was judged by: there the plant may be
    assert (spoilt[1] == 1e6).any()
    # the same check catches windows that leak
    assert (learned_from(leaking_windows(to_panel(planted), 1), monkeypatch)[0] == 1e6).any()


def test_scale_of_mase_is_the_same_for_all_settings():
    window = make_windows(to_panel(wave(150)), Settings(HORIZON), 1)[0]
    ratios = []
    for season in (1, 25):
        settings = replace(QUICK, season_length=season)
        mase, mae = (judge(settings, [window], metric, nothing).error for metric in ("mase", "mae"))
        ratios.append(mase / mae)
    assert ratios[0] == pytest.approx(ratios[1])


def test_ensembles_are_never_judged(monkeypatch):
    sizes, fit = [], objective.fit_panel
    monkeypatch.setattr(
        objective, "fit_panel", lambda s, p, **more: sizes.append((s.ensemble, s.checkpoint)) or fit(s, p, **more)
    )
    settings = Settings(HORIZON, **SMALL, transform="none", learning_rate=0.01, ensemble=5, checkpoint="x.ckpt")
    judge(settings, make_windows(to_panel(wave(100)), settings, 1), "mase", nothing)
    assert sizes == [(1, None)]


def test_constant_series_have_no_mase():
    panel = to_panel(np.full(80, 3.0))
    windows = make_windows(panel, QUICK, 1)
    with pytest.raises(DataError, match='`metric="mae"` for series that are constant'):
        judge(QUICK, windows, "mase", nothing)
    assert judge(QUICK, windows, "mae", nothing).error == 0
