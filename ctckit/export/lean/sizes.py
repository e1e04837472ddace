"""Sizes of tensors that depend on a free width.

ONNX's own inference gives up at the first convolution of a free width, but not of a width that is
a number. So it is asked for several; sizes that are equal at all of them are equal.
"""

import onnx
from onnx import TensorProto, helper, shape_inference

Sizes = tuple[int | str, ...]  # each a number, or the name of a free one

# Left, right and in the middle of multiples of all usual strides: rounding shows in one of them.
_WIDTHS = 255, 256, 257, 384, 1001
_COUNTS = 2, 3, 5, 7, 11  # of images


def sizes_by_name(model: onnx.ModelProto) -> dict[str, Sizes]:
    """Return the sizes of tensors of `model`; its one input is (N, H, W, C), N and W free."""
    (image,) = model.graph.input
    dims = image.type.tensor_type.shape.dim
    names = {_COUNTS: dims[0].dim_param, _WIDTHS: dims[2].dim_param}
    tried = [_with_sizes(model, *numbers) for numbers in zip(_COUNTS, _WIDTHS, strict=True)]
    found = {}
    for name in set.intersection(*map(set, tried)):
        by_axis = zip(*(sizes[name] for sizes in tried), strict=True)
        found[name] = tuple(
            size[0] if len(set(size)) == 1 else names.setdefault(size, f"{names[_WIDTHS]}{size[0]}")
            for size in by_axis
        )
    return found


def write_sizes(model: onnx.ModelProto) -> None:
    """Name the sizes of features in `model`, whose width is free.

    Only where it sees that two tensors are of one form can onnxruntime add the second within the
    convolution that makes the first.
    """
    sizes = sizes_by_name(model)
    for node in model.graph.node:
        form = sizes.get(node.output[0], ())
        if node.op_type in ("Conv", "Add", "Relu") and len(form) == 4:
            value = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, form)
            model.graph.value_info.append(value)


def _with_sizes(model: onnx.ModelProto, count: int, width: int) -> dict[str, tuple[int, ...]]:
    """Return all sizes for so many images of that width."""
    tried = onnx.ModelProto()
    tried.CopyFrom(model)
    dims = tried.graph.input[0].type.tensor_type.shape.dim
    dims[0].dim_value, dims[2].dim_value = count, width
    tried.graph.ClearField("value_info")
    for value in tried.graph.output:
        value.type.tensor_type.ClearField("shape")
    inferred = shape_inference.infer_shapes(tried).graph
    return {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*inferred.input, *inferred.value_info)
        if all(dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim)
    }
