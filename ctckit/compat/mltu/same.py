"""Names that are the same here and there, and need no Keras."""

from ctckit.augment.geometric import RandomRotate as RandomRotate
from ctckit.augment.sharpness import RandomSharpen as RandomSharpen
from ctckit.augment.stroke import RandomErodeDilate as RandomErodeDilate
from ctckit.augment.tone import RandomBrightness as RandomBrightness
from ctckit.text.error_rates import get_cer as get_cer
from ctckit.text.error_rates import get_wer as get_wer
from ctckit.text.greedy import ctc_decoder as ctc_decoder
