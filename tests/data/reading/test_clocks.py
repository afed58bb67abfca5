"""Are times right where clocks change: an hour that is there twice, a midnight that is not, offsets that change?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, PretrainedLSTM, to_panel
from gatecast.data.reading.files import read_table
from made_series import wave

HOURS = pd.date_range("2023-09-20", periods=1200, freq="h", tz="Europe/Berlin")


def frame(ds: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame({"ds": ds, "y": wave(len(ds), period=24)})


@pytest.mark.parametrize(
    ("zone", "freq", "example"),
    [
        ("Europe/Berlin", "h", "Europe/Berlin"),
        ("Europe/Paris", "30min", "Europe/Berlin"),
        ("America/New_York", "h", "America/New_York"),
        ("Europe/London", "15min", "Europe/London"),
        ("Australia/Sydney", "h", "Australia/Sydney"),
    ],
)
def test_an_hour_that_is_there_twice_is_a_clock_that_was_set_back(zone: str, freq: str, example: str) -> None:
    year = pd.date_range("2023-01-01", "2023-12-31", freq=freq, tz=zone)
    local = frame(year).assign(ds=year.tz_localize(None))
    with pytest.warns(UserWarning, match=f"there twice, as where clocks are set back in autumn.*those of {example}"):
        panel = to_panel(local)
    expected = to_panel(frame(year))
    assert (panel.freq, panel.n_gaps, panel.timezone) == (expected.freq, 0, example)
    np.testing.assert_array_equal(panel.values, expected.values)
    np.testing.assert_array_equal(panel.times(0).tz_localize(None), year.tz_localize(None))


def test_several_series_have_the_hour_twice() -> None:
    local = frame(HOURS).assign(ds=HOURS.tz_localize(None))
    both = pd.concat([local.assign(meter="a"), local.assign(meter="b", y=local["y"] + 1)])
    with pytest.warns(UserWarning, match="2023-10-29 02:00:00 is there twice"):
        panel = to_panel(both)
    assert (panel.columns.id, panel.ids.tolist(), panel.n_gaps) == ("meter", ["a", "b"], 0)
    np.testing.assert_array_equal(panel.values, [*local["y"], *(local["y"] + 1)])


def test_without_an_order_the_hour_that_is_there_twice_is_explained() -> None:
    local = frame(HOURS).assign(ds=HOURS.tz_localize(None)).sample(frac=1, random_state=0)
    with pytest.raises(DataError, match="for example in Europe/Berlin, and rows whose order tells which was first"):
        to_panel(local)


def test_rows_that_repeat_another_hour_are_duplicates() -> None:
    local = HOURS.tz_localize(None)
    with pytest.raises(DataError, match="Remove or add up the duplicates"):
        to_panel(frame(local[300:400].append(local[350:351])))


def test_a_file_is_read_in_the_zone_that_was_given(tmp_path: Path) -> None:
    path, aware = tmp_path / "load.csv", frame(HOURS)
    aware.assign(ds=HOURS.tz_localize(None)).to_csv(path, index=False)
    told = read_table(path)
    assert "are read as those of Europe/Berlin, in the order of the rows" in told.notes[0]
    assert (told.panel.timezone, told.n_gaps) == ("Europe/Berlin", 0)
    panel, expected = read_table(path, timezone="Europe/Berlin").panel, to_panel(aware)
    np.testing.assert_array_equal(panel.values, expected.values)
    assert (panel.timezone, panel.starts.tolist(), panel.n_gaps) == ("Europe/Berlin", expected.starts.tolist(), 0)
    # newest first, the order within the hour turns round
    aware.assign(ds=HOURS.tz_localize(None)).iloc[::-1].to_csv(path, index=False)
    np.testing.assert_array_equal(read_table(path, timezone="Europe/Berlin").panel.values, expected.values)
    with pytest.raises(ConfigError, match="`timezone` must be the name of a time zone, got 'Europe/Bern'"):
        read_table(path, timezone="Europe/Bern")
    spring = pd.date_range("2024-03-30", periods=50, freq="h")
    frame(spring).to_csv(path, index=False)
    with pytest.raises(DataError, match="Clocks in Europe/Berlin skipped some of the times"):
        read_table(path, timezone="Europe/Berlin")


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Beirut", "America/Havana"])
@pytest.mark.parametrize("written", ["zone", "UTC", "offsets"])
def test_days_whose_midnight_does_not_exist_are_days(zone: str, written: str) -> None:
    days = pd.date_range("2016-06-01", periods=900)
    aware = days.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(900, bool))
    table = frame(aware)
    if written == "UTC":
        table["ds"] = aware.tz_convert("UTC")
    if written == "offsets":
        table["ds"] = [time.isoformat() for time in aware]
    panel = to_panel(table)
    assert (panel.freq, panel.n_gaps, len(panel.values)) == ("D", 0, 900)
    assert abs(panel.times(0).tz_convert("UTC") - aware.tz_convert("UTC")).max() <= pd.Timedelta("1h")
    assert (panel.times(0).tz_convert("UTC") == aware.tz_convert("UTC")).mean() > 0.99


def test_days_with_offsets_that_change_with_the_season_stay_midnights() -> None:
    days = pd.date_range("2023-01-01", periods=300, tz="Europe/Berlin")
    table = frame(days).assign(ds=[time.isoformat() for time in days])
    panel = to_panel(table)
    assert (panel.freq, panel.n_gaps, panel.timezone) == ("D", 0, "Europe/Berlin")
    assert list(panel.times(0)) == list(days)
    # winter has begun, so the offset is that of winter
    forecast = PretrainedLSTM(2).fit(table[:299]).predict()
    assert forecast["ds"].iloc[0] == days[299]
