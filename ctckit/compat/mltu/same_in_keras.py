"""Names that are the same here and there, of objects of Keras."""

from ctckit.training.losses import CTCloss as CTCloss
from ctckit.training.metrics import CWERMetric as CWERMetric
