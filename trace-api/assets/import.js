// Importing a table: the file is sent as it is, looked at, and imported whole once it is sound.
const BYTES_MAX = 4 * 1024 * 1024;
const form = document.getElementById('table');
const input = document.getElementById('file');
const preview = document.getElementById('preview');
const kind = () => form.elements.namedItem('kind').value;

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('change', () => {
  for (const part of form.querySelectorAll('[data-kind]')) part.hidden = part.dataset.kind !== kind();
  preview.replaceChildren();
  if (input.files.length > 0) send('preview=true');
});

preview.addEventListener('click', (event) => {
  const button = event.target.closest('#import');
  if (!button || button.disabled) return;
  button.disabled = true;
  send(`request_id=${button.dataset.request}`);
});

function say(text) {
  const line = document.createElement('p');
  line.className = 'flash bad';
  line.setAttribute('role', 'alert');
  line.textContent = text;
  preview.replaceChildren(line);
}

/** Sends the table; what it says comes back as a part of this page. */
async function send(how) {
  const file = input.files[0];
  if (file.size > BYTES_MAX) { say(form.dataset.large); return; }
  const submit = form.elements.namedItem('submit').checked;
  preview.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(`/producer/filing/import/${kind()}?submit=${submit}&${how}`, { method: 'POST', body: file });
    if (answer.headers.get('x-fragment')) {
      preview.innerHTML = await answer.text();
      // What was imported is not sent again by a change of the form.
      if (answer.ok && !how.startsWith('preview')) input.value = '';
    } else say(form.dataset.failed);
  } catch {
    // The file may have been saved anew since it was chosen: the browser then refuses to read it.
    say(form.dataset.failed);
    input.value = '';
  }
  preview.removeAttribute('aria-busy');
}
