"""Which kinds of layers are there? Each is registered here under its name."""

from gatecast.network.layers.base import Layer
from gatecast.network.layers.feedforward import Attention, Dense, Dropout, Norm
from gatecast.network.layers.recurrent import Bidirectional, Gru, Lstm

__all__ = ["LAYERS", "Layer"]

LAYERS: dict[str, type[Layer]] = {
    "lstm": Lstm,
    "gru": Gru,
    "bidirectional": Bidirectional,
    "dropout": Dropout,
    "norm": Norm,
    "attention": Attention,
    "dense": Dense,
}
