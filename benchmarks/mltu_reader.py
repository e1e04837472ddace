"""mltu's own inference loop, as its captcha tutorial has it."""

import cv2
import numpy as np
from mltu.inferenceModel import OnnxInferenceModel
from mltu.utils.text_utils import ctc_decoder


class MltuReader(OnnxInferenceModel):
    """The tutorial's ImageToWordModel."""

    def __init__(self, char_list: str, model_path: str) -> None:
        super().__init__(model_path, force_cpu=True)
        self.char_list = char_list

    def predict(self, image: np.ndarray) -> str:
        """Resize, run and decode one image."""
        image = cv2.resize(image, self.input_shapes[0][1:3][::-1])
        if self.input_shapes[0][3] == 1:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
        batch = np.expand_dims(image, axis=0).astype(np.float32)
        predictions = self.model.run(self.output_names, {self.input_names[0]: batch})[0]
        return ctc_decoder(predictions, self.char_list)[0]
