// One photo, painted by a net that came with this page.
import { finished, scaled } from "./pixels.js";

const MOST = 64e6; // pixels of a photo
const KEPT = 8; // paintings of it
const MIXTURE = ""; // among the styles

const at = (id) => document.getElementById(id);
const say = (words) => { at("said").textContent = words; };
const worker = new Worker("worker.js", { type: "module" });
const waiting = new Map();
const paintings = new Map(); // of this photo, by style and size; the newest last
let photo = null; // { bitmap, name }
let shown = null; // a painting: { content, painted, width, height, words, title, seconds, how }
let jobs = 0;
let nets = null; // by file, once they have been loaded
let styles = null; // by name: { title, called, file }
let mixture = null; // what styles.json says of it, with the values of each style; or nothing
let painting = null; // what goes on, as a promise
let wanted = false; // whether something changed meanwhile

worker.onmessage = ({ data: { id, painted, without, error } }) => {
  const { done, failed } = waiting.get(id);
  waiting.delete(id);
  if (error) failed(new Error(error)); else done({ painted, without });
};
worker.onerror = () => say("This browser cannot run the painter. Use a newer one.");

// of the worker: what it paints, or nothing where there are no pixels, once it can paint; and why
// without WebGPU, where that was wanted
function asked(job) {
  const id = ++jobs;
  return new Promise((done, failed) => {
    waiting.set(id, { done, failed });
    worker.postMessage({ id, ...job });
  });
}

function draw() {
  if (!shown) return;
  const canvas = at("after");
  const values = ["strength", "hue", "saturation", "brightness"].map((id) => [id, Number(at(id).value)]);
  const look = { ...Object.fromEntries(values), keep: at("keep").checked };
  [canvas.width, canvas.height] = [shown.width, shown.height];
  canvas.getContext("2d").putImageData(finished(shown, look), 0, 0);
  at("stage").hidden = at("curtain").hidden = false;
  at("jpeg").disabled = at("png").disabled = false;
}

// What the controls say: in words, as a title for files, a key of its own, the net's file, and the
// inputs of mixtures; null if nothing.
function chosen() {
  const style = at("style").value;
  if (style !== MIXTURE) {
    const { called, file } = styles.get(style);
    return { words: called, title: style, key: style, file, inputs: [] };
  }
  const weights = mixture.styles.map((name) => Number(at(`weight_${name}`).value));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  if (!whole) return null;
  const parts = mixture.styles
    .map((name, n) => ({ name, percent: Math.round((100 * weights[n]) / whole), weight: weights[n] }))
    .filter(({ weight }) => weight);
  const values = new Float32Array(mixture.values[0].length);
  mixture.values.forEach((row, n) => row.forEach((value, k) => { values[k] += (weights[n] / whole) * value; }));
  let begin = 0;
  const inputs = mixture.inputs.map(([name, shape]) => {
    const count = shape.reduce((product, side) => product * side, 1);
    return { name, shape, values: values.slice(begin, begin += count) };
  });
  return {
    words: parts.map(({ name, percent }) => `${percent}% ${styles.get(name).called}`).join(" and "),
    title: parts.map(({ name, percent }) => `${name}_${percent}`).join("_and_"),
    key: weights.join(),
    file: mixture.file,
    inputs,
  };
}

// paints what is wanted; of what changes meanwhile only the last
async function show() {
  wanted = true;
  while (wanted) {
    if (painting) {
      await painting;
    } else {
      wanted = false;
      painting = paint();
      await painting;
      painting = null;
    }
  }
}

async function paint() {
  if (!photo || !nets) return;
  const mine = photo, size = Number(at("size").value), graphics = at("webgpu").checked;
  try {
    const choice = chosen();
    if (!choice) return say("Give one of the styles a weight above 0.");
    const { words, title, file, inputs } = choice;
    const key = `${choice.key} ${size} ${graphics}`;
    const { content, width, height } = scaled(mine.bitmap, size, at("before"));
    if (!paintings.has(key)) {
      say(`Painting: ${words}.`);
      const begun = performance.now();
      const job = { file, net: nets.get(file), inputs, pixels: content, width, height, graphics };
      const { painted, without } = await asked(job);
      const seconds = ((performance.now() - begun) / 1000).toFixed(2);
      if (mine !== photo) return;
      if (without) at("webgpu").checked = false;
      const how = without ? `. Not by WebGPU: ${without}` : graphics ? ", by WebGPU" : "";
      paintings.set(key, { content, painted, width, height, words, title, seconds, how });
      if (paintings.size > KEPT) paintings.delete(paintings.keys().next().value);
    }
    if (wanted) return;
    shown = paintings.get(key);
    draw();
    say(`${shown.words}, ${shown.width} x ${shown.height} pixels, ${shown.seconds} s${shown.how}`);
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
    link.download = `${photo.name}_${shown.title}${suffix}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, kind, 0.95);
}

at("photo").addEventListener("change", () => take(at("photo").files[0]));
for (const id of ["style", "size", "webgpu"]) at(id).addEventListener("change", show);
for (const id of ["strength", "keep", "hue", "saturation", "brightness"]) {
  at(id).addEventListener("input", draw);
}
at("reset_all").addEventListener("click", () => {
  for (const control of at("controls").elements) { // not the photo, which reset() would take, too
    if (control.type === "checkbox") control.checked = control.defaultChecked;
    else if (control.type === "range") control.value = control.defaultValue;
    else if (control.options) control.selectedIndex = Math.max(0, [...control.options].findIndex((o) => o.defaultSelected));
  }
  at("style").dispatchEvent(new Event("change"));
});
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
  const about = JSON.parse(new TextDecoder().decode(await fetched("styles.json")));
  for (const { name, title } of about.styles) at("style").add(new Option(title, name));
  styles = new Map(about.styles.map((style) => [style.name, style]));
  const all = [...about.styles.map(({ file }) => file), ...(about.mixture ? [about.mixture.file] : [])];
  at("graphics").hidden = !about.webgpu;
  nets = new Map(await Promise.all(all.map(async (file) => [file, await fetched(file)])));
  if (about.mixture) await offer(about);
  await asked({ file: all[0], net: nets.get(all[0]) });
  say("Choose a photo.");
  show();
  await keep();
} catch (error) {
  say(`The page could not be loaded (${error.message}). Load it again.`);
}

// a mixture among the styles, and a slider for each style of it
async function offer({ mixture: found }) {
  const values = new Float32Array(await fetched(found.values)); // little endian, as all that run this
  const count = values.length / found.styles.length;
  mixture = { ...found, values: found.styles.map((_, n) => values.subarray(n * count, (n + 1) * count)) };
  at("style").add(new Option("A mixture", MIXTURE));
  found.styles.forEach((name, n) => {
    const label = document.createElement("label"), slider = document.createElement("input");
    label.append(`Weight of ${styles.get(name).title} `, slider);
    Object.assign(slider, { id: `weight_${name}`, type: "range", min: 0, max: 1, step: 0.05, defaultValue: n < 2 ? 0.5 : 0 });
    slider.addEventListener("change", show);
    at("weights").append(label);
  });
  at("style").addEventListener("change", () => { at("weights").hidden = at("style").value !== MIXTURE; });
}

// for the next time; where the browser keeps nothing, such as from a server without https, it is no fault
async function keep() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register("service.js", { updateViaCache: "none" });
    await navigator.serviceWorker.ready;
    at("kept").hidden = false;
  } catch (error) {
    console.warn(`It will not open without a network: ${error.message}`);
  }
}

async function fetched(file) {
  const found = await fetch(file);
  if (!found.ok) throw new Error(`${file}: ${found.status}`);
  return found.arrayBuffer();
}
