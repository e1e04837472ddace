// From what a canvas holds to what the reader takes, as ctckit reads files: transparency over the
// ground on which it can be seen, then grey or BGR.

const STEP = 24; // the smallest difference of neighbours that counts as an outline, of 255

/** RGBA bytes (height, width, 4) to uint8 (height, width, channels): 1 is grey, 3 is BGR. */
export function toPixels({ data, width, height }, channels) {
  const colors = opaque(data, width, height);
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = [colors[0][i], colors[1][i], colors[2][i]];
    if (channels === 1) pixels[i] = Math.round(0.114 * b + 0.587 * g + 0.299 * r);
    else pixels.set([b, g, r], 3 * i);
  }
  return pixels;
}

/** The planes R, G and B over white, or over black where white would hide what is drawn. */
function opaque(rgba, width, height) {
  const planes = [0, 1, 2, 3].map((channel) =>
    Uint8Array.from({ length: width * height }, (_, i) => rgba[4 * i + channel]),
  );
  const alpha = planes.pop();
  if (alpha.every((value) => value === 255)) return planes;
  const overBlack = planes.map((plane) => plane.map((value, i) => Math.round((value * alpha[i]) / 255)));
  const overWhite = overBlack.map((plane) => plane.map((value, i) => value + 255 - alpha[i]));
  const vanishes = (_, i) => alpha[i] > STEP && overWhite.every((plane) => plane[i] > 255 - STEP);
  const isHidden = alpha.some(vanishes) && hiddenByWhite(overWhite, overBlack, alpha, width);
  return isHidden ? overBlack : overWhite;
}

/** Whether black shows the image and white does not. */
function hiddenByWhite(overWhite, overBlack, alpha, width) {
  if (contrast(overWhite) < STEP) return contrast(overBlack) >= STEP;
  let [vanishing, shown, within] = [0, 0, 0];
  for (const isDown of [true, false]) {
    for (let i = 0; i < alpha.length; i++) {
      const j = isDown ? i + width : i + 1; // the neighbour
      if (j >= alpha.length || (!isDown && j % width === 0)) continue;
      const differs = (plane) => Math.abs(plane[i] - plane[j]) >= STEP;
      const [seen, edge] = [overWhite.some(differs), differs(alpha)];
      vanishing += !seen && edge && overBlack.some(differs);
      shown += seen && edge;
      within += seen && !edge;
    }
  }
  return vanishing > shown && vanishing > 4 * within;
}

function contrast(planes) {
  return Math.max(...planes.map((plane) => plane.reduce((a, b) => Math.max(a, b)) - plane.reduce((a, b) => Math.min(a, b))));
}
