"""Which kinds of layers are there? Each in a file of its own, registered here under its name."""

from gatecast.network.layers.attention import Attention
from gatecast.network.layers.base import Layer, Weights, sigmoid
from gatecast.network.layers.bidirectional import Bidirectional
from gatecast.network.layers.dense import Dense
from gatecast.network.layers.dropout import Dropout
from gatecast.network.layers.gru import Gru
from gatecast.network.layers.lstm import Lstm
from gatecast.network.layers.norm import Norm

__all__ = ["LAYERS", "Layer", "Weights", "sigmoid"]

LAYERS: dict[str, type[Layer]] = {
    "lstm": Lstm,
    "gru": Gru,
    "bidirectional": Bidirectional,
    "dropout": Dropout,
    "norm": Norm,
    "attention": Attention,
    "dense": Dense,
}
