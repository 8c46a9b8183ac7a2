// A print job's progress while the page is open, and the preview of a medium as soon as it is
// chosen. Without script the page is loaded again by its buttons.
const EVERY_MS = 1000;

for (const form of document.querySelectorAll('form.media')) {
  form.querySelector('button').hidden = true;
  form.addEventListener('change', () => form.requestSubmit());
}

async function look(row) {
  const answer = await fetch(`/api/v1/print-jobs/${row.dataset.job}`);
  if (!answer.ok) return;
  const job = await answer.json();
  const done = job.next - job.first;
  row.querySelector('progress').value = done;
  row.querySelector('.done').textContent = done;
  // Another state has other buttons; while it lasts, nothing moves under a finger.
  if (job.state !== row.dataset.state) location.replace(location.pathname + location.search.replace(/[?&]done=[^&]*/, ''));
}

const open = [...document.querySelectorAll('[data-state=waiting], [data-state=printing]')];
if (open.length > 0) setInterval(() => open.forEach((row) => look(row).catch(() => {})), EVERY_MS);
