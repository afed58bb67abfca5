"""Are covariates encoded as pandas would, learned from the training part alone, and blind to what comes later?"""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from gatecast._json import converted
from gatecast.data import CovariateEncoder, fit_encoder, read_future, to_panel
from gatecast.data.features.encoding import CategoryColumn, NumberColumn, embedding_size
from gatecast.exceptions import ConfigError, DataError

N_DAYS, H = 40, 5
ROLES = {"past": ["rain", "mood"], "future": ["price", "event", "promo"], "static": ["area", "region"]}
# float32 holds seven digits
CLOSE = {"rtol": 1e-6, "atol": 1e-6}


def table(n_days=N_DAYS, seed=0):
    rng = np.random.default_rng(seed)
    n = 3 * n_days
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(["a", "b", "c"], n_days),
            "ds": np.tile(pd.date_range("2024-01-01", periods=n_days), 3),
            "y": rng.normal(size=n),
            "rain": rng.gamma(2.0, size=n),
            "mood": rng.choice(["good", "bad", "odd"], n),
            "price": rng.normal(50, 9, n),
            "event": rng.choice(["fair", "match"], n),
            "promo": rng.random(n) < 0.3,
            "area": np.repeat([10.0, 20.0, 60.0], n_days),
            "region": np.repeat(["north", "south", "north"], n_days),
        }
    )
    frame.loc[rng.random(n) < 0.2, "rain"] = np.nan
    frame.loc[rng.random(n) < 0.1, "price"] = np.nan
    frame.loc[rng.random(n) < 0.2, "event"] = None
    # the first days of b know no rain
    frame.loc[n_days : n_days + 2, "rain"] = np.nan
    return frame


def panel_of(frame):
    return to_panel(frame, **ROLES)


def z(column):
    return (column - column.mean()) / column.std(ddof=0)


def test_numbers_equal_pandas():
    frame = table()
    encoder = fit_encoder(panel_of(frame))
    encoded = encoder.encode_panel(panel_of(frame))
    assert encoder.numeric_names == ("price", "price_missing", "promo", "rain", "rain_missing")
    assert (encoder.n_future_numeric, encoded.numeric.dtype) == (3, np.float32)
    expected = [
        z(frame["price"]).fillna(0),
        frame["price"].isna(),
        z(frame["promo"].astype(float)),
        z(frame["rain"]).groupby(frame["unique_id"]).ffill().fillna(0),
        frame["rain"].isna(),
    ]
    np.testing.assert_allclose(encoded.numeric, np.stack(expected, axis=1).astype(float), **CLOSE)
    area = np.array([10.0, 20.0, 60.0])
    np.testing.assert_allclose(encoded.static_numeric[:, 0], (area - area.mean()) / area.std(), **CLOSE)


def test_codes_count_the_sorted_categories_from_one():
    frame = table()
    encoder = fit_encoder(panel_of(frame))
    encoded = encoder.encode_panel(panel_of(frame))
    columns = (*encoder.future_categories, *encoder.past_categories)
    assert tuple(column.name for column in columns) == ("event", "mood")
    assert (encoder.cardinalities, encoder.static_cardinalities, encoder.n_future_codes) == ((3, 4), (3,), 1)
    event = frame["event"].map({"fair": 1, "match": 2}).fillna(0)
    mood = frame["mood"].map({"bad": 1, "good": 2, "odd": 3})
    np.testing.assert_array_equal(encoded.codes, np.stack([event, mood], axis=1))
    assert encoded.static_codes.tolist() == [[1], [2], [1]]
    assert (encoded.codes.dtype, encoded.static_codes.dtype) == (np.int32, np.int32)


def test_new_categories_and_missing_ones_are_zero():
    column = CategoryColumn("mood", ("1", "bad", "good"))
    values = np.array(["good", "new", None, "bad"], dtype=object)
    assert column.encode(values).tolist() == [3, 0, 0, 2]
    # a column of texts may look like numbers where few rows are read
    assert column.encode(np.array([[1.0, np.nan, 2.0]])).tolist() == [[1, 0, 0]]


def test_missing_values_without_a_flag_in_training_are_filled_all_the_same():
    encoder = fit_encoder(panel_of(table().fillna({"price": 50.0, "rain": 1.0})))
    assert "_missing" not in " ".join(encoder.numeric_names)
    assert np.isfinite(encoder.encode_panel(panel_of(table())).numeric).all()


@pytest.mark.parametrize(
    ("training", "value", "expected"),
    [
        ([1.0, 3.0], 4.0, 2.0),
        ([1.0, 3.0], 1e9, 10.0),
        ([1.0, 3.0], -1e300, -10.0),
        ([1e-300, 3e-300], 1e30, 10.0),
        ([0.1] * 3, 0.1, 0.0),
    ],
)
def test_outliers_are_clipped_and_constants_are_zero(training, value, expected):
    def panel(values):
        return to_panel(pd.DataFrame({"ds": range(len(values)), "y": 1.0, "x": values}), past="x")

    encoder = fit_encoder(panel(training))
    assert encoder.encode_panel(panel([value])).numeric[0, 0] == expected


@pytest.mark.parametrize("training", [[7.0, 7.0], [np.nan, np.nan]])
def test_what_never_changed_is_zero_and_said_not_to_count(training):
    def panel(values):
        return to_panel(pd.DataFrame({"ds": range(len(values)), "y": 1.0, "x": values}), past="x")

    encoder = fit_encoder(panel(training))
    with pytest.warns(UserWarning, match="'x' never changed in what the model learned from, and is 9 now"):
        assert encoder.encode_panel(panel([9.0])).numeric[0, 0] == 0


def test_only_the_training_part_is_learned_from():
    panel = panel_of(table())
    head = panel.head(np.array([30, 20, 10]))
    other = panel_of(table().assign(rain=lambda t: t["rain"].where(t["ds"] < "2024-01-11", 1e6)))
    assert fit_encoder(head) != fit_encoder(panel)
    assert fit_encoder(head.head(np.array([10] * 3))) == fit_encoder(other.head(np.array([10] * 3)))


@pytest.mark.parametrize("n_known", [1, 7, 25, 39])
def test_no_information_flows_backwards(n_known):
    encoder = fit_encoder(panel_of(table(seed=1)), calendar=True)
    one, two = table(seed=2), table(seed=3)
    is_known = one["ds"] < one["ds"].min() + pd.Timedelta(days=n_known)
    two[is_known] = one[is_known]
    two["area"], two["region"] = one["area"], one["region"]
    first, second = (encoder.encode_panel(panel_of(frame)) for frame in (one, two))
    known = is_known.to_numpy()
    np.testing.assert_array_equal(first.numeric[known], second.numeric[known])
    np.testing.assert_array_equal(first.codes[known], second.codes[known])
    assert (first.numeric[~known] != second.numeric[~known]).any()
    cut = encoder.encode_panel(panel_of(one[is_known]))
    np.testing.assert_array_equal(cut.numeric, first.numeric[known])
    np.testing.assert_array_equal(cut.codes, first.codes[known])


def test_a_panel_that_goes_on_needs_the_row_before():
    panel = panel_of(table())
    encoder = fit_encoder(panel)
    whole = encoder.encode_panel(panel)
    at = np.array([1, 3, 20])
    head, tail = panel.head(at), panel.tail_from(at)
    before = encoder.encode_panel(head).numeric[head.offsets[1:] - 1]
    series, position = panel.places()
    parts = encoder.encode_panel(tail, before)
    np.testing.assert_array_equal(parts.numeric, whole.numeric[position >= at[series]])


def test_steps_ahead_are_encoded_as_they_will_be_once_they_are_data():
    frame = table().fillna({"price": 40.0, "event": "fair"})
    panel = panel_of(frame)
    encoder = fit_encoder(panel_of(table()), calendar=True)
    after = panel.head(np.full(3, N_DAYS - H)).tail_from(np.full(3, N_DAYS - H))
    assert encoder.future_names == ("price", "promo", "event")
    numeric, codes = encoder.encode_future(after, H, read_future(after, frame, H, encoder.future_names))
    whole = encoder.encode_panel(panel)
    expected = whole.numeric.reshape(3, N_DAYS, -1)[:, -H:, : encoder.n_future_numeric]
    assert (numeric.shape, codes.shape) == ((3, H, 3 + 4), (3, H, 1))
    np.testing.assert_array_equal(numeric, expected)
    np.testing.assert_array_equal(codes, whole.codes.reshape(3, N_DAYS, -1)[:, -H:, : encoder.n_future_codes])


def test_calendar_and_holidays_stand_behind_the_numbers_known_ahead():
    pytest.importorskip("holidays")
    encoder = fit_encoder(panel_of(table()), calendar=True, country="CN")
    names = ["day_of_week_sin", "day_of_week_cos", "day_of_year_sin", "day_of_year_cos"]
    names += ["holiday", "day_before_holiday", "day_after_holiday"]
    assert list(encoder.numeric_names[3 : encoder.n_future_numeric]) == names
    encoded = encoder.encode_panel(panel_of(table()))
    # 1 January 2024, a Monday
    np.testing.assert_array_equal(encoded.numeric[0, 3:8], [0, 1, 0, 1, 1])
    assert encoded.numeric[1, 9] == 1


def test_calendar_is_that_of_the_users_clock():
    hours = pd.date_range("2024-03-30", periods=48, freq="h", tz="Europe/Berlin")
    panel = to_panel(pd.DataFrame({"ds": hours, "y": 1.0}))
    encoder = fit_encoder(panel, calendar=True)
    phase = 2 * np.pi * hours.hour.to_numpy() / 24
    np.testing.assert_allclose(encoder.encode_panel(panel).numeric[:, 0], np.sin(phase), **CLOSE)
    after = panel.tail_from(panel.lengths)
    numeric, codes = encoder.encode_future(after, 3, {})
    ahead = 2 * np.pi * (hours[-1] + pd.to_timedelta([1, 2, 3], unit="h")).hour.to_numpy() / 24
    np.testing.assert_allclose(numeric[0, :, 0], np.sin(ahead), **CLOSE)
    assert codes.shape == (1, 3, 0)


def test_nothing_to_encode():
    panel = to_panel([1.0, 2.0, 3.0])
    encoder = fit_encoder(panel, calendar=True)
    assert encoder.numeric_names == ()
    encoded = encoder.encode_panel(panel)
    shapes = [a.shape for a in (encoded.numeric, encoded.codes, encoded.static_numeric, encoded.static_codes)]
    assert shapes == [(3, 0), (3, 0), (1, 0), (1, 0)]


def test_encoder_survives_json():
    encoder = fit_encoder(panel_of(table()), calendar=True)
    again = converted(json.loads(json.dumps(asdict(encoder))), CovariateEncoder)
    assert again == encoder
    np.testing.assert_array_equal(
        again.encode_panel(panel_of(table(seed=5))).numeric, encoder.encode_panel(panel_of(table(seed=5))).numeric
    )


def test_what_the_training_data_had_is_needed():
    encoder = fit_encoder(panel_of(table()))
    with pytest.raises(DataError, match="lacks the covariates 'price', 'rain', 'region'"):
        encoder.encode_panel(to_panel(table(), past=["price", "mood"], future=["event", "promo"], static="area"))
    with pytest.raises(DataError, match="'rain' held numbers in the training data and holds 'much' now"):
        encoder.encode_panel(panel_of(table().assign(rain="much")))
    blank = encoder.encode_panel(panel_of(table().assign(rain=None)))
    assert blank.numeric[0, 3:].tolist() == [0, 1]


def test_another_frequency_has_another_calendar():
    encoder = fit_encoder(to_panel(pd.Series(1.0, pd.date_range("2024", periods=9))), calendar=True)
    with pytest.raises(DataError, match="frequency 'MS'.*another calendar"):
        encoder.encode_panel(to_panel(pd.Series(1.0, pd.date_range("2024", periods=9, freq="MS"))))


def test_holidays_of_integer_steps_are_refused():
    pytest.importorskip("holidays")
    with pytest.raises(ConfigError, match="integer steps"):
        fit_encoder(to_panel([1.0, 2.0]), country="CN")


def test_embedding_sizes():
    assert [embedding_size(n) for n in (1, 2, 3, 10, 100, 1000)] == [1, 2, 2, 4, 14, 16]


def test_a_column_shows_what_it_learned():
    assert fit_encoder(to_panel(pd.DataFrame({"ds": range(2), "y": 1.0, "x": [3, 5]}), past="x")).past_numbers == (
        NumberColumn("x", 4.0, 1.0, flags_missing=False),
    )
