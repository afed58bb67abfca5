"""What does a diagnosis say of real fits: of the tutorial's model, of the defaults, of tables of several series?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, GatecastError, LSTMForecaster, Training, datasets, train_test_split
from gatecast.diagnosis import diagnose
from gatecast.diagnosis.gather import find_parts, gather
from gatecast.exceptions import ConfigError


@pytest.fixture(scope="module")
def sine():
    return train_test_split(datasets.sine().drop(columns="clean"))


@pytest.fixture(scope="module")
def tutorial(sine):
    model = LSTMForecaster.tutorial()
    model.progress = False
    return model.fit(sine[0])


@pytest.fixture(scope="module")
def ours(sine):
    return LSTMForecaster(progress=False).fit(sine[0])


def test_default_model_is_near_the_noise_floor_of_the_sine(ours, sine):
    test = sine[1]
    floor = np.sqrt(np.mean((test["y"] - np.sin(0.1 * test["ds"])) ** 2))
    assert floor == pytest.approx(0.4948, abs=1e-4)
    # nothing can be below the floor by more than chance: 2,000 points have a standard error of 0.008
    assert floor - 0.01 < ours.evaluate(test).rmse <= 0.500


def test_tutorial_is_underfit_and_needs_a_lookback(tutorial, sine):
    diagnosis = diagnose(tutorial, test=sine[1])
    finding = diagnosis["underfit"]
    assert finding.settings["lookback"] >= 32
    assert "predictable-remainder" in diagnosis.codes
    assert "at-noise-floor" not in diagnosis.codes
    assert "overfit" not in diagnosis.codes
    # the error that `evaluate` finds from the same 2,000 origins
    assert finding.evidence["rmse"] == pytest.approx(tutorial.evaluate(sine[1]).rmse, rel=1e-5)
    # 0.495 is the noise itself, 0.5 what good models reach
    assert finding.evidence["linear_rmse"] == pytest.approx(0.5, abs=0.01)


def test_tutorial_is_underfit_without_a_test_part(tutorial):
    diagnosis = diagnose(tutorial)
    assert "training part" in diagnosis.judged_on
    assert diagnosis["underfit"].settings["lookback"] >= 32


def test_defaults_are_at_their_floor(ours, sine):
    diagnosis = diagnose(ours, test=sine[1])
    assert "at-noise-floor" in diagnosis.codes
    assert diagnosis.warnings == []
    floor = diagnosis["at-noise-floor"].evidence
    noise = np.sqrt(np.mean((sine[1]["y"] - np.sin(0.1 * sine[1]["ds"])) ** 2))
    assert floor["floor_low"] < noise < floor["floor_high"]
    assert "at-noise-floor" in diagnose(ours).codes


def test_a_leak_is_suspected_where_a_column_is_the_target():
    rng = np.random.default_rng(0)
    y = rng.normal(size=600)
    data = pd.DataFrame({"ds": np.arange(600), "y": y, "copy": 3 * y + 1})
    train, test = data[:480], data[480:]
    model = LSTMForecaster(future=["copy"], lookback=8, progress=False, training=Training(epochs=3)).fit(train)
    assert "'copy'" in diagnose(model, test=test)["leakage-suspected"].sentence
    helps = data.assign(copy=y + rng.normal(size=600))
    model = LSTMForecaster(future=["copy"], lookback=8, progress=False, training=Training(epochs=3)).fit(helps[:480])
    assert "leakage-suspected" not in diagnose(model, test=helps[480:]).codes


def panel_of(n_series=3, n=160, scale=(1, 10, 1000)):
    rng, days = np.random.default_rng(0), pd.date_range("2024-01-01", periods=n)
    rows = [
        pd.DataFrame(
            {"unique_id": f"s{k}", "ds": days, "y": scale[k] * (5 + np.sin(np.arange(n)) + rng.normal(size=n))}
        )
        for k in range(n_series)
    ]
    return pd.concat(rows, ignore_index=True)


def test_errors_of_several_series_name_their_unit():
    data = panel_of()
    model = LSTMForecaster(hidden_size=4, lookback=6, progress=False, training=Training(epochs=1)).fit(data)
    found = diagnose(model)
    assert found.judged_on.endswith("each series scaled by its mean change over a season (as in MASE)")
    said = [finding.sentence for finding in found.findings if "rmse" in finding.evidence]
    assert said
    assert all("scaled RMSE" in sentence for sentence in said)
    alone = diagnose(model.fit(data[data["unique_id"] == data["unique_id"].iloc[0]]))
    assert "scaled" not in str(alone)


def test_series_of_other_sizes_count_alike():
    data = panel_of()
    train, test = train_test_split(data)
    model = LSTMForecaster(2, lookback=8, progress=False, training=Training(epochs=1)).fit(train)
    evidence = gather(model, test=test)
    spreads = [evidence.fresh.network[evidence.fresh.series == s].std() for s in range(3)]
    # the same noise in units of each series; 32 points of a standard deviation vary by an eighth
    assert max(spreads) < 2 * min(spreads)
    assert len(evidence.fresh) == 3 * 32


def test_parts_with_the_test_part_behind_the_data_or_alone(tmp_path):
    data = panel_of()
    train, test = train_test_split(data)
    model = LSTMForecaster(2, lookback=8, progress=False, training=Training(epochs=1)).fit(train)
    model.save(tmp_path / "m.safetensors")
    loaded = LSTMForecaster.load(tmp_path / "m.safetensors")
    alone, behind, kept = (find_parts(*a) for a in ((loaded, train, test), (loaded, data), (model, None, test)))
    for parts in (alone, behind, kept):
        assert np.array_equal(parts.panel.values, data["y"])
        assert parts.n_trained.tolist() == [128] * 3
    assert alone.n_learned.tolist() == kept.n_learned.tolist()
    codes = [diagnose(loaded, train, test).codes, diagnose(loaded, data).codes, diagnose(model, test=test).codes]
    assert codes[0] == codes[1] == codes[2]


def test_arrays_without_times():
    y = np.sin(np.arange(500) / 3) + np.random.default_rng(0).normal(size=500)
    model = LSTMForecaster(lookback=8, progress=False, training=Training(epochs=1)).fit(y[:400])
    alone, whole = (find_parts(model, None, test) for test in (y[400:], y))
    assert np.array_equal(alone.panel.values, y)
    assert np.array_equal(whole.panel.values, y)


def test_steps_between_training_and_test_part_are_gaps():
    y = pd.DataFrame({"ds": np.arange(300), "y": np.random.default_rng(0).normal(size=300)})
    model = LSTMForecaster(lookback=8, progress=False, training=Training(epochs=1)).fit(y[:200])
    parts = find_parts(model, None, y[203:])
    assert np.isnan(parts.panel.values[200:203]).all()
    assert np.array_equal(parts.panel.values[203:], y["y"][203:])


def test_linear_model_learns_from_the_training_part_alone():
    """What follows the learned points must not change what the linear model is."""
    y = np.sin(np.arange(500) / 3) + np.random.default_rng(0).normal(size=500)
    model = LSTMForecaster(lookback=8, progress=False, training=Training(epochs=1)).fit(y[:400])
    one, two = gather(model, test=y[400:]), gather(model, test=y[400:] + 1000)
    np.testing.assert_array_equal(one.learned.linear, two.learned.linear)
    assert (one.fresh.linear != two.fresh.linear).all()


def test_ensemble_tells_how_its_members_differ():
    y = np.sin(np.arange(400) / 3) + 0.1 * np.random.default_rng(0).normal(size=400)
    model = LSTMForecaster(lookback=8, ensemble=3, progress=False, training=Training(epochs=1)).fit(y[:320])
    fresh = gather(model, test=y[320:]).fresh
    assert fresh.members.shape == (3, 80)
    # the forecast is the median of the members
    assert np.median(fresh.members, axis=0) == pytest.approx(fresh.fitted, abs=1e-6)


def test_fix_keeps_what_helps():
    y = np.sin(np.arange(1500) * 0.3) + 0.3 * np.random.default_rng(0).normal(size=1500)
    model = LSTMForecaster.tutorial()
    model.set_params(progress=False, hidden_size=16)
    model.set_params(training__batch_size=8, training__epochs=3, training__learning_rate=0.01)
    model.fit(y[:1200])
    diagnosis = diagnose(model, test=y[1200:], fix=True)
    kept = [step for step in diagnosis.steps if step.helped]
    assert kept
    assert all(step.rmse_after < step.rmse_before for step in kept)
    assert diagnosis.model.lookback >= 16
    assert diagnosis.model.evaluate(y[1200:]).rmse < model.evaluate(y[1200:]).rmse
    assert diagnosis.to_dict()["steps"][0]["remedy"] == diagnosis.steps[0].remedy
    # the model that was diagnosed is as it was
    assert model.lookback == 1


def test_fix_of_a_healthy_model_returns_it():
    y = np.random.default_rng(0).normal(size=600)
    model = LSTMForecaster(lookback=8, hidden_size=8, progress=False, training=Training(epochs=2)).fit(y)
    diagnosis = diagnose(model, fix=True)
    if not diagnosis.warnings:
        assert diagnosis.steps == ()
        assert diagnosis.model is model


def test_forms_of_a_diagnosis(tutorial, sine):
    diagnosis = diagnose(tutorial, test=sine[1])
    assert diagnosis.to_frame()["code"].tolist() == diagnosis.codes == diagnosis.to_dict()["codes"]
    text = str(diagnosis)
    for finding in diagnosis.findings:
        assert finding.sentence in text
    assert f"try: {diagnosis['underfit'].remedy}" in text
    with pytest.raises(KeyError):
        diagnosis["no-such-code"]


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(GatecastError, match="not fitted"):
        diagnose(LSTMForecaster())
    with pytest.raises(ConfigError, match="a fitted LSTMForecaster was expected"):
        diagnose("model.safetensors")
    y = np.random.default_rng(0).normal(size=100)
    model = LSTMForecaster(lookback=8, progress=False, training=Training(epochs=1)).fit(y)
    model.save(tmp_path / "m.safetensors")
    with pytest.raises(DataError, match=r"Pass them: `diagnose\(model, data\)`"):
        diagnose(LSTMForecaster.load(tmp_path / "m.safetensors"))
    later = pd.DataFrame({"ds": np.arange(500, 600), "y": y})
    with pytest.raises(DataError, match="belongs to the training part"):
        diagnose(model, later)
    with pytest.raises(DataError, match="frequency"):
        diagnose(model, pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=100), "y": y}))


def test_short_and_constant_series_do_not_fail():
    for y in (np.arange(12.0), np.ones(60), np.random.default_rng(0).normal(size=25)):
        model = LSTMForecaster(lookback=4, progress=False, training=Training(epochs=1)).fit(y)
        assert isinstance(str(diagnose(model)), str)
