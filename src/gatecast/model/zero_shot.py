"""How are series forecast without training? Networks that learned from made series read them to their end."""

from __future__ import annotations

from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import DataError
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import prepare
from gatecast.model.settings import Settings
from gatecast.pretraining.family import class_of

__all__ = ["zero_shot"]


def zero_shot(settings: Settings, panel: Panel) -> Fitted:
    """Read a panel with the pretrained networks of its season.

    Args:
        settings: Checked settings, of which horizon, season and threads count.
        panel: Series without covariates.

    Raises:
        DataError: The panel holds no series.
        ModelFileError: The pretrained weights are missing or damaged.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to forecast.")
    seasons = choose_seasons(panel, settings.season_length)
    own = class_of(seasons.shortest)
    value_inputs = own.value_inputs(seasons.shortest, _longer(own, seasons))
    preparation = prepare(panel, "log", "season", seasons.shortest, value_inputs)
    ensemble = _ensemble(own, value_inputs, settings)
    arrays = preparation.arrays(panel)
    return Fitted(
        ensemble=ensemble,
        memories=ensemble.read(ensemble.blank(arrays), arrays),
        preparation=preparation,
        after=panel.tail_from(panel.lengths),
        lengths=panel.lengths,
        anchors=preparation.transform.anchors(panel.values, panel.offsets),
        tail=newest_values(panel, seasons.shortest),
        years=preparation.newest_years(arrays),
        naive_scales=naive_scale(panel.values, panel.offsets, seasons.shortest),
        calibration=None,
        record=_record(own, seasons, preparation, ensemble, panel.n_series),
    )
