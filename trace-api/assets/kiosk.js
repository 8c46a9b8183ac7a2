// The kiosk: a scan or a typed code fetches its answer; the newest question wins. Nobody there for
// a minute: it asks, then clears. It never leaves its own page.
const $ = (id) => document.getElementById(id);
const lang = document.body.dataset.lang;
const IDLE_MS = 60000;
const COUNTDOWN_S = 20;
const PRELOAD_MS = 600000;
// Where this kiosk stands, if its address says so: a township, for the count of scans by place.
const PLACE = new URLSearchParams(location.search).get('place');
const FROM = PLACE ? `&place=${encodeURIComponent(PLACE)}` : '';
const HOME = `/kiosk?lang=zh${FROM}`;
let asked = 0;
let touched = performance.now();
let left = 0;

function show(id) {
  for (const part of ['attract', 'busy', 'answer', 'unreachable']) $(part).hidden = part !== id;
  $('again').hidden = id === 'attract';
  if (id !== 'answer') $('kept').hidden = true;
}

function home() {
  asked += 1;
  $('camera').close();
  $('answer').replaceChildren();
  type('');
  show('attract');
  if (lang !== 'zh') location.replace(HOME);
}

async function ask(code) {
  const mine = ++asked;
  touched = performance.now();
  $('still').close();
  $('camera').close();
  show('busy');
  scrollTo(0, 0);
  try {
    const address = `/kiosk/answer?lang=${lang}&code=${encodeURIComponent(code.trim().slice(0, 500))}${FROM}`;
    const reply = await fetch(address, { headers: { accept: 'text/html' } });
    const html = await reply.text();
    if (mine !== asked) return;
    if (reply.status >= 500) throw new Error(`status ${reply.status}`);
    $('answer').innerHTML = html;
    show('answer');
    const kept = reply.headers.has('x-suyuan-kept');
    $('kept').hidden = !kept;
    $('away').hidden = !kept;
  } catch {
    if (mine !== asked) return;
    $('away').hidden = false;
    show('unreachable');
  }
}

function type(text) {
  $('typed').dataset.code = text;
  $('typed').textContent = text.replace(/(.{4})(?=.)/g, '$1 ') || $('typed').dataset.empty;
}

$('pad').addEventListener('submit', (event) => {
  event.preventDefault();
  if ($('typed').dataset.code) ask($('typed').dataset.code);
});
document.addEventListener('scanned', (event) => { event.preventDefault(); ask(event.detail); });
$('again').addEventListener('click', home);
$('stay').addEventListener('click', () => $('still').close());

document.addEventListener('click', (event) => {
  touched = performance.now();
  const button = event.target.closest('button');
  if (!button) return;
  const { digit, erase, code } = button.dataset;
  const now = $('typed').dataset.code ?? '';
  if (digit && now.length < 14) type(now + digit);
  if (erase) type(erase === 'all' ? '' : now.slice(0, -1));
  if (code) ask(code);
  if (button.role === 'tab') choose(button);
});

function choose(tab) {
  for (const other of tab.parentElement.children) {
    const chosen = other === tab;
    other.setAttribute('aria-selected', chosen);
    $(other.getAttribute('aria-controls')).hidden = !chosen;
  }
}

for (const kind of ['pointerdown', 'keydown', 'scroll']) {
  addEventListener(kind, () => { touched = performance.now(); }, { passive: true, capture: true });
}

// Once a second: has anybody touched it of late?
setInterval(() => {
  const idle = performance.now() - touched;
  const still = $('still');
  if (idle < IDLE_MS || !$('attract').hidden && !$('typed').dataset.code && lang === 'zh') {
    if (still.open) still.close();
    left = COUNTDOWN_S;
    return;
  }
  if (!still.open) still.showModal();
  $('seconds').textContent = left;
  if (left-- <= 0) { still.close(); home(); }
}, 1000);

window.scans.deliver = ask;
type('');
while (window.scans.waiting.length) ask(window.scans.waiting.shift());

if ('serviceWorker' in navigator) {
  const preload = () => navigator.serviceWorker.controller?.postMessage('preload');
  navigator.serviceWorker.register('/kiosk/worker.js', { scope: '/kiosk' });
  navigator.serviceWorker.addEventListener('controllerchange', preload);
  navigator.serviceWorker.ready.then(preload);
  setInterval(preload, PRELOAD_MS);
}
