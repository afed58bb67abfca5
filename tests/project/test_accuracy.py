"""Is the accuracy benchmark in order? Metrics by hand-computed numbers, splits by published ones; no long fits."""

import json
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from benchmark_modules import DATA, ROOT, importable, needs_data  # noqa: F401  a fixture


@pytest.fixture
def metrics():
    from accuracy_tasks import metrics

    return metrics


def table_of(series):
    """Make a long table of `{id: values}` with steps from 1."""
    parts = [pd.DataFrame({"unique_id": id_, "ds": np.arange(1, len(y) + 1), "y": y}) for id_, y in series.items()]
    return pd.concat(parts, ignore_index=True)


def write_panel(folder, series):
    table_of(series).to_parquet(folder / "panel.parquet")
    return "panel.parquet"


def test_smape_is_the_mean_over_series_of_their_means(metrics):
    # series 1: 200 * (1/3 + 0) / 2; series 2: the NaN does not count, 200 * 4/12
    actual, forecast = np.array([[1.0, 3.0], [4.0, np.nan]]), np.array([[2.0, 3.0], [8.0, 5.0]])
    assert metrics.smape(actual, forecast) == pytest.approx((200 / 6 + 200 / 3) / 2)


def test_smape_zero_forecast_as_zero_is_no_error(metrics):
    assert metrics.smape(np.array([[0.0, 1.0]]), np.array([[0.0, 3.0]])) == pytest.approx(50.0)


def test_smape_near_zero_has_a_floor_under_its_divisor(metrics):
    # 200 * 0.1 / 0.6 under the floor, 200 * 2 / 6.1 above it
    expected = (200 * 0.1 / 0.6 + 200 * 2 / 6.1) / 2
    assert metrics.smape_near_zero(np.array([[0.0, 4.0]]), np.array([[0.1, 2.0]])) == pytest.approx(expected)


def test_mase_errors_are_in_units_of_each_series_scale(metrics):
    # mean errors 1 and 3 over scales 2 and 4
    actual, forecast = np.array([[1.0, 2.0], [0.0, np.nan]]), np.array([[2.0, 1.0], [3.0, 9.0]])
    assert metrics.mase(actual, forecast, np.array([2.0, 4.0])) == pytest.approx((0.5 + 0.75) / 2)


def test_seasonal_scale_skips_pairs_with_a_gap(metrics):
    # |3-1|, |6-2|, and NaN against 3
    assert metrics.seasonal_scale(np.array([1.0, 2.0, 3.0, 6.0, np.nan]), 2) == 3.0


def test_owa_of_es_rnn_on_m4_hourly_is_the_published_one(metrics):
    assert metrics.owa(9.328, 0.893, (18.383, 2.395)) == pytest.approx(0.440, abs=5e-4)


def test_coverage_counts_the_observed_points_only(metrics):
    actual = np.array([[1.0, 2.0, 3.0, 4.0, np.nan]])
    assert metrics.coverage(actual, np.full((1, 5), 2.0), np.full((1, 5), 3.5)) == 50.0


@pytest.mark.parametrize(
    ("season", "expected"), [(1, [7.0, 7.0, 7.0, 7.0]), (3, [5.0, 3.0, 7.0, 5.0])], ids=["last value", "with a gap"]
)
def test_seasonal_naive_repeats_the_newest_observed_of_each_place(metrics, season, expected):
    history = np.array([9.0, 2.0, 3.0, 4.0, 5.0, np.nan, 7.0])
    np.testing.assert_array_equal(metrics.seasonal_naive(history, season, 4), expected)


def test_read_split_holds_back_the_last_points_of_each_series(tmp_path):
    from accuracy_tasks.data import read_split

    file = write_panel(tmp_path, {"b": [1.0, 2.0, 4.0, 8.0], "a": [5.0, np.nan, 6.0, 8.0, 7.0, 9.0]})
    split = read_split(tmp_path, file, horizon=2, season=1)
    np.testing.assert_array_equal(split.actual, [[4.0, 8.0], [7.0, 9.0]])
    np.testing.assert_array_equal(split.histories[1], [5.0, np.nan, 6.0, 8.0])
    # the missing row is not passed on, and the changes around it have no size
    assert split.table["y"].tolist() == [1.0, 2.0, 5.0, 6.0, 8.0]
    assert split.scales.tolist() == [1.0, 2.0]


def test_split_align_follows_the_test_part_in_any_order_of_the_forecasts(tmp_path):
    from accuracy_tasks.data import DataFolderError, read_split

    split = read_split(tmp_path, write_panel(tmp_path, {"b": [1.0, 2.0, 3.0], "a": [4.0, 5.0, 6.0]}), 1, 1)
    forecast = pd.DataFrame({"unique_id": ["a", "b"], "ds": [3, 3], "LSTM": [60.0, 30.0]})
    np.testing.assert_array_equal(split.align(forecast), [[30.0], [60.0]])
    with pytest.raises(DataFolderError, match="1 of 2 test points got no forecast"):
        split.align(forecast.head(1))


def test_with_gaps_takes_a_share_away_but_neither_end(tmp_path):
    from accuracy_tasks.data import read_split

    split = read_split(tmp_path, write_panel(tmp_path, {"a": np.arange(53.0), "b": np.arange(53.0)}), 1, 1)
    gappy = split.with_gaps(0.2)
    assert gappy.train["y"].isna().sum() == 20
    assert all(np.isfinite(history[[0, -1]]).all() for history in gappy.histories)
    pd.testing.assert_frame_equal(gappy.train, split.with_gaps(0.2).train)
    assert split.train["y"].notna().all()


def test_find_absent_file_is_named(tmp_path):
    from accuracy_tasks.data import DataFolderError, find

    with pytest.raises(DataFolderError, match=r"no 'nn5\.parquet'.*--data"):
        find(tmp_path, "nn5.parquet")


def test_window_mse_counts_complete_windows_of_the_test_part_only():
    from accuracy_tasks.ett import window_mse

    # origins 3 and 4 have two targets each at 4 and behind; forecasts begin at point 2 and are 0
    values = np.array([9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0])
    assert window_mse(values, np.zeros((5, 2)), first_target=4) == pytest.approx((1 + 4 + 4 + 9) / 4)


def test_forecast_origins_agrees_with_evaluate():
    from accuracy_tasks.model import fit

    y = np.sin(np.arange(300) * 0.3) + np.random.default_rng(0).normal(0, 0.1, 300)
    fitted = fit(y[:250], 4, seed=0)
    # `evaluate` begins one origin earlier, at the end of the training part, and has incomplete windows at the end
    forecasts = np.vstack([fitted.predict()[0]["LSTM"], fitted.forecast_origins(y[250:], 4)[:-1]])
    padded = np.append(y[250:], np.full(3, np.nan))
    errors = forecasts - np.lib.stride_tricks.sliding_window_view(padded, 4)
    expected = fitted.model.evaluate(y[250:]).scores["LSTM"].rmse_by_step
    # both in float32, the one in blocks and the other step by step
    np.testing.assert_allclose(np.sqrt(np.nanmean(errors**2, axis=0)), expected, rtol=1e-4)


def test_fit_unknown_setting_is_not_available(monkeypatch):
    from accuracy_tasks import model

    monkeypatch.setattr(model, "LSTMForecaster", lambda horizon: None)
    with pytest.raises(model.NotAvailableError, match="has no setting of `LSTMForecaster` called `seed`"):
        model.fit(np.arange(9.0), 1, seed=0)


@dataclass
class Later:
    """A stand-in for the version that has everything: it repeats the last value or the temperature."""

    horizon: int
    seed: int = 0
    ensemble: int = 1
    future: tuple[str, ...] = ()
    progress: bool = True
    n_threads: int = 2

    def fit(self, data):
        self.data = data

    def predict(self, horizon=None, data=None, future=None, level=None):
        newest = (self.data if data is None else data).groupby("unique_id", sort=False).tail(1)
        step = pd.Timedelta("30min") if newest["ds"].dtype.kind == "M" else 1
        times = np.concatenate([newest["ds"].to_numpy() + step * k for k in range(1, self.horizon + 1)])
        table = pd.DataFrame({"unique_id": np.tile(newest["unique_id"], self.horizon), "ds": times})
        table["LSTM"] = np.tile(newest["y"], self.horizon)
        if future is not None:
            table["LSTM"] = table.merge(future, how="left")["temperature"]
        for percent, width in ((80, 1), (95, 3)) if level else ():
            table[f"LSTM-lo-{percent}"], table[f"LSTM-hi-{percent}"] = table["LSTM"] - width, table["LSTM"] + width
        return table


def test_repetitions_of_what_the_library_chooses_share_no_network(monkeypatch):
    from accuracy_tasks import model
    from gatecast.model.plan import MEMBERS

    monkeypatch.setattr(model, "LSTMForecaster", Later)
    seeds = [model.fit(np.arange(9.0), 1, seed=seed, ensemble=None).model.seed for seed in (0, 1, 2)]
    assert (np.diff(seeds) >= MEMBERS).all()
    assert [model.fit(np.arange(9.0), 1, seed=2, ensemble=n).model.ensemble for n in (1, 3)] == [1, 3]


def test_panel_task_measures_intervals_and_ensembles_where_they_are(monkeypatch, tmp_path):
    from accuracy_tasks import model, panels
    from accuracy_tasks.rows import Options

    monkeypatch.setattr(model, "LSTMForecaster", Later)
    file = write_panel(tmp_path, {"a": [1.0, 2.0, 4.0, 5.0, 7.5], "b": [3.0, 2.0, 4.0, np.nan, 3.0]})
    task = panels.PanelTask("tourism_monthly", file, 2, 1, has_intervals=True)
    rows = {row.name: row for row in task.run(Options(tmp_path, seeds=(0, 1), ensembles=(1, 5)))}
    # 4 is repeated: errors 1 and 3.5, and 1, over mean changes of 1.5
    assert rows["MASE, ensemble of 5"].values == pytest.approx([(2.25 + 1) / 1.5 / 2] * 2)
    assert rows["coverage at 80 %, single model"].values == pytest.approx([200 / 3] * 2)
    assert rows["MASE / seasonal naive's, single model"].mean == pytest.approx(1.0)


def test_covariates_ahead_are_those_of_the_day_that_is_forecast(monkeypatch, tmp_path):
    from accuracy_tasks import electricity, model
    from accuracy_tasks.rows import Options

    monkeypatch.setattr(model, "LSTMForecaster", Later)
    n = 64 * 48
    times = pd.date_range("2014-01-01", periods=n, freq="30min")
    # with the temperature ahead the stand-in is right, but for one degree
    y = np.random.default_rng(0).normal(0, 10, n)
    table = pd.DataFrame({"ds": times, "y": y, "Temperature": y + 1, "Holiday": np.zeros(n, bool)})
    table.to_parquet(tmp_path / "vic_elec.parquet")
    rows = {row.name: row for row in electricity.run(Options(tmp_path, seeds=(0,)))}
    assert rows["MAE, with covariates"].mean == pytest.approx(1.0)
    last = y[8 * 48 - 1 : -1 : 48].repeat(48)
    assert rows["MAE, without covariates"].mean == pytest.approx(np.abs(y[8 * 48 :] - last).mean())


def test_or_not_available_says_why_in_each_row():
    from accuracy_tasks.model import NotAvailableError
    from accuracy_tasks.rows import or_not_available

    def measure():
        raise NotAvailableError("no `level`")

    rows = or_not_available("nn5", ["a", "b"], measure)
    assert [(row.name, row.mean, row.note) for row in rows] == [
        ("a", None, "not available: no `level`"),
        ("b", None, "not available: no `level`"),
    ]


@pytest.mark.parametrize(
    ("of", "low", "values", "reached"),
    [
        ("mean", None, (1.0, 3.0), True),
        ("each", None, (1.0, 3.0), False),
        ("mean", 1.5, (1.0, 1.0), False),
        ("mean", None, (), False),
    ],
)
def test_target_reached(of, low, values, reached):
    from accuracy_tasks.goals import Target
    from accuracy_tasks.rows import Row

    assert Target("sine", "x", 2.0, low=low, of=of).reached(Row("sine", "x", values)) is reached


def test_published_agrees_within_its_digits():
    from accuracy_tasks.goals import Published
    from accuracy_tasks.rows import Row

    published = Published("1.63", 1.63, 0.005)
    assert published.agrees(Row("a", "b", (1.634,))) is True
    assert published.agrees(Row("a", "b", (1.636,))) is False
    assert Published("0.44 by others").agrees(Row("a", "b", (0.5,))) is None


def test_goals_and_published_figures_belong_to_tasks():
    from accuracy_tasks import REGISTRY
    from accuracy_tasks.goals import PUBLISHED, TARGETS

    assert {target.task for target in TARGETS} | {task for task, _ in PUBLISHED} <= set(REGISTRY)
    assert len({(target.task, target.name) for target in TARGETS}) == len(TARGETS)
    assert all(task.question.endswith("?") for task in REGISTRY.values())


def test_main_unknown_task_is_named(monkeypatch, capsys):
    import accuracy

    monkeypatch.setattr(sys, "argv", ["accuracy.py", "--data", ".", "--only", "m5"])
    with pytest.raises(SystemExit):
        accuracy.main()
    assert "there is no task 'm5', use one of m4_hourly" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["", "absent"])
def test_main_absent_folder_is_named(monkeypatch, capsys, folder):
    import accuracy

    monkeypatch.setattr(sys, "argv", ["accuracy.py", "--data", folder])
    with pytest.raises(SystemExit):
        accuracy.main()
    assert f"{folder!r} was passed, and a folder with the series sets was expected" in capsys.readouterr().err


def test_main_task_without_its_file_fails_and_keeps_the_newest_result(monkeypatch, capsys, tmp_path):
    import accuracy

    latest = tmp_path / "latest.json"
    monkeypatch.setattr(accuracy, "LATEST", latest)
    monkeypatch.setattr(accuracy, "REGISTRY", {"nn5": accuracy.REGISTRY["nn5"]})
    monkeypatch.setattr(accuracy, "ROOT", tmp_path)
    monkeypatch.setattr(accuracy, "processors", list)
    monkeypatch.setattr(sys, "argv", ["accuracy.py", "--data", str(tmp_path)])
    assert accuracy.main() == 1
    assert "The data folder has no 'nn5.parquet'" in capsys.readouterr().out
    assert not latest.exists()


@needs_data
@pytest.mark.parametrize("task", ["m4_hourly", "m4_weekly", "tourism_monthly", "tourism_quarterly", "hospital"])
def test_seasonal_naive_of_a_panel_is_the_published_one(task):
    from accuracy_tasks import panels
    from accuracy_tasks.goals import published_of
    from accuracy_tasks.rows import Options

    rows = getattr(panels, task).run(Options(DATA, seeds=(), ensembles=()))
    checks = [published.agrees(row) for row in rows if (published := published_of(row))]
    assert checks
    assert all(checks)


@needs_data
def test_seasonal_naive_of_births_is_the_known_one():
    from accuracy_tasks import births
    from accuracy_tasks.goals import published_of
    from accuracy_tasks.rows import Options

    (row,) = births.run(Options(DATA, seeds=(), ensembles=()))
    assert published_of(row).agrees(row)


@needs_data
@pytest.mark.slow
def test_main_writes_rows_with_goals_and_machine(monkeypatch, capsys, tmp_path):
    import accuracy

    out = tmp_path / "out.json"
    monkeypatch.setattr(accuracy, "processors", list)
    arguments = ["--data", str(DATA), "--only", "tourism_quarterly", "--seeds", "0", "--ensemble", "1"]
    monkeypatch.setattr(sys, "argv", ["accuracy.py", *arguments, "--json", str(out)])
    assert accuracy.main() == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert {"machine", "settings", "seeds", "ensembles", "rows", "failures"} <= set(result)
    names = {row["name"]: row for row in result["rows"]}
    assert names["MASE, seasonal naive"]["agrees"] is True
    assert names["MASE / seasonal naive's, single model"]["mean"] > 0
    assert "tourism_quarterly" in capsys.readouterr().out


def test_part_of_the_tasks_replaces_their_rows_alone(tmp_path):
    from accuracy_tasks import report
    from accuracy_tasks.rows import Row

    path, tasks = tmp_path / "results" / "accuracy.json", ["sine", "nn5", "speed"]
    report.update(path, [Row("sine", "test RMSE", (0.5,)), Row("speed", "predict", (1.0,), "s")], {"seeds": [0]}, tasks)
    report.update(path, [Row("nn5", "MASE", (0.9,)), Row("speed", "predict", (2.0,), "s")], {"seeds": [1]}, tasks)
    result = json.loads(path.read_text())
    found = [(entry["task"], entry["mean"]) for entry in result["rows"]]
    assert found == [("sine", 0.5), ("nn5", 0.9), ("speed", 2.0)]
    assert set(result["measured"]) == set(tasks)
    assert result["seeds"] == [1]
