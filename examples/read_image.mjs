// Read the text of PNG images with the reader form of a model, without any Python:
//
//     npm install onnxruntime-web pngjs
//     node read_image.mjs model.reader.onnx a.png b.png
//
// prints file, text and confidence, separated by tabs. In a browser, take the pixels of a canvas
// (getImageData) in place of pngjs's; the rest is the same.

import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { PNG } from "pngjs";

const [model, ...files] = process.argv.slice(2);
const session = await ort.InferenceSession.create(readFileSync(model), {
  graphOptimizationLevel: "extended", // with "all" it computes networks of a free width wrongly
});
const channels = session.inputMetadata[0].shape.at(-1);

for (const file of files) {
  const { width, height, data } = PNG.sync.read(readFileSync(file));
  const pixels = opaque(data, channels);
  const image = new ort.Tensor("uint8", pixels, [1, height, width, channels]);
  const { text, confidence } = await session.run({ image });
  console.log([file, text.data[0], confidence.data[0].toFixed(6)].join("\t"));
}

/** RGBA over white, as grey (1 channel) or as BGR (3), the orders that the model knows. */
function opaque(rgba, channels) {
  const pixels = new Uint8Array((rgba.length / 4) * channels);
  for (let i = 0; i < rgba.length / 4; i++) {
    const [r, g, b, a] = rgba.subarray(4 * i, 4 * i + 4);
    const bgr = [b, g, r].map((value) => Math.round((value * a) / 255) + 255 - a);
    const grey = Math.round(0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2]);
    pixels.set(channels === 1 ? [grey] : bgr, i * channels);
  }
  return pixels;
}
