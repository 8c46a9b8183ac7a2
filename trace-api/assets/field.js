// 农事 in a field: what is entered waits in this browser until there is a connection, and is sent
// once, by the id that was made here. Nothing is overwritten or lost by signing out.
const $ = (id) => document.getElementById(id);
const queue = $('queue');
const form = $('field');
const account = queue.dataset.account;
const DRUGS = ['pesticide', 'medication'];
const words = queue.dataset;
const rare = () => import(words.rare);

const opened = new Promise((done, fail) => {
  const ask = indexedDB.open('suyuan-field', 1);
  ask.onupgradeneeded = () => ask.result.createObjectStore('entries', { keyPath: 'id' });
  ask.onsuccess = () => done(ask.result);
  ask.onerror = () => fail(ask.error);
});
opened.catch(() => {});

async function keep(mode, act) {
  const transaction = (await opened).transaction('entries', mode);
  const asked = act(transaction.objectStore('entries'));
  return new Promise((done, fail) => {
    transaction.oncomplete = () => done(asked.result);
    transaction.onabort = () => fail(transaction.error);
  });
}
const all = () => keep('readonly', (entries) => entries.getAll());
const put = (entry) => keep('readwrite', (entries) => entries.put(entry));
const drop = (id) => keep('readwrite', (entries) => entries.delete(id));

// `randomUUID` needs HTTPS; the address of a blob ends in a UUID everywhere.
const uuid = () => URL.createObjectURL(new Blob()).slice(-36);

let word = '';
let signedOut = false;
let busy = false;
const isMine = (entry) => entry.account === account && entry.state === 'waiting';

function row(entry) {
  const item = $('queued').content.cloneNode(true).firstElementChild;
  const state = entry.account === account ? entry.state : 'foreign';
  item.dataset.id = entry.id;
  item.querySelector('b').textContent = entry.title;
  const badge = item.querySelector('.badge');
  badge.textContent = words[state];
  badge.classList.add({ waiting: 'warn', foreign: 'calm' }[state] ?? 'bad');
  item.querySelector('.why').textContent = words[`${state}Why`] ?? '';
  const offered = { conflict: 'open drop', refused: 'open drop', waiting: form && !entry.base && 'edit' }[state] || '';
  for (const button of item.querySelectorAll('button')) button.hidden = !offered.includes(button.dataset.do);
  return item;
}

async function show() {
  const entries = await all();
  const waiting = entries.filter(isMine).length;
  queue.hidden = !entries.length && !word;
  $('count').textContent = waiting ? words.n.replace('%{n}', waiting) : '';
  $('word').textContent = words[word] ?? '';
  $('signed-out').hidden = !signedOut;
  $('sync').hidden = !waiting || busy;
  queue.querySelector('ul').replaceChildren(...entries.map(row));
}

function send(entry) {
  const [method, path, more] = entry.base ? ['PUT', `/${entry.id}`, { base_version: entry.base }] : ['POST', '', { id: entry.id }];
  const headers = { 'content-type': 'application/json' };
  return fetch(`/api/v1/records${path}`, { method, headers, body: JSON.stringify({ ...more, ...entry.deed }) });
}

// True where the next may follow.
async function one(entry) {
  const reply = await send(entry);
  word = '';
  if ([401, 403].includes(reply.status)) { signedOut = true; return false; }
  if (reply.status >= 500 || [408, 429].includes(reply.status)) { word = 'failed'; return false; }
  if (reply.ok) {
    for (const picture of entry.pictures) {
      const headers = { 'content-type': 'image/jpeg' };
      const sent = await fetch(`/api/v1/records/${entry.id}/pictures`, { method: 'POST', headers, body: picture });
      if (sent.status >= 500 || sent.status === 401) { word = 'failed'; return false; }
    }
    word = 'done';
  } else entry.state = (await reply.json().catch(() => ({}))).current ? 'conflict' : 'refused';
  // What was typed anew meanwhile stays.
  const now = (await all()).find((one) => one.id === entry.id);
  if (now?.at === entry.at) await (reply.ok ? drop(entry.id) : put(entry));
  return true;
}

async function sync() {
  if (busy) return;
  busy = true;
  signedOut = false;
  try {
    const mine = (await all()).filter(isMine);
    if (mine.length) { word = 'sending'; await show(); }
    for (const entry of mine) if (!await one(entry)) break;
  } catch { word = 'offline'; } finally { busy = false; }
  await show();
}

queue.addEventListener('click', async (event) => {
  const what = event.target.dataset?.do;
  if (!what) return;
  const wanted = event.target.closest('li')?.dataset.id;
  const entry = (await all()).find((one) => one.id === wanted);
  if (what === 'open') (await rare()).ask(entry);
  else if (what === 'edit') fill(entry);
  else {
    if (what === 'drop') await drop(wanted);
    await sync();
  }
});

const again = document.querySelector('.flash.bad');
let base = Number(form?.elements.base_version?.value) || null;
let id = base || again ? form?.elements.id.value : uuid();
const DRAFT = `suyuan-draft-field-${account}-${base ? id : 'new'}`;
const NAMES = ['kind', 'plot_id', 'lot_id', 'done_on', 'input_id', 'dose', 'area_mu', 'target', 'person', 'note'];
const NUMBERS = ['plot_id', 'lot_id', 'dose', 'area_mu'];
const at = (name) => form.elements.namedItem(name);
const chosen = (name) => at(name).selectedOptions[0];

// What fits the chosen work and plot, and what its label asks for.
function fit() {
  const used = chosen('kind')?.dataset.used ?? '';
  $('using').hidden = !used;
  for (const [name, key, value] of [['input_id', 'kind', used], ['lot_id', 'plot', at('plot_id').value]]) {
    for (const option of at(name).options) option.hidden = option.disabled = !!option.value && option.dataset[key] !== value;
    if (chosen(name)?.disabled) at(name).value = '';
  }
  const { unit, about } = chosen('input_id')?.dataset ?? {};
  $('unit').textContent = unit ? `（${unit}）` : '';
  $('interval').textContent = about ?? '';
  at('dose').required = !!at('input_id').value;
  at('input_id').required = at('person').required = DRUGS.includes(at('kind').value);
}

function fill(entry) {
  [id, base] = [entry.id, entry.base];
  // Twice: what is offered depends on what was chosen.
  for (const name of [...NAMES, ...NAMES]) { at(name).value = entry.deed[name] ?? ''; fit(); }
  form.scrollIntoView({ block: 'start' });
  at('kind').focus();
}

function deed() {
  const said = { voided: !!at('voided')?.checked };
  for (const name of NAMES) {
    const text = at(name).value.trim();
    said[name] = !NUMBERS.includes(name) ? text : text ? Number(text) : null;
  }
  if ($('using').hidden || !said.input_id) said.input_id = said.dose = null;
  return said;
}

async function save(event) {
  event.preventDefault();
  const button = form.querySelector('[type=submit]');
  if (button.disabled) return;
  button.disabled = true;
  try { await opened; } catch { form.elements.id.value = id; form.submit(); return; }
  const files = [...$('picture').files];
  const pictures = files.length ? await (await rare()).shrink(files) : [];
  const said = deed();
  const title = `${said.done_on} ${chosen('kind').text} ${said.input_id ? chosen('input_id').text : ''}`;
  const entry = { id, account, base, at: Date.now(), deed: said, title, state: 'waiting', pictures };
  await put(entry);
  localStorage.removeItem(DRAFT);
  form.querySelector('.kept').hidden = true;
  await sync();
  const left = (await all()).find((one) => one.id === entry.id);
  if (!left) { location.href = '/producer/records?done=record'; return; }
  if (!base && left.state === 'waiting') {
    id = uuid();
    for (const name of ['dose', 'area_mu', 'target', 'note']) at(name).value = '';
    $('picture').value = '';
  }
  queue.scrollIntoView({ block: 'start' });
}

function typed() {
  form.querySelector('[type=submit]').disabled = false;
  const deed = Object.fromEntries(NAMES.map((name) => [name, at(name).value]));
  localStorage.setItem(DRAFT, JSON.stringify({ id, base, deed }));
}

function restore() {
  const kept = JSON.parse(localStorage.getItem(DRAFT));
  if (!kept || again || kept.base !== base) return;
  fill(kept);
  const note = form.querySelector('.kept');
  note.hidden = false;
  note.querySelector('button').onclick = () => { localStorage.removeItem(DRAFT); location.reload(); };
}

if (form) {
  $('pictures').hidden = false;
  // A kept page is old.
  const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
  if (at('done_on').max < today) at('done_on').max = at('done_on').value = today;
  fit();
  restore();
  form.addEventListener('input', () => { fit(); typed(); });
  form.addEventListener('submit', save);
}

addEventListener('online', sync);
addEventListener('offline', () => { word = 'offline'; show(); });
setInterval(async () => { if ((await all()).some(isMine)) sync(); }, 30000);
sync().catch(() => {});

if ('serviceWorker' in navigator) {
  const shown = [...document.querySelectorAll('link[href], script[src]')].map((part) => part.href ?? part.src);
  const parts = [...shown, new URL(words.rare, location).href];
  navigator.serviceWorker.register('/producer/records/worker.js', { scope: '/producer/records' });
  const { lang } = document.documentElement;
  navigator.serviceWorker.ready.then((ready) => ready.active.postMessage({ parts, lang }));
}
