"""The settings of a run; train.py assigns the vocabulary and the longest label."""

import os
from datetime import datetime

from ctckit.compat.mltu import BaseModelConfigs


class ModelConfigs(BaseModelConfigs):
    """Where the run goes, and how it trains."""

    def __init__(self):
        super().__init__()
        time = datetime.now().strftime("%Y%m%d%H%M%S")
        self.model_path = os.path.join("Models", "captcha_to_text", time)
        self.vocab = ""
        self.height = 50
        self.width = 200
        self.max_text_length = 0
        self.batch_size = 64
        self.learning_rate = 1e-3
        self.train_epochs = 1000
        self.train_workers = 2
