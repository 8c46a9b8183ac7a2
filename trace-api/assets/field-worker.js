// Serves the page that writes 农事 down when there is no connection: the newest one that was seen,
// with its parts. The server is always asked first; what is entered is no business of this worker.
const KEPT = 'field-1';
const ENTRY = '/producer/records/new';
const PATIENCE_MS = 4000;
const ANY = { ignoreVary: true, ignoreSearch: true };

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

// A page that is open names its parts; the entry page is fetched beside them.
self.addEventListener('message', (event) => event.waitUntil(preload(event.data)));

async function preload({ parts, lang }) {
  const cache = await caches.open(KEPT);
  const there = new Set((await cache.keys()).map((old) => old.url));
  const wanted = new Set(parts.filter((part) => new URL(part).pathname.startsWith('/assets/')));
  await cache.addAll([...wanted].filter((part) => !there.has(part)));
  // In the language of the page: a worker of its own may ask in another.
  const reply = await fetch(ENTRY, { credentials: 'same-origin', headers: { 'accept-language': lang } });
  if (reply.ok && !reply.redirected) await cache.put(ENTRY, reply);
  // Addresses change with their content: what the open page does not name is of an older one.
  for (const old of there) if (old.includes('/assets/') && !wanted.has(old)) await cache.delete(old);
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/assets/')) event.respondWith(part(event.request));
  else if (event.request.mode === 'navigate') event.respondWith(page(event, url));
});

async function part(request) {
  return await caches.match(request, { ignoreVary: true }) ?? fetch(request);
}

async function page(event, url) {
  try {
    const reply = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (reply.status < 502) {
      if (url.pathname === ENTRY && !url.search && reply.ok) event.waitUntil(refresh(reply.clone()));
      return reply;
    }
  } catch { /* the kept page below */ }
  return await caches.match(ENTRY, ANY) ?? Response.error();
}

async function refresh(reply) {
  const cache = await caches.open(KEPT);
  await cache.put(ENTRY, reply);
}
