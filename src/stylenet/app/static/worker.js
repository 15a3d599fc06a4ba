// Paints beside the page, so that the page goes on answering.
import * as wasm from "./ort.wasm.min.mjs";

const PROBE = { width: 64, height: 48 }; // of the picture by which WebGPU is checked
const LEVELS = 1; // of 255, that it may be off at most

const sessions = new Map();
const checked = new Set(); // files of nets that WebGPU paints as WebAssembly does
let webgpu = null; // onnxruntime-web with WebGPU, once it is asked for

set(wasm);

function set(ort) {
  ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
  ort.env.wasm.numThreads = 1; // more would need headers that not every web server sends
}

async function session(ort, provider, file, net) {
  const name = `${provider} ${file}`;
  if (!sessions.has(name)) {
    const created = await ort.InferenceSession.create(new Uint8Array(net), { executionProviders: [provider] });
    sessions.set(name, created);
  }
  return sessions.get(name);
}

// inputs: what the net of mixtures takes besides the image, each as { name, shape, values }
async function run(ort, provider, { file, net, inputs, pixels, width, height }) {
  const painter = await session(ort, provider, file, net);
  if (!pixels) return null;
  const given = { image: new ort.Tensor("float32", pixels, [1, 3, height, width]) };
  for (const { name, shape, values } of inputs) given[name] = new ort.Tensor("float32", values, shape);
  const { painted } = await painter.run(given);
  return painted.data;
}

// an experiment: drivers differ, and with them what they compute
async function onGraphics(job) {
  if (!navigator.gpu || !(await navigator.gpu.requestAdapter())) throw new Error("this browser offers none");
  if (!webgpu) {
    const loaded = await import("./ort.webgpu.min.mjs");
    set(loaded);
    webgpu = loaded;
  }
  if (!checked.has(job.file)) {
    const { width, height } = PROBE;
    const pixels = Float32Array.from({ length: 3 * width * height }, (_, n) => 0.5 + 0.5 * Math.sin(n / 7 + n * n / 9e4));
    const probe = { ...job, pixels, width, height };
    const [plain, other] = [await run(wasm, "wasm", probe), await run(webgpu, "webgpu", probe)];
    const levels = plain.reduce((most, value, n) => Math.max(most, 255 * Math.abs(value - other[n])), 0);
    if (!(levels <= LEVELS)) throw new Error(`its paintings are ${levels.toFixed(1)} levels of 255 off here`);
    checked.add(job.file);
  }
  return run(webgpu, "webgpu", job);
}

// graphics: whether to try WebGPU; where that fails, without says why, and WebAssembly paints
self.onmessage = async ({ data: { id, graphics = false, ...job } }) => {
  try {
    let painted = null, without = null;
    if (graphics) {
      try {
        painted = await onGraphics(job);
      } catch (error) {
        without = words(error);
      }
    }
    painted ??= await run(wasm, "wasm", job);
    self.postMessage({ id, painted, without }, painted ? [painted.buffer] : []);
  } catch (error) {
    self.postMessage({ id, error: words(error) });
  }
};

function words(error) {
  return String(error && error.message ? error.message : error);
}
