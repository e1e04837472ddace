"""What the reader form puts around a network: functions in ONNX's textual syntax.

Syntax: https://onnx.ai/onnx/repo-docs/Syntax.html. Operators: https://onnx.ai/onnx/operators/.
Types in attributes `to` are those of TensorProto: 1 float32, 6 int32, 7 int64, 11 float64.
"""

from ctckit.export.reader_functions.decoding import CALIBRATE, DECODE, FORWARD, LATTICE
from ctckit.export.reader_functions.free_width import (
    JOIN_PAIRS_OF_ANY_NUMBER,
    ONE_BY_ONE_OF_ANY_LENGTH,
    SCALE,
    SPELL_ANY_LENGTH,
)
from ctckit.export.reader_functions.places import SHARES
from ctckit.export.reader_functions.resizing import FIT, RESIZE, STRETCH, WEIGHTS
from ctckit.export.reader_functions.text import (
    DOMAIN,
    JOIN_PAIRS,
    OF_WINNER,
    ONE_BY_ONE,
    ONLY_COLUMN,
    SPELL,
    VOTE,
)
from ctckit.export.reader_functions.turning import TURN_90, TURN_270, TURN_AUTO

__all__ = ["DOMAIN", "FUNCTIONS"]

FUNCTIONS = (
    *(TURN_90, TURN_270, TURN_AUTO),
    *(STRETCH, FIT, RESIZE, WEIGHTS),
    *(DECODE, LATTICE, FORWARD, CALIBRATE),
    *(ONE_BY_ONE, VOTE, OF_WINNER, SHARES),
    *(SPELL, JOIN_PAIRS, ONLY_COLUMN),
    *(SCALE, ONE_BY_ONE_OF_ANY_LENGTH, SPELL_ANY_LENGTH, JOIN_PAIRS_OF_ANY_NUMBER),
)
