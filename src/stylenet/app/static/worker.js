// Paints beside the page, so that the page goes on answering.
import * as ort from "./ort.wasm.min.mjs";

ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
ort.env.wasm.numThreads = 1; // more would need headers that not every web server sends

const sessions = new Map();

async function session(name, net) {
  if (!sessions.has(name)) {
    sessions.set(name, await ort.InferenceSession.create(net, { executionProviders: ["wasm"] }));
  }
  return sessions.get(name);
}

self.onmessage = async ({ data: { id, name, net, pixels, width, height } }) => {
  try {
    const painter = await session(name, new Uint8Array(net));
    if (!pixels) return self.postMessage({ id });
    const image = new ort.Tensor("float32", pixels, [1, 3, height, width]);
    const found = await painter.run({ [painter.inputNames[0]]: image });
    const painted = found[painter.outputNames[0]].data;
    self.postMessage({ id, painted }, [painted.buffer]);
  } catch (error) {
    self.postMessage({ id, error: String(error && error.message ? error.message : error) });
  }
};
