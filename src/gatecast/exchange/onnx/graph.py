"""How are formulas written into an ONNX graph? `Graph` collects nodes, `Node` is an array that the graph will compute.

Nodes are combined by Python's operators, so that a formula reads as it does in NumPy. Numbers and arrays in a formula
become constants of the other operand's type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Array", "Graph", "Node", "Operand"]

Array = np.ndarray
Operand: TypeAlias = "Node | Array | float"


@dataclass(eq=False)
class Node:
    """An array that a graph computes."""

    graph: Graph
    name: str
    dtype: np.dtype[Any]

    def __add__(self, other: Operand) -> Node:
        return self.graph.op("Add", self, other)

    def __radd__(self, other: Operand) -> Node:
        return self.graph.op("Add", other, self)

    def __sub__(self, other: Operand) -> Node:
        return self.graph.op("Sub", self, other)

    def __rsub__(self, other: Operand) -> Node:
        return self.graph.op("Sub", other, self)

    def __mul__(self, other: Operand) -> Node:
        return self.graph.op("Mul", self, other)

    def __rmul__(self, other: Operand) -> Node:
        return self.graph.op("Mul", other, self)

    def __truediv__(self, other: Operand) -> Node:
        """Divide; whole numbers without the remainder."""
        return self.graph.op("Div", self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        return self.graph.op("Div", other, self)

    def __matmul__(self, other: Operand) -> Node:
        return self.graph.op("MatMul", self, other)

    def __lt__(self, other: Any) -> Node:
        return self.graph.op("Less", self, other, dtype=bool)

    def __le__(self, other: Any) -> Node:
        return self.graph.op("LessOrEqual", self, other, dtype=bool)

    def __gt__(self, other: Any) -> Node:
        return self.graph.op("Greater", self, other, dtype=bool)

    def __ge__(self, other: Any) -> Node:
        return self.graph.op("GreaterOrEqual", self, other, dtype=bool)

    def __and__(self, other: Node) -> Node:
        return self.graph.op("And", self, other)

    def __or__(self, other: Node) -> Node:
        return self.graph.op("Or", self, other)

    def __invert__(self) -> Node:
        return self.graph.op("Not", self)

    def equals(self, other: Operand) -> Node:
        """Compare element by element."""
        return self.graph.op("Equal", self, other, dtype=bool)

    def map(self, kind: str) -> Node:
        """Apply an operator of one input, such as `Tanh`, element by element."""
        return self.graph.op(kind, self)

    def cast(self, dtype: Any) -> Node:
        """Return the same numbers in another type."""
        wanted = np.dtype(dtype)
        return self if wanted == self.dtype else self.graph.op("Cast", self, dtype=wanted, to=_code(wanted))

    def reduce(self, kind: str, axis: int) -> Node:
        """Reduce an axis, which stays with length 1, by `Sum`, `Mean`, `Max` or `Min`."""
        return self.graph.op(f"Reduce{kind}", self, np.array([axis]), keepdims=1)

    def cut(self, axis: int, start: int = 0, stop: int = np.iinfo(np.int64).max) -> Node:
        """Take the positions [start, stop) of an axis; negative ones count from its end."""
        return self.graph.op("Slice", self, *(np.array([place]) for place in (start, stop, axis)))

    def take(self, positions: Node | Array, axis: int) -> Node:
        """Take positions, all inside, along an axis."""
        return self.graph.op("Gather", self, self.graph.node(positions, np.int64), axis=axis)

    def reshape(self, *shape: int | Node) -> Node:
        """Return the same numbers in another shape; nodes are lengths `(1,)` that are known when the graph runs."""
        whole = [self.graph.node(np.array([n]) if isinstance(n, int) else n, np.int64) for n in shape]
        joined = np.array(shape) if all(isinstance(n, int) for n in shape) else self.graph.concat(whole, 0)
        return self.graph.op("Reshape", self, joined)

    def swap(self, *axes: int) -> Node:
        """Put the axes into another order."""
        return self.graph.op("Transpose", self, perm=list(axes))

    def unsqueeze(self, axis: int) -> Node:
        """Insert an axis of length 1."""
        return self.graph.op("Unsqueeze", self, np.array([axis]))

    def squeeze(self, axis: int) -> Node:
        """Leave out an axis of length 1."""
        return self.graph.op("Squeeze", self, np.array([axis]))

    def length(self, axis: int) -> Node:
        """Return how long an axis is, `(1,)` int64."""
        return self.graph.op("Shape", self, dtype=np.int64, start=axis, end=axis + 1)

    def running_sum(self, axis: int) -> Node:
        """Add up along an axis."""
        return self.graph.op("CumSum", self, np.array(axis))


@dataclass
class Graph:
    """Nodes and constants of a graph, in the order of their computation."""

    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[int, ...], bytes], Node] = field(default_factory=dict)

    def node(self, value: Operand, dtype: Any = None) -> Node:
        """Return a node as it is, and a number or an array as a constant of a type; equal ones are kept once."""
        if isinstance(value, Node):
            return value
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            name = f"constant_{len(self.constants)}"
            self.constants[name] = array
            self._known[key] = Node(self, name, array.dtype)
        return self._known[key]

    def op(self, kind: str, *inputs: Operand, dtype: Any = None, unused: int = 0, **attributes: Any) -> Node:
        """Add an operator; returns its first output, of the first input's type unless another one is named.

        `unused` is how many outputs it must have beside that one.
        """
        from onnx import helper

        first = next((one.dtype for one in inputs if isinstance(one, Node)), None)
        nodes = [self.node(one, _constant_type(one, first)) for one in inputs]
        name = f"{kind}_{len(self.nodes)}"
        names = [name, *(f"{name}_{n}" for n in range(unused))]
        self.nodes.append(helper.make_node(kind, [one.name for one in nodes], names, **attributes))
        return Node(self, name, np.dtype(nodes[0].dtype if dtype is None else dtype))

    def output(self, node: Node, name: str) -> None:
        """Give out a node under a name."""
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [node.name], [name]))

    def needed(self, outputs: Iterable[str]) -> tuple[list[Any], dict[str, Array]]:
        """Return the nodes and constants that some outputs depend on."""
        names, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if names & set(node.output):
                names |= set(node.input)
                nodes.append(node)
        return nodes[::-1], {name: array for name, array in self.constants.items() if name in names}

    def where(self, condition: Node, yes: Operand, no: Operand) -> Node:
        """Take one or the other, element by element."""
        dtype = next(one.dtype for one in (yes, no) if isinstance(one, Node))
        yes, no = self.node(yes, dtype), self.node(no, dtype)
        if dtype.kind == "b":
            # runtimes choose between numbers alone
            return (condition & yes) | (~condition & no)
        return self.op("Where", condition, yes, no, dtype=dtype)

    def least(self, one: Operand, other: Operand) -> Node:
        """Return the smaller ones, element by element."""
        return self.op("Min", one, other)

    def most(self, one: Operand, other: Operand) -> Node:
        """Return the larger ones, element by element."""
        return self.op("Max", one, other)

    def concat(self, parts: Sequence[Node], axis: int) -> Node:
        """Join along an axis."""
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=axis)

    def arange(self, n: Node, start: int = 0) -> Node:
        """Count from `start` up to n `(1,)`, which is left out."""
        return self.op("Range", np.array(start), n.squeeze(0), np.array(1), dtype=np.int64)

    def zeros(self, *shape: Node, dtype: Any) -> Node:
        """Return zeros of a shape that is known when the graph runs; each length is `(1,)`."""
        from onnx import numpy_helper

        value = numpy_helper.from_array(np.zeros(1, dtype))
        return self.op("ConstantOfShape", self.concat(shape, 0), dtype=dtype, value=value)


def _constant_type(value: Operand, like: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """Return the type of a constant: that of the node beside it, but places and lengths stay whole numbers."""
    if isinstance(value, Node) or like is None:
        return None
    is_place = isinstance(value, np.ndarray) and value.dtype == np.int64
    return np.dtype(np.int64) if is_place else like


def _code(dtype: np.dtype[Any]) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(dtype))
