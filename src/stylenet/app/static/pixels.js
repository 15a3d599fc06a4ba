// From a photo to numbers, and from a painting to colours: as stylenet.images.Adjustment and
// LuminanceOnly have them.
const YIQ = [
  [0.299, 0.587, 0.114],
  [0.59590059, -0.27455667, -0.32134392],
  [0.21153661, -0.52273617, 0.31119955],
];
const RGB = inverse(YIQ);

function inverse(m) {
  const cofactor = (i, j) => {
    const [a, b] = [0, 1, 2].filter((k) => k !== i), [c, d] = [0, 1, 2].filter((k) => k !== j);
    return (m[a][c] * m[b][d] - m[a][d] * m[b][c]) * ((i + j) % 2 ? -1 : 1);
  };
  const whole = m[0].reduce((sum, value, j) => sum + value * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / whole));
}

function multiplied(a, b) {
  return a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
}

// Content and painting, three planes each in [0,1], to the pixels of a canvas.
export function finished({ content, painted, width, height }, look) {
  const { strength, keep, hue, saturation, brightness } = look, area = width * height;
  const angle = (hue * Math.PI) / 180;
  const cos = saturation * Math.cos(angle), sin = saturation * Math.sin(angle);
  const turned = multiplied(RGB, multiplied([[1, 0, 0], [0, cos, -sin], [0, sin, cos]], YIQ));
  const adjusted = hue !== 0 || saturation !== 1 || brightness !== 1;
  const bytes = new Uint8ClampedArray(4 * area);
  const mixed = [0, 0, 0], colour = [0, 0, 0];
  for (let place = 0; place < area; place++) {
    let lighter = 0;
    for (let c = 0; c < 3; c++) {
      const before = content[c * area + place];
      mixed[c] = before + strength * (painted[c * area + place] - before);
      lighter += YIQ[0][c] * (mixed[c] - before);
    }
    if (keep) {
      for (let c = 0; c < 3; c++) {
        mixed[c] = Math.min(1, Math.max(0, content[c * area + place] + lighter));
      }
    }
    for (let c = 0; c < 3; c++) {
      colour[c] = adjusted
        ? brightness * (turned[c][0] * mixed[0] + turned[c][1] * mixed[1] + turned[c][2] * mixed[2])
        : mixed[c];
      bytes[4 * place + c] = Math.round(255 * Math.min(1, Math.max(0, colour[c])));
    }
    bytes[4 * place + 3] = 255;
  }
  return new ImageData(bytes, width, height);
}

// A bitmap on a canvas, no longer than so many pixels, and its three planes.
export function scaled(bitmap, most, canvas) {
  const factor = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * factor));
  const height = Math.max(1, Math.round(bitmap.height * factor));
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white"; // what is transparent lies on white
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const bytes = context.getImageData(0, 0, width, height).data;
  const content = new Float32Array(3 * width * height);
  for (let place = 0; place < width * height; place++) {
    for (let c = 0; c < 3; c++) content[c * width * height + place] = bytes[4 * place + c] / 255;
  }
  return { content, width, height };
}
