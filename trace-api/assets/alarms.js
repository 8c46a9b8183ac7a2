// The supervisor's live list. Rows come rendered by the server; a known alarm is replaced in its
// place, a new one waits behind the button, so that nothing moves under a finger.
const status = document.getElementById('live');
const list = document.getElementById('alarms');
const button = document.getElementById('fresh');
const stale = document.getElementById('stale');
const waiting = new Map();
const PATIENCE_MS = 45000;
let heard = 0;

function row(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.querySelector('li');
}

// A half-written note is worth more than a fresh row.
function busy(element) {
  const note = element.querySelector('input[name=note]');
  return element.contains(document.activeElement) || (note && note.value !== '');
}

function arrived(event) {
  alive();
  const fresh = row(event.data);
  if (!fresh) return;
  const known = document.getElementById(fresh.id);
  if (!known) {
    waiting.set(fresh.id, fresh);
    button.textContent = button.dataset.words.replace('%{n}', waiting.size);
    button.hidden = false;
  } else if (!busy(known)) {
    known.replaceWith(fresh);
  }
}

function alive() {
  heard = performance.now();
  stale.hidden = true;
  status.textContent = status.dataset.live;
  status.classList.add('live');
}

function check() {
  if (performance.now() - heard < PATIENCE_MS) return;
  stale.hidden = false;
  status.classList.remove('live');
}

button.addEventListener('click', () => {
  for (const fresh of waiting.values()) list.prepend(fresh);
  waiting.clear();
  button.hidden = true;
  document.getElementById('no-alarms').hidden = true;
  list.querySelector('li')?.scrollIntoView({ block: 'nearest' });
});

heard = performance.now();
const stream = new EventSource(status.dataset.stream);
stream.addEventListener('open', alive);
stream.addEventListener('heartbeat', alive);
stream.addEventListener('alarm', arrived);
setInterval(check, 5000);
