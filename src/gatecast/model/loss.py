"""What is minimised? The loss that was asked for, or the one that goes with the data, and what goes with it."""

from __future__ import annotations

from dataclasses import replace

from gatecast.data.panel.panel import Panel
from gatecast.data.values.counts import are_sparse_counts, no_counts
from gatecast.model.inputs import check_counts
from gatecast.model.likelihood import leaves_counts
from gatecast.model.settings import Settings
from gatecast.network.inputs import COUNT_LOSSES, LossSettings
from gatecast.texts.message import Message

__all__ = ["DISTRIBUTION_LOSSES", "about_counts", "are_mostly_counts", "make_loss", "with_loss"]

# losses that learn how sure a forecast is
DISTRIBUTION_LOSSES = ("quantile", "normal", "student", *COUNT_LOSSES)
# the likelihood of counts with many zeros, where the loss was left open
LOSS_OF_COUNTS = "zero-inflated"


def with_loss(settings: Settings, panel: Panel) -> Settings:
    """Choose the loss where that was left open, by whether most series are counts with many zeros.

    Their medians are zero or nearly so, whatever is sold, so their distribution is learned. Whoever has other numbers
    among them, or asks for a transform or another scaling, gets their mean: a likelihood is that of whole numbers.

    Raises:
        DataError: A likelihood of counts was asked for, and a value is none.
    """
    loss = settings.loss
    if loss is None:
        has_likelihood = leaves_counts(settings.transform, settings.scaling) and are_mostly_counts(panel)
        loss = LOSS_OF_COUNTS if has_likelihood else "mse" if share_of_sparse(panel) > 0.5 else "mae"
    if loss == "mse" and settings.loss is None:
        # a logarithm would turn means into something else
        return replace(settings, loss=loss, transform="none" if settings.transform == "auto" else settings.transform)
    if loss not in COUNT_LOSSES:
        return replace(settings, loss=loss)
    check_counts(panel, loss)
    scaling = "mean" if settings.scaling == "season" else settings.scaling
    return replace(settings, loss=loss, scaling=scaling, transform="none")


def are_mostly_counts(panel: Panel) -> bool:
    """Tell whether all values are counts, with many zeros in most of the series."""
    return share_of_sparse(panel) > 0.5 and not len(no_counts(panel.values))


def share_of_sparse(panel: Panel) -> float:
    """Return the share of the series that are counts with many zeros."""
    return float(are_sparse_counts(panel.values, panel.offsets).mean())


def about_counts(asked: Settings, used: LossSettings, panel: Panel) -> tuple[Message, ...]:
    """Say that a likelihood of counts was learned although no loss was asked for."""
    if asked.loss is not None or not used.is_of_counts:
        return ()
    facts: dict[str, object] = {"loss": used.loss, "share": share_of_sparse(panel), "n_series": panel.n_series}
    return (Message("decision.counts", facts),)


def make_loss(settings: Settings) -> LossSettings:
    """Describe the loss that the settings ask for, once they do."""
    assert settings.loss is not None, "`with_loss` chooses it"
    quantiles = tuple(float(level) for level in settings.quantiles) if settings.loss == "quantile" else ()
    return LossSettings(settings.loss, settings.huber_delta, quantiles)
