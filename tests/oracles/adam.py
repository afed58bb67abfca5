"""How does one step of the optimiser change the weights?"""

import numpy as np

from gatecast.network.wrapper import OptimizerSettings


def clip_factor(gradient, clip_norm):
    """What a gradient is multiplied by so that its norm does not exceed `clip_norm` (Pascanu et al. 2013)."""
    norm = float(np.linalg.norm(gradient))
    return clip_norm / norm if 0 < clip_norm < norm else 1.0


def adam_step(weights, gradient, moments, step, learning_rate, settings=None, mean=None, decays=None):
    """Take one step of Adam (Kingma and Ba 2015, section 2, last paragraph), in place.

    Args:
        weights: `(n,)`.
        gradient: `(n,)`.
        moments: `(2, n)`, first and second moments; zeros before the first step.
        step: 1 for the first step.
        learning_rate: Step size before the bias correction.
        settings: Decay of the weights (decoupled, Loshchilov and Hutter 2019), memories and epsilon.
        mean: `(n,)` exponential moving average of the weights, or nothing. It forgets faster while it is young.
        decays: `(n,)` which of the weights decay, see `NetworkSpec.decays`; all when absent.
    """
    at = settings or OptimizerSettings()
    moments[0] += (gradient - moments[0]) * (1 - at.beta1)
    moments[1] += (gradient**2 - moments[1]) * (1 - at.beta2)
    rate = learning_rate * np.sqrt(1 - at.beta2**step) / (1 - at.beta1**step)
    shrunk = weights if decays is None else weights * decays
    weights -= shrunk * learning_rate * at.weight_decay + rate * moments[0] / (np.sqrt(moments[1]) + at.epsilon)
    if mean is not None:
        mean += (weights - mean) * (1 - min(at.ema_decay, step / (step + 9)))
