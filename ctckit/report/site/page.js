// Read what is chosen, photographed, dropped or pasted, and show it, one image after the other.

import * as ort from "./runtime/ort.wasm.bundle.min.mjs";
import { toPixels } from "./pixels.js";

const MODEL = "model.reader.onnx";
const LONGEST = 2048; // pixels of a side; photographs are made smaller, as a phone has little memory
const SMALL = 80; // images less high are shown larger

const find = (selector, within = document) => within.querySelector(selector);
const status = find("#status");
const rotate = document.body.dataset.rotate;

ort.env.wasm.numThreads = 1; // more need headers that static hosts do not send

const loading = ort.InferenceSession.create(MODEL, {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "extended", // with "all" it computes networks of a free width wrongly
});
loading.then(
  () => say("Ready."),
  (error) => say(`The reader could not be loaded: ${error.message}`, true),
);

let queue = loading; // images are read in the order in which they come

/** Read files, or other blobs, in their order. */
function give(blobs) {
  for (const blob of blobs) {
    queue = queue.then(() => read(blob)).catch((error) => say(error.message, true));
  }
}

async function read(blob) {
  const session = await loading;
  say(`Reading ${blob.name ?? "the image"} …`);
  const bitmap = await decoded(blob);
  const channels = session.inputMetadata[0].shape.at(-1);
  const canvas = drawn(bitmap);
  const { width, height } = canvas;
  const seen = find2d(canvas).getImageData(0, 0, width, height);
  const image = new ort.Tensor("uint8", toPixels(seen, channels), [1, height, width, channels]);
  const outputs = await session.run({ image });
  show(blob, canvas, places(outputs), outputs.text.data[0], outputs.confidence.data[0]);
  say("Ready.");
}

async function decoded(blob) {
  try {
    return await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  } catch {
    const received = `'${blob.name ?? blob.type}', which this browser cannot show`;
    throw new Error(`Expected an image, received ${received}; give a PNG, JPEG or WebP file.`);
  }
}

/** The bitmap on a canvas, no side of it longer than LONGEST. */
function drawn(bitmap) {
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = find2d(canvas);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function find2d(canvas) {
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** [start, end] of each character, 0…1; none of a file of earlier versions. */
function places({ ids, starts, ends }) {
  if (!starts) return [];
  const count = ids.data.filter((id) => id >= 0).length;
  return Array.from({ length: count }, (_, i) => [starts.data[i], ends.data[i]]);
}

/** Add a reading in front of the others. */
function show(blob, { width, height }, spans, text, confidence) {
  const item = find("#reading").content.cloneNode(true).firstElementChild;
  const picture = find("img", item);
  picture.src = URL.createObjectURL(blob);
  picture.alt = text ? `Image read as ${text}` : "Image in which nothing was read";
  item.classList.toggle("small", height < SMALL);
  find(".text bdo", item).textContent = text || "nothing";
  find(".text", item).classList.toggle("empty", !text);
  find("meter", item).value = confidence;
  find(".sure span", item).textContent = `${percent(confidence)} sure`;
  find(".name bdi", item).textContent = blob.name ?? "";
  mark(item, width, height, spans, [...text]);
  find("#readings").prepend(item);
  find("#read").hidden = false;
  item.scrollIntoView({ block: "nearest" });
}

/** Draw where the characters are: along the width, or the height of an image that is turned. */
function mark(item, width, height, spans, characters) {
  const isUpright = rotate === "90" || rotate === "270" || (rotate === "auto" && height > width);
  item.classList.toggle("upright", isUpright);
  const svg = find("svg", item);
  svg.setAttribute("viewBox", "0 0 1 1");
  spans.forEach(([start, end], i) => {
    const from = rotate === "90" ? 1 - end : start;
    const rect = svg.appendChild(document.createElementNS(svg.namespaceURI, "rect"));
    const along = { [isUpright ? "y" : "x"]: from, [isUpright ? "height" : "width"]: end - start };
    const across = isUpright ? { x: 0, width: 1 } : { y: 0, height: 1 };
    for (const [name, value] of Object.entries({ ...along, ...across })) rect.setAttribute(name, value);
    const letter = find(".letters", item).appendChild(document.createElement("span"));
    letter.textContent = characters[i];
    letter.style[isUpright ? "top" : "left"] = `${100 * (from + (end - start) / 2)}%`;
  });
}

/** A share of 0…1 to read; what is not quite all or nothing never looks so. */
function percent(share) {
  if (share < 0.0005) return "< 0.1\u202f%";
  if (share > 0.9995 && share < 1) return "> 99.9\u202f%";
  return `${(100 * share).toFixed(share === 1 ? 0 : 1)}\u202f%`;
}

function say(message, isBad = false) {
  status.textContent = message;
  status.classList.toggle("bad", isBad);
}

for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    give([...input.files]);
    input.value = "";
  });
}
document.addEventListener("paste", (event) => give(event.clipboardData.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  find(".drop").classList.add("over");
});
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, () => find(".drop").classList.remove("over"));
}
document.addEventListener("drop", (event) => {
  event.preventDefault();
  give([...event.dataTransfer.files]);
});
for (const button of document.querySelectorAll(".examples button")) {
  button.addEventListener("click", async () => {
    const image = find("img", button);
    const blob = await (await fetch(image.src)).blob();
    give([new File([blob], image.alt, { type: blob.type })]);
  });
}
