// Paints beside the page, so that the page goes on answering.
import * as ort from "./ort.wasm.min.mjs";

ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
ort.env.wasm.numThreads = 1; // more would need headers that not every web server sends

const sessions = new Map();

async function session(file, net) {
  if (!sessions.has(file)) {
    sessions.set(file, await ort.InferenceSession.create(net, { executionProviders: ["wasm"] }));
  }
  return sessions.get(file);
}

// inputs: what the net of mixtures takes besides the image, each as { name, shape, values }
self.onmessage = async ({ data: { id, file, net, inputs = [], pixels, width, height } }) => {
  try {
    const painter = await session(file, new Uint8Array(net));
    if (!pixels) return self.postMessage({ id });
    const given = { image: new ort.Tensor("float32", pixels, [1, 3, height, width]) };
    for (const { name, shape, values } of inputs) given[name] = new ort.Tensor("float32", values, shape);
    const { painted } = await painter.run(given);
    self.postMessage({ id, painted: painted.data }, [painted.data.buffer]);
  } catch (error) {
    self.postMessage({ id, error: String(error && error.message ? error.message : error) });
  }
};
