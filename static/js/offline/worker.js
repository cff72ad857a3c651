// The service worker: keeps the offline pages of one version, and shows them when no answer comes.
// Nothing of what people wrote passes through here; that lies sealed in IndexedDB.
const { version, files, shell } = self.SIAGA;
const CACHE = `siaga-${version}`;
const PATIENCE = 8000;
const kept = new Set(files.map((file) => new URL(file, self.location.origin).href));

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([...files, shell].map((file) => new Request(file, { cache: "reload" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("siaga-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

const fromCache = async (address) => (
  (await caches.open(CACHE)).match(address, { ignoreSearch: true, ignoreVary: true })
);

const page = async (request) => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);
  try {
    const response = await fetch(request, { signal: abort.signal });
    if (![502, 503, 504].includes(response.status)) return response;
  } catch { /* no answer */ } finally { clearTimeout(timer); }
  return (await fromCache(shell)) || Response.error();
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.location.origin)) return;
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (kept.has(request.url.split("?")[0])) {
    event.respondWith(fromCache(request.url).then((found) => found || fetch(request)));
  }
});

// A message arrives though no page is open. It is shown whatever it holds: a browser that is woken
// and shows nothing takes the permission away.
self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data?.json() ?? {}; } catch { /* not ours, or cut off */ }
  event.waitUntil(self.registration.showNotification(said.title || "Siaga", {
    body: said.body || "",
    tag: said.id || "siaga",
    renotify: true,
    requireInteraction: Boolean(said.stays),
    icon: files.find((file) => file.includes("siaga-192")),
    data: { open: said.open || "/inbox/" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  // Only the path is taken over: a message leads nowhere but into this portal.
  const asked = new URL(event.notification.data?.open || "/inbox/", self.location.origin);
  const target = new URL(asked.pathname + asked.search, self.location.origin).href;
  event.waitUntil(self.clients.openWindow(target));
});
