// Keeps all files of the page in the browser, so that it opens without a network, too.
importScripts("files.js"); // SITE: version, files

const OURS = `stylenet ${self.registration.scope} `; // other pages of the same server have others
const NOW = OURS + self.SITE.version;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NOW).then((cache) => cache.addAll(self.SITE.files)));
});

// a page of another version is open no more
self.addEventListener("activate", (event) => {
  const others = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== NOW);
    await Promise.all(names.map((name) => caches.delete(name)));
  };
  event.waitUntil(others());
});

self.addEventListener("fetch", (event) => {
  const answer = async () => {
    const cache = await caches.open(NOW);
    return (await cache.match(event.request, { ignoreSearch: true })) || fetch(event.request);
  };
  if (event.request.method === "GET") event.respondWith(answer());
});
