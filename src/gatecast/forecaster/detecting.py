"""How is a fitted forecaster asked which points were not to be expected?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast._validation import answers_calls
from gatecast.data.reading.ahead import split_future
from gatecast.explanation.methods import Explained

if TYPE_CHECKING:
    from gatecast.data.panel.arrays import Frame
    from gatecast.model.protocol import Data

__all__ = ["Detecting"]


class Detecting(Explained):
    """What can be asked of a fitted forecaster about points that came."""

    @answers_calls
    def detect(self, data: Data | None = None, *, false_alarms: float = 0.01) -> Frame:
        """Tell which points are anomalies: errors of one-step forecasts that are rare among earlier ones.

        Each point is forecast from the points before it. Its error is compared with earlier errors of its series (a
        conformal p-value, see `gatecast.metrics.surprise.Surprise`), to begin with with those that the fit measured on
        the validation set, or with what pretrained networks say of their forecasts. Anomalies among earlier points
        count little: an error that is clearly rare is not compared with later ones, and a point is an anomaly only
        where it is far from the forecast without earlier anomalies, too.

        Args:
            data: As in `predict`: rows that follow the training part go on from it, all else is read from its own
                beginning. When absent, the training part, which a model that was loaded does not hold.
            false_alarms: Share of the points of a clean series that are to be called anomalies.

        Returns:
            A table of the library that the data came from, with a row for each step: id, time and target under the
            user's own names, then `expected`, the forecast; `lower` and `upper`, between which a point is no anomaly;
            `score`, -log10 of the p-value (2 for one clean point in 100, 3 for one in 1,000); `anomaly`, true or false.
            The first points of a series that is read from its beginning have no score (NaN), as steps without a value.

        Raises:
            DataError: The data cannot be used, or were asked for and are not held.
            ConfigError: `false_alarms` is no share.

        Examples:
            >>> import gatecast
            >>> y = [20.0, 21.0, 25.0, 22.5] * 30
            >>> y[90] = 60.0
            >>> found = gatecast.PretrainedLSTM(horizon=1, season_length=4).fit(y).detect()
            >>> found.loc[found["anomaly"], ["ds", "y"]].to_numpy().tolist()
            [[90.0, 60.0]]
        """
        from gatecast.model.detect import find_anomalies

        panel = split_future(self.panel_of("detect", data))[0]
        return find_anomalies(self.fitted_, panel, false_alarms).table()
