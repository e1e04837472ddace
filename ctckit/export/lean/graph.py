"""An ONNX graph that can be asked who makes a tensor, who uses it and what is constant."""

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Graph:
    """A view of a graph that changes it in place.

    Nodes keep their order; a node is known by its first output.
    """

    def __init__(self, proto: onnx.GraphProto) -> None:
        self._proto = proto
        self.nodes = list(proto.node)
        self._constants = {tensor.name: tensor for tensor in proto.initializer}
        self._outputs = {value.name for value in proto.output}

    def of_kind(self, *kinds: str) -> list[onnx.NodeProto]:
        """Return the nodes of some operators, in their order."""
        return [node for node in self.nodes if node.op_type in kinds]

    def maker(self, name: str, *kinds: str) -> onnx.NodeProto | None:
        """Return the node that makes tensor `name`, if it is of one of `kinds`."""
        made = (node for node in self.of_kind(*kinds) if name in node.output)
        return next(made, None) if name else None

    def users(self, name: str) -> list[onnx.NodeProto]:
        """Return the nodes that read tensor `name`."""
        return [node for node in self.nodes if name in _reads(node)]

    def only_user(self, name: str, *kinds: str) -> onnx.NodeProto | None:
        """Return the node that reads `name`, if nothing else does and it is of one of `kinds`."""
        users = self.users(name)
        alone = len(users) == 1 and name not in self._outputs
        return users[0] if alone and users[0].op_type in kinds else None

    def is_output(self, name: str) -> bool:
        """Tell whether `name` is an output of the whole graph."""
        return name in self._outputs

    def constant(self, name: str) -> np.ndarray | None:
        """Return the value of tensor `name`, if it is constant."""
        tensor = self._constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)

    def integers(self, name: str) -> list[int] | None:
        """Return the values of a constant of integers."""
        value = self.constant(name)
        whole = value is not None and value.dtype.kind == "i"
        return value.reshape(-1).tolist() if whole else None

    def add_constant(self, name: str, value: np.ndarray) -> str:
        """Add a constant; return its name, which is made one of its own."""
        while name in self._constants:
            name += "_"
        self._constants[name] = numpy_helper.from_array(np.array(value), name)
        return name

    def insert_after(self, node: onnx.NodeProto, nodes: Iterable[onnx.NodeProto]) -> None:
        """Put nodes behind `node`."""
        place = self._place(node) + 1
        self.nodes[place:place] = nodes

    def insert_before(self, node: onnx.NodeProto, nodes: Iterable[onnx.NodeProto]) -> None:
        """Put nodes in front of `node`."""
        place = self._place(node)
        self.nodes[place:place] = nodes

    def replace(self, node: onnx.NodeProto, nodes: Iterable[onnx.NodeProto]) -> None:
        """Put nodes where `node` is; one of them makes what it made."""
        place = self._place(node)
        self.nodes[place : place + 1] = nodes

    def redirect(self, old: str, new: str) -> None:
        """Let the nodes that read tensor `old` read `new`; inner graphs stay as they are."""
        for node in self.nodes:
            for index, name in enumerate(node.input):
                if name == old:
                    node.input[index] = new

    def prune(self) -> None:
        """Leave out the nodes that nothing uses."""
        needed, kept = set(self._outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(_reads(node))
        self.nodes = kept[::-1]

    def write(self) -> None:
        """Write nodes and constants back, those that are used."""
        self.prune()
        used = set().union(*map(_reads, self.nodes)) | self._outputs
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in self.nodes]
        constants = [tensor for name, tensor in self._constants.items() if name in used]
        tensors = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in constants]
        self._proto.ClearField("node")
        self._proto.ClearField("initializer")
        self._proto.node.extend(nodes)
        self._proto.initializer.extend(tensors)

    def _place(self, node: onnx.NodeProto) -> int:
        return next(place for place, other in enumerate(self.nodes) if other is node)


def _reads(node: onnx.NodeProto) -> set[str]:
    """Return the names that a node reads, those in the graphs of a loop or a choice with them."""
    inner = (helper.get_attribute_value(item) for item in node.attribute if item.HasField("g"))
    return set(node.input).union(*(_reads(part) for graph in inner for part in graph.node))


def attribute(node: onnx.NodeProto, name: str, default=None):
    """Return the value of an attribute of `node`."""
    found = (helper.get_attribute_value(item) for item in node.attribute if item.name == name)
    return next(found, default)


def permutation(node: onnx.NodeProto | None) -> tuple[int, ...]:
    """Return that of a Transpose; of no node, none."""
    return () if node is None else tuple(attribute(node, "perm", ()))
