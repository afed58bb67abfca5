"""What have others published for the same sets? The tables of fev and GIFT-Eval in the data folder, where they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from accuracy_tasks.metrics import geometric_mean
from accuracy_tasks.rows import Rival

__all__ = ["FEV", "GIFT_EVAL", "Source", "relative"]

# of the models in GIFT-Eval's tables those that are trained on each set before they forecast it; its tables have no
# column for this, nor for the sets that the zero-shot models learned from
TRAINED_ON_EACH_SET = frozenset({"Crossformer", "DLinear", "DeepAR", "PatchTST", "TFT", "iTransformer", "xLSTM-Mixer"})


@dataclass(frozen=True)
class Source:
    """A folder of published tables, one for each model.

    Args:
        name: As the rows have it.
        folder: Below the data folder.
        key: Column of the set.
        model: Column of the model.
        columns: Column of each metric.
        trained: Column that says whether the model had learned from the set; None where the model's name says it.
    """

    name: str
    folder: str
    key: str
    model: str
    columns: dict[str, str] = field(hash=False)
    trained: str | None = None

    def rivals(self, key: str, data: Path, metric: str) -> tuple[Rival, ...]:
        """Return what each model reaches on a set, best first; nothing where there are no tables."""
        table = _read(data / "published" / self.folder)
        if table.empty:
            return ()
        rows = table[table[self.key] == key].sort_values(self.columns[metric])
        trained = rows[self.model].isin(TRAINED_ON_EACH_SET) if self.trained is None else rows[self.trained]
        each = zip(rows[self.model], rows[self.columns[metric]], trained, strict=True)
        return tuple(Rival(model, self.name, float(value), bool(known)) for model, value, known in each)


@cache
def _read(folder: Path) -> pd.DataFrame:
    files = sorted(folder.glob("*.csv"))
    return pd.concat([pd.read_csv(file) for file in files], ignore_index=True) if files else pd.DataFrame()


FEV = Source(
    "fev",
    "fev_chronos_zeroshot",
    key="task_name",
    model="model_name",
    columns={"MASE": "MASE", "WQL": "WQL"},
    trained="trained_on_this_dataset",
)
GIFT_EVAL = Source(
    "GIFT-Eval",
    "gift_eval",
    key="dataset",
    model="model",
    columns={"MASE": "eval_metrics/MASE[0.5]", "WQL": "eval_metrics/mean_weighted_sum_quantile_loss"},
)


def relative(sets: list[tuple[Rival, ...]], naive: list[float]) -> tuple[Rival, ...]:
    """Return the geometric mean over sets of each model's figure over the seasonal naive's; of models with all sets."""
    values = [{rival.model: rival for rival in rivals} for rivals in sets]
    everywhere = set.intersection(*(set(one) for one in values)) if values else set()
    means = [_mean_of([one[model] for one in values], naive) for model in everywhere]
    return tuple(sorted(means, key=lambda rival: (rival.value, rival.model)))


def _mean_of(rivals: list[Rival], naive: list[float]) -> Rival:
    ratios = [rival.value / base for rival, base in zip(rivals, naive, strict=True)]
    return Rival(rivals[0].model, rivals[0].source, geometric_mean(ratios), any(rival.trained for rival in rivals))
