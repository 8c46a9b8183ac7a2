// Keyboard entry of a result: Enter moves on, the chosen test fills in method, unit and limit, and
// the verdict is said while the value is typed. The server judges again; this is only a hint.
const form = document.getElementById('entry');
const item = form.elements.namedItem('item');
const value = form.elements.namedItem('value');
const limit = form.elements.namedItem('limit');
const verdict = document.getElementById('verdict');

function prefill() {
  const chosen = item.selectedOptions[0];
  if (!chosen) return;
  form.elements.namedItem('method').value = chosen.dataset.method;
  form.elements.namedItem('unit').value = chosen.dataset.unit;
  limit.value = chosen.dataset.limit;
  document.getElementById('limit-source').textContent = chosen.dataset.source;
  judge();
}

function judge() {
  const text = value.value.trim();
  const below = text.startsWith('<') || text === '未检出';
  const number = Number.parseFloat(text.replace('<', ''));
  const most = Number.parseFloat(limit.value);
  verdict.hidden = true;
  if (!Number.isFinite(most) || (!below && !Number.isFinite(number))) return;
  const percent = form.elements.namedItem('unit').value === '%';
  const odd = percent && (number < 0 || number > 100);
  const pass = below || number < most;
  verdict.textContent = odd ? form.dataset.odd : pass ? form.dataset.pass : form.dataset.fail;
  verdict.className = `badge ${odd ? 'warn' : pass ? 'good' : 'bad'}`;
  verdict.hidden = false;
}

// From one field to the next; method, unit and limit are filled in, so the value is the last.
form.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.isComposing || event.target.name !== 'sample') return;
  event.preventDefault();
  value.focus();
});
item.addEventListener('change', prefill);
value.addEventListener('input', judge);
limit.addEventListener('input', judge);

for (const link of document.querySelectorAll('a[data-sample]')) {
  link.hidden = false;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    form.elements.namedItem('sample').value = link.dataset.sample;
    value.focus();
    form.scrollIntoView({ block: 'start' });
  });
}
judge();
