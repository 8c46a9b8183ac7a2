// The wall: puts the server's panels in anew, greys them when they are old, tells the time, and
// loads itself again every six hours so that it survives days.
const panels = document.getElementById('main');
const stale = document.getElementById('stale');
const clock = document.getElementById('clock');
const EVERY_MS = 5000;
const STALE_MS = 20000;
const RELOAD_MS = 6 * 3600 * 1000;
const time = new Intl.DateTimeFormat(clock.dataset.lang, {
  timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit',
  hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
});
const started = performance.now();
let heard = started;

async function refresh() {
  try {
    const address = `/wall/panels?lang=${document.body.dataset.lang}`;
    const reply = await fetch(address, { signal: AbortSignal.timeout(EVERY_MS) });
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    const html = await reply.text();
    const template = document.createElement('template');
    template.innerHTML = html;
    panels.replaceChildren(template.content);
    heard = performance.now();
    if (heard - started > RELOAD_MS) location.reload();
  } catch { /* shown below when it lasts */ }
  const old = performance.now() - heard > STALE_MS;
  document.body.classList.toggle('stale', old);
  stale.hidden = !old;
  setTimeout(refresh, EVERY_MS);
}

function tick() {
  clock.textContent = time.format(new Date());
}

tick();
setInterval(tick, 1000);
setTimeout(refresh, EVERY_MS);
