// The forms of filings: what is typed is kept in this browser until it is sent, files are uploaded as
// they are chosen, a double click sends once. Without script everything but uploading works.
const BYTES_MAX = 8 * 1024 * 1024;
const PREFIX = 'suyuan-filing:';
const form = document.querySelector('form.filing');

/** The browser's store, or none where it is switched off. */
function store() {
  try { return window.localStorage; } catch { return null; }
}

// A page that says that it was done: what was sent last needs no draft any more.
const sent = store()?.getItem(`${PREFIX}sent`);
if (sent && document.querySelector('.flash.good')) {
  store().removeItem(sent);
  store().removeItem(`${PREFIX}sent`);
}

if (document.querySelector('.flash.bad')) store()?.removeItem(`${PREFIX}sent`);

for (const each of document.querySelectorAll('form[method=post]')) {
  each.addEventListener('submit', (event) => {
    if (each.dataset.sent) { event.preventDefault(); return; }
    each.dataset.sent = 'true';
    // The buttons stay enabled, so that the pressed one is sent.
    setTimeout(() => { delete each.dataset.sent; }, 5000);
  });
}

if (form) {
  const key = PREFIX + form.dataset.draft;
  const own = (name) => !['request', 'base', 'csrf', 'do'].includes(name);
  const words = () => [...new FormData(form)].filter(([name, value]) => own(name) && typeof value === 'string');
  const first = JSON.stringify(words());

  const keep = () => {
    const now = words();
    if (JSON.stringify(now) === first && !form.hasAttribute('data-refused')) store()?.removeItem(key);
    else store()?.setItem(key, JSON.stringify({ base: form.dataset.base, words: now }));
  };

  for (const list of form.querySelectorAll('[data-rows]')) {
    const more = list.nextElementSibling;
    more.hidden = false;
    more.addEventListener('click', () => {
      const row = addRow(list);
      row.querySelector('input, select').focus();
    });
  }
  for (const list of form.querySelectorAll('[data-files]')) {
    list.querySelector('input[type=file]').addEventListener('change', (event) => takeFiles(list, event.target, keep));
    list.addEventListener('click', (event) => {
      if (!event.target.closest('[data-remove]')) return;
      event.target.closest('li').remove();
      keep();
    });
  }

  const kept = JSON.parse(store()?.getItem(key) ?? 'null');
  // A draft of an older version, or one beside what was just refused, is not put over what is there.
  if (kept && kept.base === form.dataset.base && !form.hasAttribute('data-refused')
      && JSON.stringify(kept.words) !== first) {
    restore(kept.words);
    const note = document.getElementById('restored');
    note.hidden = false;
    document.getElementById('discard').addEventListener('click', () => {
      store().removeItem(key);
      location.replace(location.pathname);
    });
  }
  form.addEventListener('input', keep);
  form.addEventListener('submit', () => store()?.setItem(`${PREFIX}sent`, key));
}

/** Another row of limits, empty. */
function addRow(list) {
  const row = list.lastElementChild.cloneNode(true);
  for (const cell of row.children) cell.value = '';
  list.append(row);
  return row;
}

/** Puts kept words into the form, rows and files included. */
function restore(words) {
  const counts = {};
  for (const [name] of words) counts[name] = (counts[name] ?? 0) + 1;
  for (const list of form.querySelectorAll('[data-rows]')) {
    const wanted = counts[list.querySelector('[name]').name] ?? 0;
    while (list.children.length < wanted) addRow(list);
  }
  for (const list of form.querySelectorAll('[data-files] .files-list')) list.replaceChildren();
  const seen = {};
  const captions = words.filter(([name]) => name === 'caption').map(([, text]) => text);
  for (const [name, value] of words) {
    if (name === 'picture' || name === 'scan') {
      const caption = name === 'picture' ? captions.shift() : '';
      addKnown(value, caption);
    } else if (name !== 'caption') {
      const place = seen[name] ?? 0;
      seen[name] = place + 1;
      const fields = form.querySelectorAll(`[name="${name}"]`);
      if (fields[place]) fields[place].value = value;
    }
  }
}

/** A file that is on the server already. */
async function addKnown(sha256, caption) {
  const list = form.querySelector('.files-list');
  const slot = document.createElement('li');
  list.append(slot);
  const answer = await fetch(`${form.dataset.upload}/${sha256}?scan=${list.parentElement.hasAttribute('data-scan')}`);
  if (!answer.ok) { slot.remove(); return; }
  slot.outerHTML = await answer.text();
  const input = list.querySelector(`[value="${sha256}"]`)?.parentElement.querySelector('[name=caption]');
  if (input) input.value = caption;
}

/** Uploads chosen files one after another and takes them into the form. */
async function takeFiles(fieldset, input, done) {
  const wrong = document.getElementById('upload-wrong');
  const list = fieldset.querySelector('.files-list');
  const isScan = fieldset.hasAttribute('data-scan');
  wrong.hidden = true;
  for (const file of [...input.files]) {
    let text = file.size > BYTES_MAX ? form.dataset.large : '';
    if (!text) {
      try {
        const answer = await fetch(`${form.dataset.upload}?scan=${isScan}`, { method: 'POST', body: file });
        const html = await answer.text();
        if (answer.ok) {
          if (isScan) list.replaceChildren();
          list.insertAdjacentHTML('beforeend', html);
        } else if (answer.headers.get('x-fragment')) {
          text = new DOMParser().parseFromString(html, 'text/html').body.textContent.trim();
        } else text = form.dataset.failed;
      } catch { text = form.dataset.failed; }
    }
    if (text) { wrong.textContent = `${file.name}：${text}`; wrong.hidden = false; }
  }
  input.value = '';
  done();
}
