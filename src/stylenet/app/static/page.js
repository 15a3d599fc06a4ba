// One photo, painted by a net that came with this page. Colours as stylenet.images.Adjustment and
// LuminanceOnly have them.
const YIQ = [
  [0.299, 0.587, 0.114],
  [0.59590059, -0.27455667, -0.32134392],
  [0.21153661, -0.52273617, 0.31119955],
];
const RGB = inverse(YIQ);
const MOST = 64e6; // pixels of a photo

const at = (id) => document.getElementById(id);
const say = (words) => { at("said").textContent = words; };
const worker = new Worker("worker.js", { type: "module" });
const waiting = new Map();
const paintings = new Map(); // of this photo, by style and size
let photo = null; // { bitmap, name }
let shown = null; // { content, painted, width, height, style }
let turn = 0;
let jobs = 0;
let nets = null; // by style, once they have been loaded

worker.onmessage = ({ data: { id, painted, error } }) => {
  const { done, failed } = waiting.get(id);
  waiting.delete(id);
  if (error) failed(new Error(error)); else done(painted);
};
worker.onerror = () => say("This browser cannot run the painter. Use a newer one.");

// of the worker: what it paints, or nothing where there are no pixels, once it can paint
function asked(job) {
  const id = ++jobs;
  return new Promise((done, failed) => {
    waiting.set(id, { done, failed });
    worker.postMessage({ id, ...job });
  });
}

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
function finished({ content, painted, width, height }) {
  const [strength, hue, saturation, brightness] =
    ["strength", "hue", "saturation", "brightness"].map((id) => Number(at(id).value));
  const keep = at("keep").checked, area = width * height;
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

function scaled(bitmap, most) {
  const factor = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * factor));
  const height = Math.max(1, Math.round(bitmap.height * factor));
  const canvas = at("before");
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

function draw() {
  if (!shown) return;
  const canvas = at("after");
  [canvas.width, canvas.height] = [shown.width, shown.height];
  canvas.getContext("2d").putImageData(finished(shown), 0, 0);
  at("stage").hidden = at("curtain").hidden = false;
  at("jpeg").disabled = at("png").disabled = false;
}

async function show() {
  if (!photo || !nets) return;
  const mine = ++turn, style = at("style").value, size = Number(at("size").value);
  const key = `${style} ${size}`;
  try {
    say(`Painting in ${style}.`);
    if (!paintings.has(key)) {
      const { content, width, height } = scaled(photo.bitmap, size);
      const begun = performance.now();
      const painted = await asked({ name: style, net: nets.get(style), pixels: content, width, height });
      const seconds = ((performance.now() - begun) / 1000).toFixed(2);
      if (mine !== turn) return; // another photo, style or size was chosen meanwhile
      paintings.set(key, { content, painted, width, height, style, seconds });
    } else {
      scaled(photo.bitmap, size);
    }
    shown = paintings.get(key);
    draw();
    say(`${style}, ${shown.width} x ${shown.height} pixels, ${shown.seconds} s`);
  } catch (error) {
    say(`It could not be painted (${error.message}). Choose a smaller size.`);
  }
}

async function take(file) {
  if (!file) return;
  try {
    const bitmap = await createImageBitmap(file); // upright, as its EXIF says
    if (bitmap.width * bitmap.height > MOST) {
      say(`${file.name} has more than ${MOST / 1e6} megapixels. Choose a smaller photo.`);
      return;
    }
    photo = { bitmap, name: file.name.replace(/\.[^.]*$/, "") };
    paintings.clear();
    await show();
  } catch {
    say(`${file.name} is no picture that this browser can read. Use a JPEG or PNG file.`);
  }
}

function download(kind, suffix) {
  at("after").toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${photo.name}_${shown.style}${suffix}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, kind, 0.95);
}

at("photo").addEventListener("change", () => take(at("photo").files[0]));
for (const id of ["style", "size"]) at(id).addEventListener("change", show);
for (const id of ["strength", "keep", "hue", "saturation", "brightness"]) {
  at(id).addEventListener("input", draw);
}
at("split").addEventListener("input", () => {
  at("stage").style.setProperty("--split", `${at("split").value}%`);
});
at("jpeg").addEventListener("click", () => download("image/jpeg", ".jpg"));
at("png").addEventListener("click", () => download("image/png", ".png"));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files[0]);
  });
}
document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));

// all is fetched at once, so that the page goes on without a network
try {
  const styles = await (await fetched("styles.json")).json();
  for (const { name, title } of styles) at("style").add(new Option(title, name));
  const files = styles.map(async ({ name, file }) => [name, await (await fetched(file)).arrayBuffer()]);
  nets = new Map(await Promise.all(files));
  await asked({ name: styles[0].name, net: nets.get(styles[0].name) });
  say("Choose a photo.");
  show();
} catch (error) {
  say(`The page could not be loaded (${error.message}). Load it again.`);
}

async function fetched(file) {
  const found = await fetch(file);
  if (!found.ok) throw new Error(`${file}: ${found.status}`);
  return found;
}
