"""Which sequences does a training step see? Windows and segments against the same ones laid out by hand.

A source is observed through training: weights that are bit-equal to those of the same batches given as arrays have
seen the same numbers in the same order. Where single windows matter, a network that forecasts 0, trained one window at
a time with learning rate 0 and the absolute loss, reports each target as its loss.
"""

import numpy as np
import pytest

from gatecast.network import _native, inputs, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec
from oracles.segment_draws import Segments

BITS = 2**64 - 1
VALUE_INPUTS, MSE, ADAM = inputs.ValueInputs(), inputs.LossSettings(), wrapper.OptimizerSettings()


def panel_of(lengths, gaps=(), units=None, seed=0):
    """Series of random numbers between 1 and 2, float32: no number occurs twice, none is 0."""
    values = (1.0 + np.random.default_rng(seed).random(sum(lengths))).astype(np.float32)
    targets = values.copy()
    targets[list(gaps)] = np.nan
    offsets = np.cumsum([0, *lengths])
    return inputs.PanelArrays(values, targets, offsets, np.ones(len(lengths)) if units is None else np.array(units))


def counted(lengths):
    """A panel whose values are 1, 2, 3, ..."""
    panel = panel_of(lengths)
    panel.values[:] = panel.targets[:] = np.arange(1, len(panel.values) + 1)
    return panel


def train(source, H, steps, first_step=0):
    spec = NetworkSpec.plain(1, (6,), H)
    trainer = wrapper.make_trainer(spec, initial_weights(spec, 0), MSE, ADAM, 2)
    outcome, _, records = trainer.run(source, first_step, np.full(steps, 1e-2))
    assert outcome == wrapper.FINISHED
    return trainer.weights(), records


def targets_seen(source, steps):
    """The target of every step of a source with batches of one window and a horizon of one."""
    spec = NetworkSpec.plain(1, (1,), 1)
    trainer = wrapper.make_trainer(spec, np.zeros(spec.n_parameters, np.float32), inputs.LossSettings("mae"), ADAM, 1)
    return trainer.run(source, 0, np.zeros(steps))[2][:, 0]


def windows(panel, lookback=4, horizon=1, batch=1, **options):
    options = {"shuffle": False, "n_dropped": 0, "seed": 0, **options}
    return wrapper.window_source(panel, VALUE_INPUTS, lookback, horizon, batch, **options)


# --- windows ---------------------------------------------------------------------------------------------------------


def windows_by_hand(panel, lookback, H, n_dropped=0):
    """Every window of every series, as the definition says: inputs (n, lookback) and targets (n, H)."""
    x, y = [], []
    for begin, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        series, targets = panel.values[begin:end], panel.targets[begin:end]
        n = max(len(series) - lookback - H + 1 - n_dropped, 0)
        x += [series[i : i + lookback] for i in range(n)]
        y += [targets[i + lookback : i + lookback + H] for i in range(n)]
    return np.array(x), np.array(y)


def as_source(x, y, batch):
    """Whole batches of windows as an array source."""
    return wrapper.array_source(x.reshape(-1, batch, x.shape[1], 1), y.reshape(-1, batch, 1, y.shape[1]))


@pytest.mark.parametrize(("lookback", "H", "batch"), [(1, 1, 1), (1, 1, 5), (4, 3, 6), (12, 1, 15), (7, 2, 10)])
@pytest.mark.parametrize("n_dropped", [0, 1])
def test_windows_in_order_equal_the_same_arrays(lookback, H, batch, n_dropped):
    panel = panel_of([40, 3, 25, 0, 31], gaps=[11, 12, 60])
    source = windows(panel, lookback, H, batch, n_dropped=n_dropped)
    x, y = windows_by_hand(panel, lookback, H, n_dropped)
    assert source.windows == len(x)
    assert source.steps_per_epoch == -(-len(x) // batch)
    whole = len(x) // batch
    expected, records = train(as_source(x[: whole * batch], y[: whole * batch], batch), H, whole)
    weights, seen = train(source, H, whole)
    np.testing.assert_array_equal(weights, expected)
    np.testing.assert_array_equal(seen, records)


def test_window_source_partial_last_batch_and_next_epoch():
    panel = panel_of([23])
    source = windows(panel, 4, 1, 8)
    assert [source.batch(k) for k in range(6)] == [8, 8, 3, 8, 8, 3]
    x, y = windows_by_hand(panel, 4, 1)
    records = train(source, 1, 6)[1]
    assert records[:, 3].tolist() == [8, 8, 3, 8, 8, 3]
    spec = NetworkSpec.plain(1, (6,), 1)
    trainer = wrapper.make_trainer(spec, initial_weights(spec, 0), MSE, ADAM, 2)
    for rows in (slice(0, 8), slice(8, 16), slice(16, 19)):
        trainer.run(wrapper.array_source(x[None, rows, :, None], y[None, rows, None]), 0, np.full(1, 1e-2))
    # the last batch is cut into other chunks than the same rows alone: equal but for the order of float32 sums
    np.testing.assert_allclose(train(source, 1, 3)[0], trainer.weights(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("first_step", [0, 2, 5])
def test_window_source_begins_where_told(first_step):
    source = windows(counted([12]), lookback=3)
    spec = NetworkSpec.plain(1, (1,), 1)
    trainer = wrapper.make_trainer(spec, np.zeros(spec.n_parameters, np.float32), inputs.LossSettings("mae"), ADAM, 1)
    seen = trainer.run(source, first_step, np.zeros(4))[2][:, 0]
    np.testing.assert_array_equal(seen, 4 + (first_step + np.arange(4)) % 9)


def test_shuffled_windows_are_another_permutation_each_epoch():
    lengths, lookback = [30, 5, 41], 4
    panel = counted(lengths)
    targets = np.sort(windows_by_hand(panel, lookback, 1)[1].ravel())
    n = len(targets)
    epochs = targets_seen(windows(panel, lookback, shuffle=True, seed=9), 3 * n).reshape(3, n)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), targets)
    orders = [targets, *epochs]
    # two random orders of 63 agree at one place on average; 10 has a probability below 1e-6
    assert all(np.sum(a == b) < 10 for i, a in enumerate(orders) for b in orders[:i])


def test_shuffled_windows_follow_the_seed():
    one, same, other = (targets_seen(windows(counted([80]), shuffle=True, seed=seed), 76) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_shuffled_batches_hold_the_windows_of_the_shuffled_order():
    panel = panel_of([50, 37])
    single = targets_seen(windows(panel, 4, shuffle=True, seed=3), 79)
    x, y = windows_by_hand(panel, 4, 1)
    order = [int(np.flatnonzero(y[:, 0] == np.float32(target))[0]) for target in single]
    expected = train(as_source(x[order][:72], y[order][:72], 12), 1, 6)[0]
    np.testing.assert_array_equal(train(windows(panel, 4, 1, 12, shuffle=True, seed=3), 1, 6)[0], expected)


@pytest.mark.parametrize("n", [*range(1, 40), 63, 64, 65, 255, 256, 257, 1000, 1024, 4097])
def test_shuffled_is_a_bijection(n):
    for key in (0, 1, BITS):
        assert sorted(_native.shuffled(i, n, key) for i in range(n)) == list(range(n))


def test_shuffled_moves_every_place_about_equally():
    # where does index 0 of 16 go under 4,800 keys? 300 times to each place, give or take 5 * sqrt(300)
    places = np.bincount([_native.shuffled(0, 16, key) for key in range(4800)], minlength=16)
    assert np.abs(places - 300).max() < 87


def test_shuffled_reaches_large_numbers():
    n = 10**12
    places = [_native.shuffled(i, n, 5) for i in range(1000)]
    assert len(set(places)) == 1000
    assert 0 <= min(places) < 0.01 * n < 0.99 * n < max(places) < n


def test_windows_without_any_window():
    with pytest.raises(ValueError, match="no series holds a window"):
        windows(panel_of([4, 2]), lookback=4)


# --- segments --------------------------------------------------------------------------------------------------------


def arrays_of(draws, panel, steps, batch, H):
    """Inputs and targets of the first steps, laid out by hand."""
    x = np.zeros((steps, batch, draws.T, 1), np.float32)
    y = np.full((steps, batch, draws.T - draws.burn_in, H), np.nan, np.float32)
    for k, row in np.ndindex(steps, batch):
        series, start = draws.draw(k * batch + row)
        begin, end = panel.offsets[series : series + 2]
        known = panel.values[begin + start : end][: draws.T]
        x[k, row, : len(known), 0] = known
        for t in range(draws.T - draws.burn_in):
            at = begin + start + draws.burn_in + t + 1
            ahead = panel.targets[at : min(at + H, end)]
            y[k, row, t, : len(ahead)] = ahead
    return x, y


CASES = {
    "one-series": ([80], 5, 20, 3, 4),
    "ragged": ([50, 7, 0, 33, 90, 1], 6, 25, 7, 5),
    "all-shorter-than-a-segment": ([12, 9, 15], 3, 100, 4, 2),
    "no-burn-in": ([30, 41], 0, 8, 16, 3),
    "one-lesson": ([30, 41], 9, 1, 2, 1),
    "horizon-beyond-every-end": ([14, 10], 2, 5, 3, 30),
}


@pytest.mark.parametrize("name", CASES)
def test_segments_equal_the_same_arrays(name):
    lengths, burn_in, lessons, batch, H = CASES[name]
    panel = panel_of(lengths, gaps=[3, 4, 9, sum(lengths) - 2], seed=1)
    source = wrapper.segment_source(panel, VALUE_INPUTS, burn_in, lessons, batch, 11)
    oracle = Segments(lengths, burn_in, lessons, 11)
    assert (source.T, source.first, source.n_targets) == (oracle.T, burn_in, oracle.lessons)
    x, y = arrays_of(oracle, panel, 12, batch, H)
    expected, records = train(wrapper.array_source(x, y), H, 12)
    weights, seen = train(source, H, 12)
    np.testing.assert_array_equal(weights, expected)
    np.testing.assert_array_equal(seen, records)


def test_segments_follow_the_seed_and_the_step():
    panel = panel_of([80, 60])
    one, same, other = (
        train(wrapper.segment_source(panel, VALUE_INPUTS, 5, 20, 4, seed), 2, 5)[1] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one[:, 0] != other[:, 0]).all()
    # step 3 sees the same segments whenever it is asked for: the first record depends on initial weights alone
    x, y = arrays_of(Segments([80, 60], 5, 20, 1), panel, 4, 4, 2)
    later = train(wrapper.segment_source(panel, VALUE_INPUTS, 5, 20, 4, 1), 2, 1, first_step=3)[1]
    np.testing.assert_array_equal(later, train(wrapper.array_source(x[3:], y[3:]), 2, 1)[1])


def test_targets_beyond_the_end_and_gaps_do_not_count():
    # one possible segment: points 0..6 of 8, forecasts after points 2..6 of the next 3
    panel = panel_of([8], gaps=[5])
    records = train(wrapper.segment_source(panel, VALUE_INPUTS, 2, 50, 1, 0), 3, 1)[1]
    # 3 + 3 + 3 + 2 + 1 targets, of which those at point 5 (after 2, 3 and 4) are missing
    assert records[0, 3] == 12 - 3


def test_each_point_is_a_lesson_about_equally_often():
    burn_in, lessons, draws = 4, 8, 20_000
    oracle = Segments([60, 45], burn_in, lessons, 5)
    counts = [np.zeros(55), np.zeros(40)]
    for counter in range(draws):
        series, start = oracle.draw(counter)
        counts[series][start : start + lessons] += 1
    expected = draws * lessons / len(oracle.pool)
    for count in counts:
        # away from the ends all are equal; 5 standard deviations of a binomial count
        assert np.abs(count[lessons:-lessons] - expected).max() < 5 * np.sqrt(expected)
        # the nearest whole segment covers the ends: half as often at the very end, half as often again further in
        ends = np.concatenate([count[:lessons], count[-lessons:]]) / expected
        assert ends.min() > 0.4
        assert ends.max() < 1.6


def test_points_of_a_series_shorter_than_a_segment_are_lessons_as_often_as_others():
    oracle = Segments([2000, 20], 4, 100, 5)
    draws = np.array([oracle.draw(counter) for counter in range(20_000)])
    of_long = np.zeros(2000)
    for start in draws[draws[:, 0] == 0, 1]:
        of_long[start + 4 : start + 104] += 1
    # the short series is one segment: each draw of it is a lesson of each of its points
    of_short = (draws[:, 0] == 1).sum()
    # 1,000 expected lessons of a point, 4 standard deviations
    assert of_short == pytest.approx(of_long[500:1500].mean(), rel=0.13)


def test_burn_in_longer_than_every_series():
    for burn_in, lengths in ((9, [10, 3]), (9, [5]), (1000, [10])):
        with pytest.raises(ValueError, match="no series is longer than burn_in"):
            wrapper.segment_source(panel_of(lengths), VALUE_INPUTS, burn_in, 5, 2, 0)
    assert wrapper.segment_source(panel_of([11]), VALUE_INPUTS, 9, 5, 2, 0).n_targets == 1


def test_very_long_segments_do_not_overflow():
    source = wrapper.segment_source(panel_of([20]), VALUE_INPUTS, 5, 2**31 - 1, 1, 0)
    assert source.T == 19


# --- both ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_losses_in_units_of_the_data(loss):
    panel = panel_of([30, 30], units=[2.0, 5.0])
    spec = NetworkSpec.plain(1, (1,), 1)
    settings = inputs.LossSettings(loss, huber_delta=0.5)
    trainer = wrapper.make_trainer(spec, np.zeros(spec.n_parameters, np.float32), settings, ADAM, 1)
    record = trainer.run(windows(panel, 4, 1, 52), 0, np.zeros(1))[2][0]
    scaled = windows_by_hand(panel, 4, 1)[1].astype(np.float64).reshape(2, 26)
    errors = scaled * [[2.0], [5.0]]
    # all errors are beyond delta, which is 0.5 scaled units as well
    delta = 0.5 * np.array([[2.0], [5.0]])
    by_hand = {"mse": errors**2, "mae": errors, "huber": delta * (errors - delta / 2)}[loss]
    # float32: errors of 1e-7 each
    assert record[1] == pytest.approx(by_hand.mean(), rel=1e-6)
    assert record[2] == pytest.approx(np.mean(errors**2), rel=1e-6)


@pytest.mark.parametrize(
    ("offsets", "message"),
    [([0, 5], "does not span"), ([1, 10], "does not span"), ([0, 12], "does not span"), ([0, 6, 4, 10], "decreases")],
)
def test_offsets_must_span_the_panel(offsets, message):
    values = np.ones(10, np.float32)
    panel = inputs.PanelArrays(values, values, np.array(offsets), np.ones(len(offsets) - 1))
    for make in (lambda: windows(panel), lambda: wrapper.segment_source(panel, VALUE_INPUTS, 1, 1, 1, 0)):
        with pytest.raises(ValueError, match=f"`offsets` {message}"):
            make()


@pytest.mark.parametrize("bad", [{"lookback": 0}, {"horizon": 0}, {"batch": 0}, {"n_dropped": -1}])
def test_window_numbers_must_be_positive(bad):
    with pytest.raises(ValueError, match="must be (between 1 and|at least [01], got)"):
        windows(panel_of([20]), **bad)
