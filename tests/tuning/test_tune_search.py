"""Does a search begin where it should, end when it should, keep what it found, and go on from it?"""

import multiprocessing
import re
import shutil
import sqlite3
import subprocess
import sys
import warnings

import numpy as np
import optuna
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, GatecastError, LSTMForecaster, Training
from gatecast.tuning import objective, tune
from gatecast.tuning.objective import Judged
from gatecast.tuning.search import Search
from gatecast.tuning.study import make_sampler
from made_series import forecaster, wave

Y = wave(120)
SPACE = {"lookback": (4, 20), "learning_rate": (1e-3, 1e-1, "log"), "cell": ["lstm", "gru"]}
# what the space leaves out is not chosen from the data, so that a trial takes a tenth of a second
MODEL = {"hidden_size": 8, "epochs": 2, "n_layers": 1, "transform": "none", "batch_size": 8, "progress": False}
ONLY = dict.fromkeys(("hidden_size", "n_layers", "batch_size", "epochs", "dropout", "weight_decay", "loss"))
WHOLE = {**ONLY, "transform": None, **SPACE}


def model(**more):
    return forecaster(3, **MODEL | {"lookback": 8, "learning_rate": 0.01} | more)


def quick(**options):
    return tune(Y, model(), **{"space": WHOLE, "n_trials": 4, "n_windows": 1} | options)


def judge_by(error_of, patch):
    """Judge without training, by a function of the settings that returns an error or raises."""
    patch.setattr(objective, "judge", lambda settings, *more: Judged((float(error_of(settings)),), (0.0,)))


def off_fifteen(settings):
    """A lookback of 15 is best."""
    return 50.0 if settings.lookback is None else abs(settings.lookback - 15) + 1.0


@pytest.fixture(autouse=True, scope="module")
def _short_fits():
    """Train as the defaults do, but for a tenth of the steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gatecast.model.plan.LEAST_STEPS", 20)
        yield


@pytest.fixture(scope="module")
def searched(_short_fits):
    """A search of real fits."""
    return quick(n_trials=3)


@pytest.fixture
def judged_by_lookback(monkeypatch):
    judge_by(off_fifteen, monkeypatch)


def test_the_model_is_tried_first_and_the_defaults_second(searched):
    assert searched.trials["start"].tolist() == ["model", "default", ""]
    assert searched.trials["state"].tolist()[:2] == ["complete", "complete"]
    assert (searched.trials.loc[0, "lookback"], searched.trials.loc[0, "cell"]) == (8, "lstm")


def test_the_result_is_a_forecaster_fitted_on_everything(searched):
    tuned = searched
    assert tuned.model.predict()["ds"].tolist() == [120, 121, 122]
    expected = forecaster(3, **MODEL | {"lookback": 8, "learning_rate": 0.01} | tuned.settings).fit(Y)
    np.testing.assert_array_equal(tuned.model.predict()["LSTM"], expected.predict()["LSTM"])
    chosen = tuned.trials.set_index("trial").loc[tuned.best_trial, "error"]
    assert tuned.error == chosen


def test_the_last_fit_learns_from_all_points(judged_by_lookback):
    tuned = quick(n_trials=2)
    assert tuned.model.training.refit_full
    assert "Trained again on all points" in tuned.model.decisions_[-1]
    # who asks for it has nothing to be told
    given = tune(Y, model(refit_full=True), space=WHOLE, n_trials=2, n_windows=1)
    assert given.settings == {}
    np.testing.assert_array_equal(given.model.predict()["LSTM"], tuned.model.predict()["LSTM"])


def test_the_best_is_found(judged_by_lookback):
    tuned = quick(n_trials=30)
    # chance alone is within 1 of 15 in one trial of six; the search stands there in the end
    assert abs(tuned.settings["lookback"] - 15) <= 1
    assert max(tuned.importance, key=tuned.importance.get) == "lookback"
    assert sum(tuned.importance.values()) == pytest.approx(1)


def test_luck_of_the_initial_weights_does_not_decide(monkeypatch):
    def error_of(settings):
        # one lookback is lucky with the model's own seed alone
        lucky = settings.lookback == 9 and settings.seed == 0
        return 0.1 if lucky else 1.0 + abs(settings.lookback - 12) / 10 if settings.lookback else 5.0

    judge_by(error_of, monkeypatch)
    tuned = quick(n_trials=30, patience=0, space=WHOLE | {"lookback": (9, 12)})
    first = tuned.trials.sort_values("error").iloc[0]
    assert (first["lookback"], first["error"]) == (9, 0.1)
    assert tuned.confirmed[first["trial"]] == pytest.approx(1.3)


def test_the_finalists_are_chosen_by_both_errors(monkeypatch):
    errors = {8: (2.0, 2.0), 9: (1.0, 4.0)}
    judge_by(lambda settings: errors.get(settings.lookback, (5.0, 5.0))[settings.seed != 0], monkeypatch)
    space = WHOLE | {"lookback": [9], "learning_rate": None, "cell": ["lstm"]}
    tuned = quick(n_trials=4, space=space)
    assert tuned.trials["error"].min() == 1.0
    assert tuned.settings == {"refit_full": True}
    assert tuned.error == 2.0


def test_what_the_space_leaves_out_comes_from_the_better_start(judged_by_lookback):
    # the defaults are judged as 50, so `hidden_size` stays that of the model
    tuned = quick(n_trials=6)
    assert "hidden_size" not in tuned.settings
    assert "mode" not in tuned.settings


def test_search_ends_when_nothing_gets_better(monkeypatch):
    judge_by(lambda settings: 1.0, monkeypatch)
    tuned = quick(n_trials=30, patience=3)
    assert len(tuned.trials) == 4
    assert tuned.stop == "nothing got better in 3 trials"


def test_search_ends_when_the_time_is_used_up(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gatecast.tuning.run.time.monotonic", lambda: now[0])

    def judge(settings, windows, metric, report, n_seeds):
        now[0] += 4.0
        report(1, 0.5)
        return Judged((1.0,), (1.0,))

    monkeypatch.setattr(objective, "judge", judge)
    tuned = quick(n_trials=None, max_seconds=12.0, patience=0)
    # two trials end at 8 s, and 2.5 s are left for the last fit; the second one is longer than a fifth of the time
    assert tuned.stop == "the time was used up"
    assert tuned.trials["note"].tolist()[:2] == ["", "it took too long"]


def test_ctrl_c_keeps_the_best(monkeypatch):
    calls = []

    def interrupted(settings):
        calls.append(settings)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return off_fifteen(settings)

    judge_by(interrupted, monkeypatch)
    tuned = quick(n_trials=10)
    assert tuned.stop == "Ctrl-C ended it"
    assert tuned.trials["state"].tolist() == ["complete", "complete", "failed"]
    assert len(tuned.model.predict()) == 3


def test_ctrl_c_before_the_first_trial_is_over_ends_everything(judged_by_lookback, monkeypatch, tmp_path):
    def interrupted(settings):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        judge_by(interrupted, patch)
        with pytest.raises(KeyboardInterrupt):
            quick(study=tmp_path / "s.db")
    # the same search begins where that one was interrupted
    tuned = quick(study=tmp_path / "s.db", n_trials=2)
    assert sorted(tuned.trials.loc[tuned.trials["state"] == "complete", "start"]) == ["default", "model"]
    assert np.isfinite(tuned.error_of("model"))


def test_ctrl_c_in_the_middle_of_a_fit_ends_the_search(monkeypatch):
    calls = []
    fit = objective.fit_panel

    def interrupted(settings, panel, on_validation):
        calls.append(1)

        def look(share, seen):
            if len(calls) >= 3:
                raise KeyboardInterrupt
            on_validation(share, seen)

        return fit(settings, panel, on_validation=look)

    monkeypatch.setattr(objective, "fit_panel", interrupted)
    assert quick(n_trials=3).stop == "Ctrl-C ended it"


def test_trials_worse_than_the_others_are_pruned(monkeypatch):
    def judge(settings, windows, metric, report, n_seeds):
        error = float(settings.lookback or 12)
        # in the first fifth of the training nothing is compared
        report(2, 1e6)
        report(10, error)
        return Judged((error,), (0.0,))

    monkeypatch.setattr(objective, "judge", judge)
    trials = quick(n_trials=16, patience=0, space=WHOLE | {"hidden_size": None}).trials.iloc[2:]
    pruned, kept = (trials[trials["state"] == state] for state in ("pruned", "complete"))
    assert len(pruned)
    assert set(pruned["note"]) == {"worse than the median of the others"}
    # the best look of a trial counts, and its first ones are the worst ones here
    assert pruned["lookback"].min() > kept["lookback"].median()


def test_looks_of_real_fits_lead_to_pruning():
    # learning rates of ten ruin the forecasts, so looks at the validation set are far above the median
    space = WHOLE | {"learning_rate": (1e-3, 30.0, "log"), "lookback": None, "cell": None}
    tuned = quick(space=space, n_trials=10, patience=0, seed=1)
    assert "pruned" in set(tuned.trials["state"])


def test_a_trial_that_fails_is_noted_and_the_search_goes_on(monkeypatch):
    def failing(settings):
        if settings.cell == "gru":
            raise DataError("no such thing")
        return off_fifteen(settings)

    judge_by(failing, monkeypatch)
    tuned = quick(n_trials=8)
    failed = tuned.trials[tuned.trials["state"] == "failed"]
    assert set(failed["cell"]) == {"gru"}
    assert set(failed["note"]) == {"no such thing"}


def test_search_without_any_success_says_why(monkeypatch):
    def failing(settings):
        raise DataError("no such thing")

    judge_by(failing, monkeypatch)
    with pytest.raises(GatecastError, match="None of 3 trials could be judged.*no such thing"):
        quick(n_trials=3)


def test_resumed_search_is_the_one_that_was_not_interrupted(tmp_path, judged_by_lookback):
    whole = quick(n_trials=14)
    for _ in range(2):
        parts = quick(n_trials=7, study=tmp_path / "s.db")
    columns = ["start", "error", *SPACE]
    pd.testing.assert_frame_equal(parts.trials[columns], whole.trials[columns])


def test_a_search_that_was_killed_goes_on_as_if_it_never_was(tmp_path, monkeypatch):
    """What a kill amid a trial leaves is the file as it was then."""
    path, n_trials = tmp_path / "s.db", 10

    def judge(settings, windows, metric, report, n_seeds):
        report(6, 50.0)
        if path.exists() and (n := len(list(tmp_path.glob("killed*")))) < n_trials:
            shutil.copy(path, tmp_path / f"killed{n}.db")
        report(7, 40.0)
        return Judged((off_fifteen(settings),), (0.0,))

    monkeypatch.setattr(objective, "judge", judge)
    whole = quick(n_trials=n_trials, study=path, patience=7)
    path.unlink()
    # amid the model's own settings, a change of one setting and a proposal
    for n in (0, 3, len(whole.trials) - 1):
        parts = quick(n_trials=n_trials, study=tmp_path / f"killed{n}.db", patience=7)
        pd.testing.assert_frame_equal(parts.trials.drop(columns="seconds"), whole.trials.drop(columns="seconds"))
        assert (parts.settings, parts.best_trial, parts.stop) == (whole.settings, whole.best_trial, whole.stop)
    # after a search that has ended another one begins
    assert len(quick(n_trials=1, study=tmp_path / "killed0.db").trials) == len(whole.trials) + 1
    assert not list(tmp_path.glob(".*"))


def test_study_of_other_data_is_refused(tmp_path, judged_by_lookback):
    quick(n_trials=2, study=tmp_path / "s.db")
    with pytest.raises(DataError, match=r"s\.db holds a study of other data, and one of these was expected"):
        tune(Y + 1, model(), space=WHOLE, n_trials=2, n_windows=1, study=tmp_path / "s.db")
    with pytest.raises(DataError, match="of another model, space or way to judge"):
        quick(n_trials=2, study=tmp_path / "s.db", metric="rmse")
    with pytest.raises(DataError, match="of another model, space or way to judge"):
        tune(Y, model(clip_norm=0.5), space=WHOLE, n_trials=2, n_windows=1, study=tmp_path / "s.db")


def test_damaged_study_is_refused(tmp_path, judged_by_lookback, monkeypatch):
    monkeypatch.setattr("gatecast.tuning.study.TRIES", 1)
    text = tmp_path / "text.db"
    text.write_text("ds,y\n1,2\n")
    with pytest.raises(DataError, match=r"text\.db cannot be used as a study \(it is no SQLite file\)"):
        quick(study=text)
    assert text.read_text() == "ds,y\n1,2\n"
    path = tmp_path / "s.db"
    quick(n_trials=2, study=path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * 4000 + content[4100:])
    with pytest.raises(DataError, match="cannot be used as a study"):
        quick(study=path)
    path.write_bytes(content[: len(content) // 3])
    with pytest.raises(DataError, match="cannot be used as a study"):
        quick(study=path)


def test_study_that_cannot_be_written_any_more_costs_nothing(tmp_path, judged_by_lookback, monkeypatch):
    storage, calls = optuna.storages.RDBStorage, []
    tell = storage.set_trial_state_values

    def full(self, *more, **others):
        calls.append(more)
        if len(calls) > 12:
            raise optuna.exceptions.StorageInternalError("database or disk is full")
        return tell(self, *more, **others)

    monkeypatch.setattr(storage, "set_trial_state_values", full)
    with pytest.warns(
        UserWarning, match=r"s\.db cannot be written any more \(database or disk is full\), and the search"
    ):
        tuned = quick(n_trials=9, study=tmp_path / "s.db")
    assert (tuned.trials["state"] == "complete").sum() >= 9
    assert tuned.model.predict()["LSTM"].notna().all()


def test_trials_that_no_search_has_written_are_refused(tmp_path, judged_by_lookback):
    path = tmp_path / "s.db"
    quick(n_trials=3, study=path)
    with sqlite3.connect(path) as file:
        file.execute(
            """update trial_user_attributes set value_json = '{"hidden_size": 100000}' where key = 'settings'"""
        )
    file.close()
    with pytest.raises(DataError, match=r"cannot be used as a study .*a setting that is not tried, 'hidden_size'"):
        quick(study=path)


def test_study_in_no_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="a file in a folder that exists was expected"):
        quick(study=tmp_path / "nowhere" / "s.db")
    with pytest.raises(ConfigError, match="a file in a folder that exists was expected"):
        quick(study=tmp_path)


def two_trials(path, seed):
    warnings.simplefilter("error")
    with pytest.MonkeyPatch.context() as patch:
        judge_by(off_fifteen, patch)
        quick(n_trials=2, study=path, seed=seed)


def test_several_processes_work_on_one_study(tmp_path, judged_by_lookback):
    path = tmp_path / "s.db"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(two_trials, [(path, 0), (path, 0)])
    trials = quick(n_trials=1, study=path).trials
    assert len(trials) == 5
    assert sorted(trials["start"]).count("model") == 1
    assert sorted(trials["start"]).count("default") == 1
    assert set(trials["state"]) <= {"complete", "pruned"}
    with sqlite3.connect(path) as file:
        assert file.execute("select count(*) from studies").fetchone() == (1,)
    file.close()


def test_a_trial_that_another_process_was_given_too_does_not_count(monkeypatch):
    calls = []

    def finished_elsewhere(settings):
        calls.append(settings)
        if len(calls) == 2:
            raise optuna.exceptions.UpdateFinishedTrialError
        return off_fifteen(settings)

    judge_by(finished_elsewhere, monkeypatch)
    assert quick(n_trials=3).trials["state"].tolist() == ["complete", "failed", "complete", "complete"]


def test_optuna_says_nothing(capfd, judged_by_lookback):
    before = optuna.logging.get_verbosity()
    quick(n_trials=10)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


def test_gaussian_process_without_torch_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(GatecastError, match="pip install torch"):
        quick(sampler="gp")


def test_missing_optuna_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(GatecastError, match=r"pip install 'gatecast\[tune\]'"):
        quick()


def test_sampler_by_name():
    assert type(make_sampler(Search(sampler="random"), 0)).__name__ == "RandomSampler"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert type(make_sampler(Search(), 0)).__name__ == "TPESampler"


def test_covariates_and_rows_ahead_are_kept():
    days = pd.date_range("2024-01-01", periods=90)
    price = np.random.default_rng(0).choice([4.0, 5.0, 6.0], 90)
    y = np.where(np.arange(90) < 87, 50 - 5 * price, np.nan)
    data = pd.DataFrame({"ds": days, "y": y, "price": price})
    tuned = tune(data, model(future=["price"]), space=WHOLE, n_trials=2, n_windows=1)
    assert tuned.model.predict()["ds"].tolist() == [*days[-3:]]


def test_the_ensemble_comes_back_in_the_last_fit():
    tuned = tune(Y, model(ensemble=2), space=WHOLE, n_trials=2, n_windows=1)
    assert len(tuned.model.fitted_.ensemble.networks) == 2


def test_report_is_one_page_and_says_what_was_tried(judged_by_lookback):
    report = quick(n_trials=10).report()
    assert "Search for settings: 10 trials" in report
    assert "the model it started from" in report
    for name in SPACE:
        assert name in report
    assert len(report.splitlines()) < 66
    assert max(map(len, report.splitlines())) <= 100


def test_report_is_there_in_chinese(judged_by_lookback):
    report = quick(n_trials=10).report("zh")
    assert "设置的搜索：10 次试验（10 次完成）" in report
    assert "起初的模型：" in report
    assert re.search("learning_rate +0.001 至 0.1，按倍数", report)
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", report)


def test_importing_the_package_loads_no_optuna():
    code = "import sys, gatecast.tuning; print('optuna' in sys.modules, 'pandas' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]


def test_one_setting_after_the_other_is_changed_first(judged_by_lookback):
    tuned = quick(n_trials=12, space=WHOLE | {"lookback": (4, 20, "log"), "learning_rate": (1e-3, 1e-1, "log")})
    start = tuned.trials.iloc[0]
    changed = tuned.trials.iloc[2:7][["lookback", "learning_rate", "cell"]].notna().sum(axis=1)
    # twice and half of both, and the other cell
    assert changed.tolist() == [1, 1, 1, 1, 1]
    assert sorted(tuned.trials["lookback"].iloc[2:7].dropna()) == [start["lookback"] / 2, start["lookback"] * 2]


def test_settings_that_are_better_by_luck_are_not_taken(monkeypatch):
    rng = np.random.default_rng(0)

    def judge(settings, windows, metric, report, n_seeds):
        # all settings are equally good
        return Judged(tuple(1 + 0.1 * rng.normal(size=6)), (0.0,) * 6)

    monkeypatch.setattr(objective, "judge", judge)
    taken = []
    for seed in range(10):
        tuned = quick(n_trials=8, seed=seed, space=WHOLE | {"lookback": (4, 20)})
        taken.append(bool(tuned.settings) and tuned.trials.set_index("trial").loc[tuned.best_trial, "start"] == "")
    # the best of six would be taken nearly always, but it is not by a quarter better than the first one
    assert sum(taken) <= 1


def test_a_search_keeps_the_number_of_networks(monkeypatch):
    judge_by(lambda settings: 0.5 if settings.epochs == 2 else 1.0, monkeypatch)
    only = dict.fromkeys(WHOLE) | {"epochs": [2]}
    given = LSTMForecaster(
        3, lookback=8, hidden_size=8, transform="none", progress=False, training=Training(learning_rate=0.01)
    )
    tuned = tune(Y, given, space=only, n_trials=3, n_windows=1)
    # a fit that is told how long to train has one network unless it is told of more
    assert tuned.settings == {"epochs": 2, "ensemble": 5, "refit_full": True}
    assert len(tuned.model.fitted_.ensemble.networks) == 5


def test_changes_of_one_setting_count_for_its_importance(judged_by_lookback):
    # two starts and five single changes are known before the sampler begins; the eighth trial is its first
    tuned = quick(n_trials=8, space=WHOLE | {"lookback": (4, 20, "log"), "learning_rate": (1e-3, 1e-1, "log")})
    assert set(tuned.importance) == {"lookback", "learning_rate", "cell"}
    assert sum(tuned.importance.values()) == pytest.approx(1)


def test_a_setting_that_never_varied_did_not_matter(judged_by_lookback):
    tuned = quick(n_trials=12, space=dict.fromkeys(WHOLE) | {"lookback": (4, 20), "cell": ["lstm"]})
    assert tuned.importance == {"lookback": 1.0}
