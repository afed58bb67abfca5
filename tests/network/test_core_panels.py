"""Does the core see of a panel what it should? Candidates, covariates and embeddings, from windows and from segments.

The batch that a source draws is laid out again as arrays by the reference, whose gradients are compared (1e-12); the
gradients of all weights, the tables of the embeddings among them, are compared with differences too (1e-6).
"""

from dataclasses import replace

import numpy as np
import pytest
from core_problems import (
    LOSSES,
    Problem,
    assert_agrees_with_reference,
    assert_native_gradients,
    draw_weights,
    native_gradients,
    reference_gradients,
    source_of,
    trainer_of,
)

from gatecast.network import reference, wrapper
from gatecast.network.inputs import PanelArrays, SeasonalAverage, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec
from oracles.segment_draws import Segments

# one far longer than a segment, one that ends inside of one, one empty, one of a single point, one as long as a segment
LENGTHS = (40, 9, 0, 1, 14)
LAGS = (1, 4, 7)
CANDIDATES, DRIFTS = (1, 4, -3, 0, 30), (9, 50)
# of seasons that most series have several of, and of one that few have
AVERAGES = (
    SeasonalAverage(3, 4, 1),
    SeasonalAverage(3, 2, 5, follows=True),
    SeasonalAverage(7, 9, 9),
    SeasonalAverage(1, 6, 2, follows=True),
    SeasonalAverage(5, 2, -3),
)
NAMES = ("values", "lags", "candidates", "numbers", "codes", "ahead", "everything")
# categories and width of each code: the first one is known ahead
EMBEDDINGS = ((4, 3), (3, 2), (5, 2))


def panel_of(name, seed=0):
    """A float64 panel with what `name` says, gaps in its targets, outliers, and codes that nobody knows."""
    rng = np.random.default_rng(seed)
    n, S = sum(LENGTHS), len(LENGTHS)
    values = np.cumsum(rng.normal(size=n))
    values[[5, 20, 43]] += [15.0, -12.0, 11.0]
    targets = values.copy()
    targets[rng.random(n) < 0.15] = np.nan
    arrays = {"spreads": rng.uniform(0.5, 3.0, S)}
    if name in ("numbers", "everything"):
        arrays |= {"numbers": rng.normal(size=(n, 3)), "static_numbers": rng.normal(size=(S, 2))}
    if name in ("codes", "everything"):
        codes = rng.integers(-1, 6, size=(n, 2)).astype(np.int32)
        arrays |= {"codes": codes, "static_codes": rng.integers(0, 7, size=(S, 1)).astype(np.int32)}
    if name == "everything":
        arrays |= {"n_ahead_numbers": 2, "n_ahead_codes": 1}
    if name == "ahead":
        arrays |= {"numbers": rng.normal(size=(n, 2)), "n_ahead_numbers": 1}
    return PanelArrays(values, targets, np.cumsum([0, *LENGTHS]), rng.uniform(0.5, 2.0, S), **arrays)


def value_inputs_of(name):
    lags = () if name == "values" else LAGS
    mixed = {"skip_forecasts": CANDIDATES, "drifts": DRIFTS, "averages": AVERAGES}
    return ValueInputs(lags, **mixed if name in ("candidates", "ahead", "everything") else {})


def spec_of(name, stack, H, loss, decoder=()):
    panel, value_inputs = panel_of(name), value_inputs_of(name)
    ahead = panel.n_ahead_numbers > 0
    return NetworkSpec(
        value_inputs.n_inputs + panel.n_inputs,
        stack,
        H,
        decoder=decoder,
        n_skip_forecasts=value_inputs.n_candidates,
        n_parameters_of_step=LOSSES[loss].n_parameters,
        embeddings=EMBEDDINGS[: panel.codes.shape[1] + panel.static_codes.shape[1]],
        n_ahead_numbers=panel.n_ahead_numbers,
        n_ahead_codes=panel.n_ahead_codes,
        n_contexts=3 if ahead else 0,
        future_units=5 if ahead else 0,
    )


LSTM = (LayerSpec("lstm", 6),)


def window_problem(name, stack=LSTM, loss="mse", H=3, lookback=6, B=21, **options):
    panel, value_inputs = panel_of(name), value_inputs_of(name)
    spec = spec_of(name, stack, H, loss, **options)

    def source(arrays):
        return wrapper.window_source(arrays, value_inputs, lookback, H, B, shuffle=False, n_dropped=0, seed=0)

    every = [(s, i) for s, n in enumerate(LENGTHS) for i in range(max(n - lookback - H + 1, 0))]
    batch = reference.batch_of(panel, value_inputs, every[:B], lookback, lookback - 1, H)
    return Problem(spec, draw_weights(spec, np.random.default_rng(1)), batch, LOSSES[loss], panel, source)


def segment_problem(name, stack=LSTM, loss="mse", H=5, burn_in=2, lessons=11, B=21, **options):
    panel, value_inputs = panel_of(name), value_inputs_of(name)
    spec = spec_of(name, stack, H, loss, **options)

    def source(arrays):
        return wrapper.segment_source(arrays, value_inputs, burn_in, lessons, B, 5)

    draws = Segments(LENGTHS, burn_in, lessons, 5)
    places = [draws.draw(counter) for counter in range(B)]
    batch = reference.batch_of(panel, value_inputs, places, draws.T, burn_in, H)
    return Problem(spec, draw_weights(spec, np.random.default_rng(1)), batch, LOSSES[loss], panel, source)


PROBLEMS = {"windows": window_problem, "segments": segment_problem}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", PROBLEMS)
def test_panel_agrees_with_the_reference(way, name, loss, each_isa):
    assert_agrees_with_reference(PROBLEMS[way](name, loss=loss), 1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", PROBLEMS)
def test_panel_in_single_precision(way, name, each_isa):
    # inputs are differences of values near 10, exact to 1e-6
    assert_agrees_with_reference(PROBLEMS[way](name), 1e-4, np.float32)


@pytest.mark.parametrize("loss", ["mse", "normal", "student", "zero-inflated"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", PROBLEMS)
def test_panel_gradients_by_differences(way, name, loss, each_isa):
    # losses without a kink: a panel's targets stand where they stand
    assert_native_gradients(PROBLEMS[way](name, loss=loss, B=4), step=4e-4)


def test_panel_gradients_with_chance(each_isa):
    # some categories are forgotten: of 400 sequences and two codes of their own each, about 16
    stack = (*LSTM, LayerSpec("dropout", dropout=0.5))
    problem = segment_problem("everything", stack, B=400)
    assert native_gradients(problem, chance=True).loss != native_gradients(problem).loss
    assert_native_gradients(segment_problem("everything", stack, B=60, lessons=4, H=3), chance=True, step=1e-3)


@pytest.mark.parametrize("H", [1, 16, 17, 33])
@pytest.mark.parametrize("way", PROBLEMS)
def test_panel_each_horizon(way, H, each_isa):
    # 33 steps are beyond every end of the shorter series
    problem = PROBLEMS[way]("everything", H=H, loss="quantile", **({"lookback": 3} if way == "windows" else {}))
    assert_agrees_with_reference(problem, 1e-12)


DEEP = (LayerSpec("lstm", 5, 2), LayerSpec("norm"), LayerSpec("gru", 5, 3, residual=True))


@pytest.mark.parametrize("way", PROBLEMS)
def test_panel_with_everything_and_every_layer(way, each_isa):
    problem = PROBLEMS[way]("everything", DEEP, "quantile", decoder=(LayerSpec("dense", 7), LayerSpec("dense", 4)))
    assert_agrees_with_reference(problem, 1e-12)


@pytest.mark.parametrize(
    "stack", [(LayerSpec("bidirectional", 4),), (LayerSpec("lstm", 5), LayerSpec("attention", 3))], ids=["both", "att"]
)
def test_panel_windows_read_as_a_whole(stack, each_isa):
    assert_agrees_with_reference(window_problem("everything", stack), 1e-12)
    assert_native_gradients(window_problem("everything", stack, B=4), step=1e-3)


def trained(problem, threads):
    """Weights, their mean, moments and records after some steps in float32."""
    optimizer = wrapper.OptimizerSettings(clip_norm=1.0, weight_decay=0.1, ema_decay=0.9)
    trainer = trainer_of(problem, np.float32, threads, optimizer)
    outcome, _, records = trainer.run(source_of(problem, np.float32), 0, np.full(15, 1e-2))
    assert outcome == wrapper.FINISHED
    return trainer.weights(), trainer.mean_weights(), trainer.moments(), records


IDENTICAL = {
    "everything": lambda: segment_problem(
        "everything",
        (*DEEP, LayerSpec("dropout", dropout=0.3), LayerSpec("dense", 8)),
        "quantile",
        B=50,
        decoder=(LayerSpec("dense", 7),),
    ),
    "bidirectional": lambda: window_problem("everything", (LayerSpec("bidirectional", 9),) * 2, "student", B=33),
    "attention": lambda: window_problem("everything", (LayerSpec("gru", 9), LayerSpec("attention", 4)), "normal", B=33),
}


@pytest.mark.parametrize("name", IDENTICAL)
def test_training_with_everything_is_bit_identical_for_any_threads(name, each_isa):
    problem = IDENTICAL[name]()
    expected = trained(problem, 1)
    assert np.isfinite(expected[0]).all()
    for threads in (1, 2, 3, 5):
        for actual, wanted in zip(trained(problem, threads), expected, strict=True):
            np.testing.assert_array_equal(actual, wanted)


def test_unknown_codes_are_all_the_same():
    problem = segment_problem("codes")
    expected = native_gradients(problem)
    codes = problem.panel.codes.copy()
    unknown = [(codes[:, n] <= 0) | (codes[:, n] >= EMBEDDINGS[n][0]) for n in range(2)]
    codes[unknown[0], 0], codes[unknown[1], 1] = 2**31 - 1, -(2**31)
    actual = native_gradients(replace(problem, panel=replace(problem.panel, codes=codes)))
    np.testing.assert_array_equal(actual.weights, expected.weights)
    # the table has a row for them, which learns
    assert problem.spec.views(expected.weights)["embeddings.0"][0].any()


def test_only_what_is_known_ahead_changes_a_forecast():
    # the last window of the first series: its covariates behind the end of the window are 3 points, then nothing
    problem = window_problem("everything", B=1)
    before = native_gradients(problem).predictions[0, 0, 0]
    numbers = problem.panel.numbers.copy()
    for column, changes in ((0, True), (1, True), (2, False)):
        numbers[7, column] += 1.0
        after = native_gradients(replace(problem, panel=replace(problem.panel, numbers=numbers))).predictions[0, 0, 0]
        # the window is points 0 to 5, forecasts are of points 6 to 8
        assert (after != before).tolist() == [False, changes, False]
        numbers[7, column] -= 1.0


def test_candidates_by_hand():
    values = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    panel = PanelArrays(values, values, np.array([0, 5]), np.ones(1))
    value_inputs = ValueInputs((1,), (1, 2, 3, 7, -2, -9, 0))
    assert reference.candidates_at(panel, value_inputs, 0, 4, 4).tolist() == [
        [50, 50, 50, 50],
        [40, 50, 40, 50],
        [30, 40, 50, 30],
        [50, 50, 10, 20],
        [45, 45, 45, 45],
        [30, 30, 30, 30],
        [0, 0, 0, 0],
    ]


def test_drifts_by_hand():
    values = np.array([10.0, 20.0, 24.0, 40.0, 50.0])
    panel = PanelArrays(values, values, np.array([0, 5]), np.ones(1))
    value_inputs = ValueInputs((1,), (1,), drifts=(2, 9))
    # from 24 to 50 in two steps, from 10 to 50 in four; at the first point nothing has moved yet
    assert reference.candidates_at(panel, value_inputs, 0, 4, 3).tolist() == [[50, 50, 50], [63, 76, 89], [60, 70, 80]]
    assert reference.candidates_at(panel, value_inputs, 0, 0, 2).tolist() == [[10, 10]] * 3
    assert value_inputs.history == 9


def test_seasonal_averages_by_hand():
    values = np.array([9.0, 1.0, 3.0, 5.0, 9.0, 6.0, 14.0])
    panel = PanelArrays(values, values, np.array([0, 7]), np.ones(1))
    value_inputs = ValueInputs(
        (1,),
        (),
        averages=(
            SeasonalAverage(2, 3, 3),
            SeasonalAverage(2, 2, 1),
            SeasonalAverage(2, 1, 9),
            SeasonalAverage(8, 2, 2, follows=True),
        ),
        level=False,
    )
    # seasons of two steps: (1, 3), (5, 9), (6, 14); the last two moved by 10 - 8.5, the last one by 38 / 6 - 10
    by_hand = [[4, 26 / 3, 4], [7, 13, 7], [6 - 11 / 3, 14 - 11 / 3, 6 - 11 / 3], [14, 14, 14]]
    np.testing.assert_allclose(reference.candidates_at(panel, value_inputs, 0, 6, 3), by_hand, rtol=1e-15)
    # a step before: (9, 1), (3, 5), (9, 6); expected are 7, 6 moved by 7.5 - 5.75, 9 by 5.5 - 7.5
    assert reference.inputs_at(panel, value_inputs, 0, 6)[:5].tolist() == [8, 7, 6.25, 7, 0]
    assert value_inputs.history == 19


def test_lines_through_seasons_by_hand():
    values = np.array([5.0, 1.0, 3.0, 4.0, 10.0, 9.0, 11.0])
    panel = PanelArrays(values, values, np.array([0, 7]), np.ones(1))
    value_inputs = ValueInputs(
        (1,),
        (),
        averages=(
            SeasonalAverage(2, 3, 3, follows=True),
            SeasonalAverage(2, 3, 1, follows=True),
            SeasonalAverage(1, 3, 3, follows=True),
        ),
        level=False,
    )
    # (1, 3), (4, 10), (9, 11) have means of 2, 7 and 10, through which a line rises by 4 a season, from 19 / 3 in the
    # middle; the mean of the last season is 10, and 10, 9 and 11 rise by half a step
    first, line = np.array([14 / 3, 8, 14 / 3]), np.array([8, 8, 12])
    by_hand = [first + line, first + line - 4 + 10 - 19 / 3, [11, 11.5, 12]]
    np.testing.assert_allclose(reference.candidates_at(panel, value_inputs, 0, 6, 3), by_hand, rtol=1e-14)


def test_averages_at_the_level_of_the_newest_values_by_hand():
    values = np.array([5.0, 1.0, 3.0, 4.0, 10.0, 9.0, 11.0])
    panel = PanelArrays(values, values, np.array([0, 7]), np.ones(1))
    value_inputs = ValueInputs(
        (1,),
        (),
        averages=(SeasonalAverage(2, 2, -3), SeasonalAverage(4, 2, -3), SeasonalAverage(4, 1, -4)),
        level=False,
    )
    # 10, 9, 11 are 10 on average; before: 3, 4, 10 and 5, 1, 3 (so 13 / 3), 5, 1, 3; nothing is known of 4 before
    by_hand = [[6.5 + 17 / 3, 10.5 + 17 / 3, 6.5 + 17 / 3], [4 + 7, 10 + 7, 9 + 7], [4, 10, 9]]
    np.testing.assert_allclose(reference.candidates_at(panel, value_inputs, 0, 6, 3), by_hand, rtol=1e-14)
    assert value_inputs.history == 12


def test_mixture_of_equal_shares_is_the_mean_of_the_candidates(each_isa):
    # with all weights zero the forecast is the candidates' mean, and the loss's other parameters are squareplus(0) = 1
    problem = segment_problem("candidates", loss="normal")
    problem.flat[:] = 0.0
    predictions = native_gradients(problem).predictions
    np.testing.assert_allclose(predictions[:, :, 0], problem.batch.candidates.mean(axis=2), rtol=0, atol=1e-13)
    np.testing.assert_allclose(predictions[:, :, 1], 1.001, rtol=1e-14)


def test_large_logits_choose_one_candidate(each_isa):
    problem = segment_problem("candidates", B=4)
    problem.flat[:] = 0.0
    H, bias = problem.spec.horizon, problem.spec.views(problem.flat)["head.bias"]
    bias[H : 2 * H] = 1e4
    predictions = native_gradients(problem).predictions
    np.testing.assert_array_equal(predictions[:, :, 0], problem.batch.candidates[:, :, 1])
    assert np.isfinite(native_gradients(problem).weights).all()


def test_inputs_do_not_depend_on_the_level_but_for_the_level():
    panel = panel_of("lags")
    higher = replace(panel, values=panel.values + 0.25)
    for t in range(LENGTHS[0]):
        low, high = (reference.inputs_at(each, value_inputs_of("lags"), 0, t) for each in (panel, higher))
        np.testing.assert_allclose(low[: len(LAGS)], high[: len(LAGS)], rtol=0, atol=1e-14)
        assert low[len(LAGS) + 1] == high[len(LAGS) + 1]


def test_segments_of_one_point_series_are_never_drawn():
    problem = segment_problem("everything", B=300)
    assert np.isfinite(reference_gradients(problem).loss)
    assert {s for s, _ in (Segments(LENGTHS, 2, 11, 5).draw(k) for k in range(300))} == {0, 1, 4}
