// Results as they are entered: a known row is replaced, one's own goes to the top, others wait.
const status = document.getElementById('live');
const list = document.getElementById('results');
const button = document.getElementById('fresh');
const waiting = new Map();
const PATIENCE_MS = 45000;
let heard = performance.now();

function row(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.querySelector('tr');
}

function count() {
  button.textContent = button.dataset.words.replace('%{n}', waiting.size);
  button.hidden = waiting.size === 0;
}

function place(fresh, own) {
  if (!fresh) return;
  const known = document.getElementById(fresh.id);
  if (known) known.replaceWith(fresh);
  else if (own) list.prepend(fresh);
  else waiting.set(fresh.id, fresh);
  if (own) waiting.delete(fresh.id);
  count();
}

function alive(is = true) {
  if (is) heard = performance.now();
  status.textContent = is ? status.dataset.live : status.dataset.still;
  status.classList.toggle('live', is);
}

button.addEventListener('click', () => {
  for (const fresh of waiting.values()) list.prepend(fresh);
  waiting.clear();
  count();
});
document.addEventListener('result', (event) => place(row(event.detail), true));
const stream = new EventSource(status.dataset.stream);
for (const name of ['open', 'heartbeat']) stream.addEventListener(name, () => alive());
stream.addEventListener('result', (event) => { alive(); place(row(event.data), false); });
setInterval(() => performance.now() - heard > PATIENCE_MS && alive(false), 5000);
