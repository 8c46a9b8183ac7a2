// Forms of the producer's desk: what was typed outlives a closed browser, a double click sends once,
// a report goes up as the file that it is, and a processing's balance is shown while it is typed.
// Without script every form but the report's works all the same.
const SENT = 'suyuan-sent';

for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = '1';
  });
}
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

// A draft is kept until its form was done; what was refused comes back from the server.
if (document.querySelector('.flash.good')) localStorage.removeItem(sessionStorage.getItem(SENT) ?? '');
const refused = !!document.querySelector('.flash.bad');

for (const form of document.querySelectorAll('form[data-draft]')) {
  const key = `suyuan-draft-${form.dataset.draft}-${form.getAttribute('action')}`;
  const fields = [...form.elements].filter((field) => field.name && field.type !== 'submit' && field.name !== 'csrf');
  const kept = JSON.parse(localStorage.getItem(key) ?? 'null');
  if (kept && !refused && kept.length === fields.length) {
    fields.forEach((field, at) => { field.value = kept[at]; });
    const note = form.querySelector('.kept');
    if (note) {
      note.hidden = false;
      note.querySelector('button').addEventListener('click', () => { localStorage.removeItem(key); location.reload(); });
    }
  }
  form.addEventListener('input', () => localStorage.setItem(key, JSON.stringify(fields.map((field) => field.value))));
  form.addEventListener('submit', () => sessionStorage.setItem(SENT, key));
}

const upload = document.querySelector('form[data-upload]');
if (upload) {
  upload.closest('details').hidden = false;
  upload.addEventListener('submit', async (event) => {
    event.preventDefault();
    const [button, wrong] = [upload.querySelector('button'), upload.querySelector('.wrong')];
    if (button.disabled) return;
    button.disabled = true;
    wrong.hidden = true;
    const query = new URLSearchParams(new FormData(upload));
    const file = upload.querySelector('input[type=file]').files[0];
    const headers = { 'content-type': 'application/pdf' };
    try {
      const reply = await fetch(`${upload.dataset.upload}?${query}`, { method: 'POST', headers, body: file });
      if (reply.ok) { location.href = upload.dataset.back; return; }
    } catch { /* the words that stand there already */ }
    wrong.hidden = false;
    button.disabled = false;
  });
}

const make = document.getElementById('make');
if (make) {
  const output = document.getElementById('balance');
  const number = (text) => Number.parseFloat(text) || 0;
  const sum = (name) => {
    const quantities = make.querySelectorAll(`[name=${name}_quantity]`);
    return [...make.querySelectorAll(`[name=${name}]`)].reduce((total, select, at) => (select.value
      ? total + number(quantities[at].value) * number(select.selectedOptions[0].dataset.kg ?? '1') : total), 0);
  };
  const show = () => {
    const amounts = { in: sum('input'), out: sum('output'), loss: number(make.elements.loss.value) };
    amounts.rest = amounts.in - amounts.out - amounts.loss;
    const say = (text, [name, amount]) => text.replace(`%{${name}}`, Math.round(amount * 1000) / 1000);
    output.textContent = Object.entries(amounts).reduce(say, output.dataset.words);
    output.classList.toggle('calm', amounts.rest >= 0);
    output.hidden = false;
  };
  make.addEventListener('input', show);
  show();
}
