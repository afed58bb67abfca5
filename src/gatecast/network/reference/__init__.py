"""What should the native core compute? The same network, losses and optimiser in readable NumPy.

The oracle for the core's tests and for `gatecast doctor`; slow on purpose. What a layer computes stands in
`network/layers/`, one file for each kind. Letters: `B` batch, `T` time steps, `N` origins (steps that are forecast
from), `H` horizon, `J` candidates, `P` parameters of a step.
"""

from gatecast.network.reference.network import Ahead, Batch, Gradients, forward, gradients, loss_of
from gatecast.network.reference.optimizer import adam_step, clip_factor
from gatecast.network.reference.origins import loss_and_slopes, parameters
from gatecast.network.reference.panel import batch_of, candidates_at, inputs_at

__all__ = [
    "Ahead",
    "Batch",
    "Gradients",
    "adam_step",
    "batch_of",
    "candidates_at",
    "clip_factor",
    "forward",
    "gradients",
    "inputs_at",
    "loss_and_slopes",
    "loss_of",
    "parameters",
]
