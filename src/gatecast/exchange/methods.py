"""How is a fitted forecaster asked to go to another framework?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatecast._validation import answers_calls, check_path, check_steps

if TYPE_CHECKING:
    from gatecast.model.fitted import Fitted
    from gatecast.model.settings import Settings

__all__ = ["Exported"]


class Exported:
    """What a fitted forecaster can become outside gatecast."""

    @property
    def fitted_(self) -> Fitted:
        """What was learned."""
        raise NotImplementedError

    @property
    def settings_(self) -> Settings:
        """The settings that it was fitted with."""
        raise NotImplementedError

    @answers_calls
    def to_onnx(
        self,
        path: str | os.PathLike[str],
        *,
        horizon: int | None = None,
        quantiles: Sequence[float] | float | None = None,
        dtype: str = "float64",
    ) -> None:
        """Write the model as an ONNX graph, which runs without gatecast: history in, forecast and quantiles out.

        The graph holds all that `predict(data=history)` does: transform, scaling, networks, naive forecasts and their
        mixture, and the way back. Inputs are `history` `(batch, length)`, whole series from their first to their newest
        value without gaps, of any number and length (`least_length` of the model's properties at least), and for a
        model of several series `series` `(batch,)` int64: the row of each in the property `series`, or -1 for one that
        was never seen, which is scaled by its own history. So is every history that pretrained networks read. Outputs
        are `forecast` `(batch, horizon)` and `quantiles` `(batch, horizon, Q)`. Needs `gatecast[onnx]`.

        Args:
            path: Where the file is written, e.g. "model.onnx".
            horizon: Steps ahead; that of the settings when absent.
            quantiles: Probabilities, e.g. (0.1, 0.5, 0.9), which is also taken when absent if the model has intervals;
                () for none.
            dtype: Type of history, forecast and quantiles: "float64" or "float32".

        Raises:
            ConfigError: The model learned from covariates or the calendar, or quantiles of a Student-t distribution
                were asked for.
            DataError: Quantiles were asked for, and nothing was held out in `fit`.
            ModelFileError: The file cannot be written.

        Examples:
            >>> import numpy as np, tempfile
            >>> from gatecast import PretrainedLSTM
            >>> model = PretrainedLSTM(horizon=6, season_length=12).fit(np.sin(np.arange(60) * 2 * np.pi / 12))
            >>> path = f"{tempfile.mkdtemp()}/model.onnx"
            >>> model.to_onnx(path)
            >>> import onnxruntime
            >>> session = onnxruntime.InferenceSession(path)
            >>> forecast, quantiles = session.run(None, {"history": np.random.default_rng(0).random((2, 40))})
            >>> forecast.shape, quantiles.shape
            ((2, 6), (2, 6, 3))
        """
        from gatecast.exchange.onnx.export import make_onnx, write_onnx

        check_path("path", path, 'Use for example `"model.onnx"`.')
        if horizon is not None:
            check_steps(horizon)
        write_onnx(path, make_onnx(self.fitted_, horizon or self.settings_.horizon, quantiles, dtype))

    @answers_calls
    def to_keras(self, *, member: int = 0) -> Any:
        """Return a network as a `keras.Sequential`, with its weights; Keras must be installed.

        It takes windows `(n, lookback, 1)` of scaled values and returns scaled forecasts `(n, horizon)`: see
        `fitted_.preparation.scaling` for the center and scale of each series.

        Args:
            member: Which network of the ensemble, counted from 0.

        Raises:
            ConfigError: The network reads or mixes what Keras does not; fit with `network=Network(skip="none")`.
            GatecastError: Keras is not installed.

        Examples:
            >>> from gatecast import LSTMForecaster
            >>> LSTMForecaster(pretrained="only").fit([1.0, 2.0] * 9).to_keras()
            Traceback (most recent call last):
            gatecast.exceptions.ConfigError: This model has naive forecasts or covariates, and recurrent layers that ...
        """
        from gatecast.exchange.keras import make_keras
        from gatecast.exchange.plain import plain_network

        return make_keras(plain_network(self.fitted_, member))

    @answers_calls
    def to_torch(self, *, member: int = 0) -> Any:
        """Return a network as a `torch.nn.Module` in its mode for forecasts, with its weights; as `to_keras`.

        Args:
            member: Which network of the ensemble, counted from 0.

        Raises:
            ConfigError: The network reads or mixes what such a module does not, or is bidirectional.
            GatecastError: PyTorch is not installed.

        Examples:
            >>> from gatecast import LSTMForecaster
            >>> LSTMForecaster().to_torch()
            Traceback (most recent call last):
            gatecast.exceptions.NotFittedError: This LSTMForecaster is not fitted, and a fitted one was expected. ...
        """
        from gatecast.exchange.plain import plain_network
        from gatecast.exchange.torch import make_torch

        return make_torch(plain_network(self.fitted_, member))
