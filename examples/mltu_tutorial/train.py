"""Train the tutorial's network on captchas.

In the shape of mltu's tutorial for TensorFlow; what it imported from mltu comes from
ctckit.compat.mltu. Two lines are new, and marked so.
"""

import os

import keras
from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, TensorBoard

from configs import ModelConfigs
from ctckit.compat.mltu import (
    CTCloss,
    CVImage,
    CWERMetric,
    DataProvider,
    ImageReader,
    ImageResizer,
    LabelIndexer,
    LabelPadding,
    Model2onnx,
    RandomBrightness,
    RandomErodeDilate,
    RandomRotate,
    TrainLogger,
)
from ctckit.sources import fetch_captcha_images
from model import train_model

dataset_path = os.path.join("Datasets", "captcha_images_v2")
if not os.path.exists(dataset_path):
    fetch_captcha_images("Datasets")

# All images, their labels, and what characters these have.
dataset, vocab, max_len = [], set(), 0
for file in sorted(os.listdir(dataset_path)):
    label = os.path.splitext(file)[0]  # the name of the file is its label
    dataset.append([os.path.join(dataset_path, file), label])
    vocab.update(label)
    max_len = max(max_len, len(label))

configs = ModelConfigs()
configs.vocab = "".join(sorted(vocab))
configs.max_text_length = max_len
configs.save()

data_provider = DataProvider(
    dataset=dataset,
    skip_validation=True,
    batch_size=configs.batch_size,
    data_preprocessors=[ImageReader(CVImage)],
    transformers=[
        ImageResizer(configs.width, configs.height),
        LabelIndexer(configs.vocab),
        LabelPadding(max_word_length=configs.max_text_length, padding_value=len(configs.vocab)),
    ],
    workers=configs.train_workers,  # new: Keras 3 has no fit(workers=…)
)

train_data_provider, val_data_provider = data_provider.split(split=0.9)
train_data_provider.augmentors = [RandomBrightness(), RandomRotate(), RandomErodeDilate()]

model = train_model(
    input_dim=(configs.height, configs.width, 3),
    output_dim=len(configs.vocab),
)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=configs.learning_rate),
    loss=CTCloss(),
    metrics=[CWERMetric(padding_token=len(configs.vocab))],
)
model.summary(line_length=110)

model_file = f"{configs.model_path}/model.keras"  # new: Keras 3 writes .keras, not .h5
earlystopper = EarlyStopping(monitor="val_CER", patience=50, verbose=1, mode="min")
checkpoint = ModelCheckpoint(
    model_file, monitor="val_CER", verbose=1, save_best_only=True, mode="min"
)
train_logger = TrainLogger(configs.model_path)
tensorboard = TensorBoard(f"{configs.model_path}/logs", update_freq=1)
reduce_lr = ReduceLROnPlateau(
    monitor="val_CER", factor=0.9, min_delta=1e-10, patience=20, verbose=1, mode="min"
)
model2onnx = Model2onnx(model_file, metadata={"vocab": configs.vocab})

model.fit(
    train_data_provider,
    validation_data=val_data_provider,
    epochs=configs.train_epochs,
    callbacks=[earlystopper, checkpoint, train_logger, reduce_lr, tensorboard, model2onnx],
)

train_data_provider.to_csv(os.path.join(configs.model_path, "train.csv"))
val_data_provider.to_csv(os.path.join(configs.model_path, "val.csv"))
