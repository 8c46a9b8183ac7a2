// Keeps the kiosk answering when the network is away: the shell, the newest lots, and what was asked
// of late. The server is always asked first; what is kept is marked so.
const SHELL = 'kiosk-shell-1';
const ANSWERS = 'kiosk-answers-1';
const HOME = '/kiosk?lang=zh';
const ANSWERS_MAX = 300;
const PATIENCE_MS = 4000;
// The camera's reader is large: it is kept once it was asked for.
const READER = '/assets/zxing-';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => event.waitUntil(preload()));

// One answer brings the names of the shell's parts and the answers of the newest lots.
async function preload() {
  const reply = await fetch('/kiosk/recent', { credentials: 'omit' });
  if (!reply.ok) return;
  const { shell, answers } = await reply.json();
  const cache = await caches.open(SHELL);
  const wanted = new Set(shell.map((path) => new URL(path, location.origin).href));
  const there = new Set((await cache.keys()).map((old) => old.url));
  // A part's address changes with its content, a page's does not. Without cookies: what is kept is
  // nobody's, and keeping it must not choose a language.
  const missing = [...wanted].filter((path) => !path.includes('/assets/') || !there.has(path));
  await cache.addAll(missing.map((path) => new Request(path, { credentials: 'omit' })));
  for (const old of there) if (!wanted.has(old) && !old.includes(READER)) await cache.delete(old);
  const kept = await caches.open(ANSWERS);
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  for (const [code, html] of answers) {
    const address = `/kiosk/answer?lang=zh&code=${encodeURIComponent(code)}`;
    await keep(kept, key(new URL(address, location.origin)), new Response(html, { headers }));
  }
}

// Answers are kept a lot: an item's answer stands for its lot when the server is away.
function key(url) {
  const code = url.searchParams.get('code') ?? '';
  const at = code.toUpperCase().indexOf('/01/');
  const lot = at < 0 ? code : code.slice(at).replace(/[?].*$/, '').replace(/(\/10\/[^/]+)\/21\/.*$/i, '$1');
  return `/kiosk/answer?lang=${url.searchParams.get('lang')}&code=${encodeURIComponent(lot.toUpperCase())}`;
}

async function keep(cache, name, reply) {
  await cache.delete(name);
  await cache.put(name, reply);
  const names = await cache.keys();
  for (const old of names.slice(0, Math.max(0, names.length - ANSWERS_MAX))) await cache.delete(old);
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/assets/')) event.respondWith(asset(event.request));
  else if (url.pathname === '/kiosk') event.respondWith(shell(event.request));
  else if (url.pathname === '/kiosk/answer') event.respondWith(answer(event, url));
});

async function asset(request) {
  const kept = await caches.match(request, { ignoreVary: true });
  if (kept) return kept;
  const reply = await fetch(request);
  if (reply.ok && request.url.includes(READER)) {
    const cache = await caches.open(SHELL);
    await cache.put(request, reply.clone());
  }
  return reply;
}

async function shell(request) {
  try {
    const reply = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (reply.status < 500) return reply;
  } catch { /* the kept shell below */ }
  const any = { ignoreVary: true };
  return (await caches.match(request.url, any)) ?? (await caches.match(HOME, any)) ?? Response.error();
}

async function answer(event, url) {
  const cache = await caches.open(ANSWERS);
  const name = key(url);
  try {
    const reply = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (reply.status < 500) {
      if (reply.ok) event.waitUntil(keep(cache, name, reply.clone()));
      return reply;
    }
  } catch { /* the kept answer below */ }
  const any = { ignoreVary: true };
  const kept = (await cache.match(name, any))
    ?? (await cache.match(name.replace('lang=en', 'lang=zh'), any));
  if (!kept) return new Response('', { status: 503 });
  const headers = new Headers(kept.headers);
  headers.set('x-suyuan-kept', '1');
  return new Response(await kept.blob(), { status: 200, headers });
}
