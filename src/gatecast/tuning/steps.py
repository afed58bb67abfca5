"""Which single changes of the settings are worth a try before everything is changed at once?"""

from __future__ import annotations

from gatecast.model.settings import Value, Values
from gatecast.tuning.space import Choice, Range, Space

__all__ = ["ORDER", "single_steps"]

# those that most often help come first, since a search may end at any time
ORDER = (
    "learning_rate",
    "hidden_size",
    "lookback",
    "epochs",
    "transform",
    "loss",
    "n_layers",
    "dropout",
    "batch_size",
    "weight_decay",
)
FACTOR = 2.0


def single_steps(space: Space, values: Values) -> list[tuple[str, Value]]:
    """Return settings with another value each: twice and half of what they are, or another choice.

    First one step of each setting, then the next of each. Settings that are not known (chosen during a fit) are left
    to the sampler, but for choices, of which each is another value.

    Examples:
        >>> space = {"lookback": Range(4, 60, log=True, whole=True), "loss": Choice(("mae", "mse"))}
        >>> single_steps(space, {"lookback": 24, "loss": "mae"})
        [('lookback', 48), ('loss', 'mse'), ('lookback', 12)]
    """
    named = [name for name in ORDER if name in space] + [name for name in space if name not in ORDER]
    steps = [[(name, value) for value in _others(space[name], values.get(name))] for name in named]
    longest = max(map(len, steps), default=0)
    return [step[k] for k in range(longest) for step in steps if k < len(step)]


def _others(entry: Range | Choice, now: Value) -> list[Value]:
    if isinstance(entry, Choice):
        return [value for value in entry.values if value != now]
    if now is None:
        return []
    if not entry.log:
        # whole numbers one by one, shares to the middle
        wanted = [now + 1, now - 1] if entry.whole else [(entry.low + entry.high) / 2]
    else:
        wanted = [now * FACTOR, now / FACTOR]
    kept = [min(max(value, entry.low), entry.high) for value in wanted]
    whole = [round(value) if entry.whole else float(value) for value in kept]
    return [value for value in dict.fromkeys(whole) if value != now]
