"""Graphs that waste nothing: what the converter leaves is simplified, the numbers stay."""

from collections.abc import Callable, Iterable
from functools import partial

import onnx

from ctckit.export.lean.factors import (
    constants_last,
    fold_backwards,
    fold_forwards,
    fold_into_convolutions,
    merge_sums,
)
from ctckit.export.lean.graph import Graph
from ctckit.export.lean.masks import mask_after_reshaping, merge_strides
from ctckit.export.lean.rectifiers import mask_before_rectifiers
from ctckit.export.lean.recurrence import drop_zero_states, join_directions
from ctckit.export.lean.shapes import (
    merge_reshapes,
    merge_transposes,
    reshape_before_changes,
    write_forms,
)
from ctckit.export.lean.sizes import sizes_by_name, write_sizes

__all__ = ["make_lean"]

_FOLDING = (
    drop_zero_states,
    join_directions,
    write_forms,
    constants_last,
    fold_forwards,
    fold_backwards,
    fold_into_convolutions,
    merge_sums,
)
_MASKS = mask_after_reshaping, mask_before_rectifiers
_MERGING = merge_strides, merge_reshapes, reshape_before_changes, merge_transposes


def make_lean(model: onnx.ModelProto) -> None:
    """Simplify the graph of `model`, from images (N, H, W, C) to probabilities, in place.

    Each step knows one form that the converter gives; what has another form is left alone.
    """
    width_is_free = bool(model.graph.input[0].type.tensor_type.shape.dim[2].dim_param)
    graph = Graph(model.graph)
    _take(graph, _FOLDING)
    if width_is_free:
        graph.write()
        sizes = sizes_by_name(model)
        _take(graph, [partial(step, sizes=sizes) for step in _MASKS])
    _take(graph, _MERGING)
    graph.write()
    if width_is_free:
        write_sizes(model)


def _take(graph: Graph, steps: Iterable[Callable[[Graph], None]]) -> None:
    for step in steps:
        step(graph)
        graph.prune()  # the next step sees no user that nobody uses
