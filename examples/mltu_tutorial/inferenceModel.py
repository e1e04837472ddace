"""Read the images that the newest run validated with."""

import csv
import os

import cv2
import numpy as np
from tqdm import tqdm

from ctckit.compat.mltu import (
    BaseModelConfigs,
    OnnxInferenceModel,
    ctc_decoder,
    get_cer,
    get_wer,
)


class ImageToWordModel(OnnxInferenceModel):
    """Read the text of an image."""

    def __init__(self, char_list, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.char_list = char_list

    def predict(self, image):
        """Return the text of an image, uint8 (H, W, 3)."""
        image = cv2.resize(image, self.input_shapes[0][1:3][::-1])
        image_pred = np.expand_dims(image, axis=0).astype(np.float32)
        preds = self.model.run(self.output_names, {self.input_names[0]: image_pred})[0]
        return ctc_decoder(preds, self.char_list)[0]


if __name__ == "__main__":
    runs = os.path.join("Models", "captcha_to_text")
    newest = os.path.join(runs, max(os.listdir(runs)))
    configs = BaseModelConfigs.load(os.path.join(newest, "configs.yaml"))
    model = ImageToWordModel(model_path=configs.model_path, char_list=configs.vocab)

    with open(os.path.join(newest, "val.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    predictions = []
    for row in tqdm(rows):
        prediction = model.predict(cv2.imread(row["image"]))
        predictions.append(prediction)
        cer = get_cer(prediction, row["label"])
        print(f"Image: {row['image']}, Label: {row['label']}, Prediction: {prediction}, CER: {cer}")

    labels = [row["label"] for row in rows]
    print(f"Average CER: {get_cer(predictions, labels):.4f}")
    print(f"Average WER: {get_wer(predictions, labels):.4f}")
