"""From which file does a fit go on, and into which one does it write what is unfinished?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gatecast._files import fingerprint
from gatecast._validation import check_path

if TYPE_CHECKING:
    from gatecast.data.panel.panel import Panel
    from gatecast.model.settings import Settings
    from gatecast.training.checkpoint import Checkpoint

__all__ = ["make_checkpoint"]

# these have no effect on the result and may differ
FREE = ("checkpoint", "checkpoint_seconds", "max_seconds", "n_threads", "progress")


def make_checkpoint(settings: Settings, panel: Panel, resume: str | os.PathLike[str] | None) -> Checkpoint | None:
    """Return where a fit is kept, with what `resume` holds of it; None where nothing was asked for.

    Raises:
        ModelFileError: `resume` is no checkpoint of this fit.
    """
    if settings.checkpoint is None and resume is None:
        return None
    from gatecast.training.checkpoint import Checkpoint

    kept = {name: value for name, value in settings.values().items() if name not in FREE}
    columns = [*panel.past.values(), *panel.future.values(), *panel.static.values()]
    facts = [panel.values, panel.offsets, panel.ids, panel.starts.astype(np.int64), *columns]
    checkpoint = Checkpoint(settings.checkpoint, settings.checkpoint_seconds, fingerprint(kept, facts))
    if resume is not None:
        check_path("resume", resume)
        checkpoint.load(resume)
    return checkpoint
