// Entering results by keyboard. The server says what would come of a value while it is typed; Enter
// sends, and the form is free at once. What is not saved yet is kept here and offered again.
const form = document.getElementById('entry');
const says = document.getElementById('verdict');
const about = document.getElementById('about');
const list = document.getElementById('unsaved');
const source = document.getElementById('limit-source');
const saved = document.getElementById('saved');
const at = (name) => form.elements.namedItem(name);
const FIELDS = ['sample', 'item', 'method', 'value', 'unit', 'limit', 'round', 'request'];
const DRAFT = 'suyuan-lab-draft';
const ITEM = 'suyuan-lab-item';
const make = (tag, props) => Object.assign(document.createElement(tag), props);
const asJson = { headers: { accept: 'application/json' } };
const unsaved = [];
let known = {}, asked = '', turn = 0, timer, rounded = false;

const read = () => Object.fromEntries(FIELDS.map((name) => [name, at(name).value]));
const key = (entry) => JSON.stringify({ ...entry, request: '' });
const isEmpty = () => at('sample').value === '' && at('value').value === '';

function remember(name, value) {
  try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* nothing is kept */ }
}
function recall(name) {
  try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
}
const keep = () => remember(DRAFT, { entry: read(), unsaved });

// `crypto.randomUUID` is missing where a page comes by plain HTTP.
const uuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g,
  (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

function tell(text, tone = '') {
  says.textContent = text;
  says.className = `says ${tone}`;
}

function prefill() {
  const chosen = at('item').selectedOptions[0];
  if (!chosen) return;
  for (const name of ['method', 'unit', 'limit']) at(name).value = chosen.dataset[name];
  source.textContent = chosen.dataset.source;
}

function describe(answer) {
  about.textContent = [answer.about, answer.mind].filter(Boolean).join('。 ') || answer.refused;
  about.classList.toggle('wrong', answer.field === 'sample');
  for (const row of document.querySelectorAll('#waiting [data-sample]')) {
    row.classList.toggle('taken', row.dataset.sample === answer.sample);
  }
  if (!answer.about) return;
  at('unit').value = answer.unit || at('unit').value;
  if (answer.known) at('limit').value = answer.limit;
  at('limit').readOnly = at('unit').readOnly = answer.known;
  source.textContent = answer.source;
  if (!rounded) at('round').value = answer.round;
}

async function look() {
  const mine = ++turn;
  if (at('sample').value.trim() === '') { known = {}; return; }
  try {
    const reply = await fetch(`/lab/look?${new URLSearchParams(read())}`, asJson);
    const answer = await reply.json();
    if (mine !== turn || !reply.ok) return;
    describe(answer);
    known = { ...answer, key: key(read()) };
    show();
  } catch { known = {}; }
}

function show() {
  const says = asked === known.key ? `${known.say}${known.ask}` : known.say;
  tell(known.about ? says || known.refused : '', known.refused ? 'bad' : known.tone);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, 120);
  keep();
}

function next() {
  for (const name of ['sample', 'value', 'confirmed']) at(name).value = '';
  at('request').value = uuid();
  known = {};
  turn += 1;
  rounded = false;
  clearTimeout(timer);
  describe({ sample: '' });
  tell('');
  at('sample').focus();
}

function put(entry) {
  for (const name of FIELDS) at(name).value = entry[name] ?? at(name).value;
  rounded = true;
  at('value').focus();
  look();
}

function draw() {
  const shown = unsaved.filter((one) => one.why);
  list.hidden = shown.length === 0;
  list.replaceChildren(...shown.map((one) => {
    const back = make('button', { type: 'button', className: 'quiet', textContent: form.dataset.takeBack });
    back.addEventListener('click', () => { drop(one); put(one.entry); });
    const textContent = `${one.entry.sample} · ${one.entry.value}：${one.why}`;
    const row = make('li', { className: 'row' });
    row.append(make('p', { textContent }), back);
    return row;
  }));
}

function drop(one) {
  unsaved.splice(unsaved.indexOf(one), 1);
  draw();
  keep();
}

async function send(entry, confirmed) {
  const one = { entry, why: '' };
  unsaved.push(one);
  next();
  keep();
  let answer, away = false;
  try {
    const body = new URLSearchParams({ ...entry, confirmed });
    const reply = await fetch(form.action, { ...asJson, method: 'POST', body });
    answer = await reply.json();
  } catch {
    away = true;
    answer = { refused: form.dataset.offline };
  }
  if (answer.row) {
    document.dispatchEvent(new CustomEvent('result', { detail: answer.row }));
    saved.textContent = answer.saved;
    drop(one);
    return;
  }
  one.why = answer.refused ?? answer.ask ?? answer.detail ?? answer.title;
  draw();
  keep();
  // Nobody has gone on yet: it comes back at once.
  if (away || !isEmpty()) return;
  drop(one);
  put(entry);
  if (answer.ask) asked = key(read());
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(timer);
  const entry = read();
  const fits = known.key === key(entry) && (known.say || known.refused);
  if (fits && known.refused) {
    (at(known.field) ?? at('value')).focus();
  } else if (fits && known.ask && asked !== known.key) {
    asked = known.key;
    show();
  } else {
    // Where the verdict has not come yet the server asks, if there is something to ask.
    send(entry, (fits && known.mark) || '');
  }
});

form.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && event.target === at('value')) {
    asked = '';
    at('value').select();
    show();
  }
  if (event.key !== 'Enter' || event.isComposing || event.target !== at('sample')) return;
  event.preventDefault();
  clearTimeout(timer);
  at('value').focus();
  look();
});

// Several lines are a block: its page looks at them.
form.addEventListener('paste', (event) => {
  const text = event.clipboardData.getData('text').trim();
  if (!/[\n\t]/.test(text)) return;
  event.preventDefault();
  const block = make('form', { method: 'post', action: '/lab/paste', hidden: true });
  for (const [name, value] of [['block', text], ['step', 'look'], ['kind', at('item').selectedIndex]]) {
    block.append(make('textarea', { name, value }));
  }
  document.body.append(block);
  block.submit();
});

at('item').addEventListener('change', () => { prefill(); remember(ITEM, at('item').selectedIndex); look(); });
at('round').addEventListener('change', () => { rounded = true; look(); });
for (const name of ['sample', 'value', 'unit', 'limit', 'method']) at(name).addEventListener('input', soon);
for (const link of document.querySelectorAll('[data-take]')) {
  link.hidden = false;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    at('sample').value = link.closest('[data-sample]').dataset.sample;
    at('value').focus();
    look();
  });
}

const draft = recall(DRAFT);
if (isEmpty()) {
  const item = recall(ITEM);
  if (item !== null && at('item').options[item]) at('item').selectedIndex = item;
  prefill();
  for (const one of draft?.unsaved ?? []) unsaved.push({ entry: one.entry, why: one.why || form.dataset.restored });
  draw();
  if (draft?.entry && (draft.entry.sample || draft.entry.value)) {
    put(draft.entry);
    saved.textContent = form.dataset.restored;
  }
} else look();
