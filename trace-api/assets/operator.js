// The operator's desk: what changes comes by itself, secrets can be copied, a form is sent once.
// Without script each page shows the same after it is loaded again.
const PATIENCE_MS = 15000;

// A region is looked at again while the page is open and seen; nothing moves while somebody is in it.
async function look(region) {
  if (document.hidden || region.contains(document.activeElement)) return;
  const answer = await fetch(region.dataset.poll, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) return;
  const html = await answer.text();
  if (html === region.heard || region.contains(document.activeElement)) return;
  region.heard = html;
  const open = [...region.querySelectorAll('details')].map((one) => one.open);
  const template = document.createElement('template');
  template.innerHTML = html;
  template.content.querySelectorAll('details').forEach((one, at) => { one.open = open[at] ?? false; });
  region.replaceChildren(template.content);
}

for (const region of document.querySelectorAll('[data-poll]')) {
  const again = () => look(region).catch(() => {}).finally(() => setTimeout(again, region.dataset.every * 1000));
  setTimeout(again, region.dataset.every * 1000);
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

for (const input of document.querySelectorAll('input[type=file][data-into]')) {
  input.addEventListener('change', async () => {
    const file = input.files[0];
    if (file) document.getElementById(input.dataset.into).value = await file.text();
  });
}

// A second click would make a second key, and the first answer with its key would be lost.
for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
}
addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent));
