"""Are wipes found where they were put, and is chance not taken for a rule?"""

import numpy as np
import pytest

from gatecast import ConfigError
from gatecast.data.panel.panel import Panel
from gatecast.explanation.events import cycles_of, find_events
from gatecast.explanation.units import Units

from .hand_set import fitted, forget_bias, hourly, set_weights

UNITS = Units(np.ones(4, int), np.full(4, "forward"), np.arange(4))


def panel(n, freq="h", start="2024-01-01"):
    return Panel(np.array(["a"]), np.zeros(n), np.array([0, n]), np.array([start], "M8[ns]"), freq)


def kept(n, *places):
    gates = np.full((n, 4), 0.9, np.float32)
    for unit, steps in places:
        gates[steps, unit] = 0.05
    return gates


def test_events_at_known_places():
    gates = kept(100, (0, [0, 1, 2]), (2, [50]), (1, [50, 52]), (3, [98, 99]))
    gates[1, 0] = 0.01
    found = find_events(gates, UNITS, panel(100), 1, 0.1)
    events = list(zip(found.which.tolist(), found.start.tolist(), found.length.tolist(), strict=True))
    assert events == [(0, 0, 3), (1, 50, 1), (2, 50, 1), (1, 52, 1), (3, 98, 2)]
    np.testing.assert_allclose(found.lowest, [0.01, 0.05, 0.05, 0.05, 0.05], rtol=1e-6)
    assert found.per_unit.tolist() == [1, 2, 1, 1]
    assert found.per_step[50] == 2
    assert found.times[0].isoformat() == "2024-01-01T00:00:00"
    frame = found.to_frame()
    assert list(frame) == ["unique_id", "ds", "layer", "unit", "n_steps", "lowest"]
    assert frame["ds"][4].hour == 98 % 24


def test_units_that_hold_nothing_have_no_events():
    gates = kept(100, (1, slice(None)), (2, [7]))
    found = find_events(gates, UNITS, panel(100), 1, 0.1)
    assert found.is_idle.tolist() == [False, True, False, False]
    assert len(found) == 1
    assert "1 unit never held anything." in found.sentences()


def test_no_events():
    found = find_events(kept(100), UNITS, panel(100), 24, 0.1)
    assert len(found) == 0
    assert len(found.sentences()) == 1
    assert len(found.to_frame()) == 0
    assert all(alignment.p_value == 1 for alignment in found.alignments)


def test_events_of_one_hour_are_aligned_with_it():
    n, rng = 24 * 60, np.random.default_rng(0)
    at_three = np.arange(n)[np.arange(n) % 24 == 3]
    some = at_three[rng.random(len(at_three)) < 0.5]
    found = find_events(kept(n, (0, some), (1, rng.choice(n, 40, replace=False))), UNITS, panel(n), 24, 0.1)
    by_name = {alignment.cycle: alignment for alignment in found.alignments}
    # two months are no three rounds of a year
    assert set(by_name) == {"hour", "weekday", "season"}
    assert by_name["hour"].is_aligned
    assert by_name["hour"].peak == "3:00"
    assert by_name["season"].peak == "3"
    assert not by_name["weekday"].is_aligned
    assert by_name["hour"].steps.sum() == n
    assert by_name["hour"].counts[3] >= len(some)
    assert "follow the hour: they are most frequent at 3:00 (p < 0.0001)." in by_name["hour"].sentence()


def test_chance_is_seldom_taken_for_a_rule():
    n, alarms = 24 * 40, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        # units that forget together are no witnesses of their own
        together = rng.choice(n, 60, replace=False)
        found = find_events(kept(n, (0, together), (1, together), (2, together)), UNITS, panel(n), 24, 0.1)
        alarms += next(a for a in found.alignments if a.cycle == "hour").is_aligned
    # a hundredth of 60 is 0.6; five or more would come once in 3,000 times
    assert alarms < 5


def test_months_weekdays_and_business_days():
    n = 6 * 12
    first = find_events(kept(n, (0, np.arange(11, n, 12))), UNITS, panel(n, "MS"), 12, 0.1)
    assert [(a.cycle, a.peak, a.is_aligned) for a in first.alignments] == [
        ("month", "December", True), ("season", "11", True),
    ]  # fmt: skip
    n = 5 * 30
    business = find_events(kept(n, (0, np.arange(4, n, 5))), UNITS, panel(n, "B"), 1, 0.1).alignments[0]
    assert (business.cycle, business.peak, len(business.labels)) == ("weekday", "Friday", 5)


def test_local_hours_count():
    from dataclasses import replace

    n = 24 * 20
    # in UTC, where it is 3 hours before Moscow's noon
    local = replace(panel(n), timezone="Europe/Moscow")
    found = find_events(kept(n, (0, np.arange(9, n, 24))), UNITS, local, 1, 0.1)
    assert found.alignments[0].peak == "12:00"


def test_threshold_of_a_model():
    model = set_weights(fitted(hourly()), **{f"layers__{n}__bias": forget_bias([0.3] * 5) for n in (0, 1)})
    gates = model.gates()
    assert len(gates.forget_events()) == 0
    assert gates.forget_events(0.4).is_idle.all()
    for wrong in (0, 1, "a", None, True):
        with pytest.raises(ConfigError, match="`threshold` must be a share between 0 and 1"):
            gates.forget_events(wrong)


def test_nine_days_are_in_their_second_week():
    cycles = cycles_of(panel(9, "D"), 7)
    last = [(cycle.name, int(cycle.parts[-1]), int(cycle.rounds[-1])) for cycle in cycles]
    assert last == [("weekday", 1, 1), ("month", 0, 0), ("season", 1, 1)]
