"""Networks read series of other seasons than theirs with lags that move along."""

import numpy as np
import pytest

from gatecast.pretraining.family import FAMILY, class_of


@pytest.mark.parametrize("own", FAMILY, ids=lambda own: str(own.season))
def test_inputs_of_its_own_season_are_what_it_learned(own):
    assert own.value_inputs(own.season, own.longer or None) == own.value_inputs()
    assert own.spec.dense_inputs == own.value_inputs().n_inputs


def test_lags_move_along_with_the_season_and_keep_their_number():
    assert class_of(5).value_inputs(5).lags == (1, 5, 10, 15)
    hours = class_of(48, 336)
    assert hours.value_inputs(48, 336).lags == (1, 48, 96, 336)
    # a longer season that is not known is taken to be as many of the shortest as were learned
    assert hours.value_inputs(48).lags == (1, 48, 96, 336)
    # a network of one season has no use for a second one
    assert class_of(7, 364).value_inputs(7, 364) == class_of(7).value_inputs()
    # a year of days is one of whole weeks, and as many of six days where that is known
    assert class_of(7, 365).value_inputs(7, 365).lags == (1, 7, 14, 21, 364)
    assert class_of(6).value_inputs(6).lags == (1, 6, 12, 18, 312)
    for season in (2, 5, 13, 96):
        own = class_of(season)
        assert own.value_inputs(season).n_candidates == own.value_inputs().n_candidates


def test_averages_move_along_with_the_season():
    for own in FAMILY:
        assert {average.season for average in own.value_inputs().averages} <= {own.season, own.longer}
    six_days = class_of(6).value_inputs(6).averages
    assert [average.season for average in six_days] == [6, 6, 6, 312]
    # a year is averaged at the level of four weeks
    assert (six_days[-1].newest, class_of(7).value_inputs().averages[-1].newest) == (-24, -28)
    # two seasons at once are learned without averages, and quarters go on along their years as well
    assert class_of(48, 336).value_inputs(48, 336).averages == ()
    assert [average.follows for average in class_of(4).value_inputs().averages] == [False] * 3 + [True] * 2


def test_whole_seasons_are_forecast_by_whole_seasons():
    for own in FAMILY[1:]:
        for season in (2, 3, 5, 6, 9, 13, 30, 48, 52):
            wanted = np.arange(1, own.horizon + 1)
            steps = own.steps(season, own.horizon) + 1
            has_whole = own.season <= own.horizon
            whole = wanted % season == 0
            assert (steps[~whole] % own.season != 0).all()
            assert (steps[whole] % own.season == 0).all() or not has_whole
            assert np.abs(steps - wanted)[~whole].max(initial=0) <= 1
    assert class_of(12).steps(12, 5).tolist() == [0, 1, 2, 3, 4]
