// The supervisor's live list. Rows come rendered by the server; a known alarm is replaced in its
// place, a new one waits behind the button, so that nothing moves under a finger. A sound is made
// only after somebody asked for it.
const status = document.getElementById('live');
const list = document.getElementById('alarms');
const button = document.getElementById('fresh');
const stale = document.getElementById('stale');
const sound = document.getElementById('sound');
const waiting = new Map();
const PATIENCE_MS = 45000;
const WISH = 'suyuan-alarm-sound';
let heard = 0;
let audio;

function row(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.querySelector('li');
}

// A half-written note is worth more than a fresh row.
function busy(element) {
  const typed = [...element.querySelectorAll('input:not([type=hidden])')];
  return element.contains(document.activeElement) || typed.some((field) => field.value !== '');
}

function arrived(event) {
  alive();
  const fresh = row(event.data);
  if (!fresh) return;
  const known = document.getElementById(fresh.id);
  if (known) {
    if (!busy(known)) replace(known, fresh);
  } else if (!fresh.matches('.shelved') && (waiting.has(fresh.id) || fresh.matches('.open'))) {
    if (!waiting.has(fresh.id)) call(fresh);
    waiting.set(fresh.id, fresh);
    tell();
  } else {
    waiting.delete(fresh.id);
    tell();
  }
}

// What was opened stays open.
function replace(known, fresh) {
  const details = fresh.querySelector('details');
  if (details) details.open = known.querySelector('details')?.open ?? false;
  known.replaceWith(fresh);
}

function tell() {
  button.textContent = button.dataset.words.replace('%{n}', waiting.size);
  button.hidden = waiting.size === 0;
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
  for (const fresh of waiting.values()) {
    // A repeat takes the place of the one before it.
    const before = list.querySelector(`li[data-rule="${fresh.dataset.rule}"]`);
    if (before && !busy(before)) before.remove();
    list.prepend(fresh);
  }
  waiting.clear();
  button.hidden = true;
  document.getElementById('no-alarms').hidden = true;
  list.querySelector('li')?.scrollIntoView({ block: 'nearest' });
});

// Two short tones for what is urgent, one for the rest.
function call(fresh) {
  if (sound.getAttribute('aria-pressed') !== 'true' || !audio) return;
  const urgent = ['critical', 'high'].includes(fresh.dataset.severity);
  for (const at of urgent ? [0, 0.3] : [0]) tone(audio.currentTime + at);
}

function tone(at) {
  const [source, gain] = [audio.createOscillator(), audio.createGain()];
  source.frequency.value = 880;
  gain.gain.setValueAtTime(0.2, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
  source.connect(gain).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.2);
}

function wish(on) {
  sound.setAttribute('aria-pressed', String(on));
  sound.textContent = on ? sound.dataset.on : sound.dataset.off;
  localStorage.setItem(WISH, on ? 'on' : 'off');
  if (on) {
    audio ??= new AudioContext();
    audio.resume();
  }
}

sound.addEventListener('click', () => {
  const on = sound.getAttribute('aria-pressed') !== 'true';
  wish(on);
  if (on) tone(audio.currentTime);
});
if (window.AudioContext) {
  sound.hidden = false;
  wish(localStorage.getItem(WISH) === 'on');
  // After a reload a browser lets nothing sound before the page is touched.
  document.addEventListener('pointerdown', () => audio?.resume(), { once: true });
}

heard = performance.now();
const stream = new EventSource(status.dataset.stream);
stream.addEventListener('open', alive);
stream.addEventListener('heartbeat', alive);
stream.addEventListener('alarm', arrived);
setInterval(check, 5000);
