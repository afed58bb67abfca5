"""Are numbers read as their writer meant them?"""

import numpy as np
import pandas as pd
import pytest

from gatecast.data.reading.numbers import is_missing, parse_numbers

NUMBERS = [1234567.25, 0.5, -1234.75, 12.0, 999.125]


def written(number, decimal, thousands):
    return f"{number:,}".replace(",", "#").replace(".", decimal).replace("#", thousands)


@pytest.mark.parametrize(
    ("decimal", "thousands", "convention"),
    [
        (".", "", "1234.5"),
        (".", ",", "1,234.5"),
        (".", " ", "1 234.5"),
        (",", "", "1234,5"),
        (",", ".", "1.234,5"),
        (",", " ", "1 234,5"),
        (",", "\u00a0", "1 234,5"),
        (",", "\u202f", "1 234,5"),
    ],
)
@pytest.mark.parametrize("prefer_comma", [True, False])
def test_conventions_are_told_apart(decimal, thousands, convention, prefer_comma):
    texts = pd.Series([written(number, decimal, thousands) for number in NUMBERS])
    numbers = parse_numbers(texts, prefer_comma=prefer_comma)
    assert numbers.convention == convention
    assert numbers.floats.tolist() == NUMBERS


def test_lone_comma_follows_the_file():
    texts = pd.Series(["1,234", "5,678"])
    assert parse_numbers(texts).floats.tolist() == [1234.0, 5678.0]
    assert parse_numbers(texts, prefer_comma=True).floats.tolist() == [1.234, 5.678]
    assert parse_numbers(pd.Series(["0,123", "5,678"])).floats.tolist() == [0.123, 5.678]


@pytest.mark.parametrize("text", ["", "NA", "abc", "1.2.3", "12,34,5", "5%", "-.", "1 2"])
def test_other_texts_are_no_numbers(text):
    floats = parse_numbers(pd.Series(["1.5", text, "2.5"])).floats
    assert np.isnan(floats[1])
    assert floats[[0, 2]].tolist() == [1.5, 2.5]


def test_missing_texts_are_told_from_broken_ones():
    column = pd.Series(["", " NA", "NaN", "null", "n/a", "-", "?", None, np.nan, "abc", "-1", "0", "nano"])
    assert is_missing(column).tolist() == [True] * 9 + [False] * 4
    assert is_missing(pd.Series([1.0, np.nan])).tolist() == [False, True]


def test_exponents_and_spaces():
    assert parse_numbers(pd.Series([" 1e30", "-2.5E-3 ", "+4"])).floats.tolist() == [1e30, -0.0025, 4.0]
    assert parse_numbers(pd.Series(["1,5e3", "2,5"])).floats.tolist() == [1500.0, 2.5]


@pytest.mark.parametrize("decimal", [".", ","])
def test_numbers_beside_missing_ones_are_exact(decimal):
    # float() reads the nearest; a sum of digits times powers of ten misses it by a bit
    values = np.random.default_rng(0).uniform(-1e4, 1e4, 500).tolist()
    texts = [repr(value).replace(".", decimal) for value in values]
    assert parse_numbers(pd.Series([*texts, "NA"], dtype=object)).floats[:-1].tolist() == values


@pytest.mark.parametrize("text", ["1e42879595591", "5.7e428795955917e-300", "0e42879595591", "1E-42879595591"])
def test_endless_exponents_are_no_numbers_and_end_no_process(text):
    numbers = parse_numbers(pd.Series([text, "1.5", "2e3"]))
    np.testing.assert_array_equal(numbers.floats, [np.nan, 1.5, 2000.0])


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,23,456.50", "12,34,56,789.00", "999.00"], [123456.5, 123456789.0, 999.0]),
        (["₹1,23,456", "₹99,999"], [123456.0, 99999.0]),
        (["1 234,5 zł", "7,0 zł"], [1234.5, 7.0]),
        (["12,5 kr", "7,0 kr"], [12.5, 7.0]),
        (["1.5 lakh", "2 crore"], [1.5e5, 2e7]),
    ],
)
def test_numbers_of_india_and_more_currencies(texts, numbers):
    assert parse_numbers(pd.Series(texts)).floats.tolist() == numbers
