// The wall left alone: does it still refresh itself, and does its heap stay where it is? Ten minutes
// in the tests; SUYUAN_SOAK_SECONDS=7200 for a real evening. SUYUAN_SOAK_URL names a county that
// runs already. Ends with a line of figures; code 1 when the wall leaks or stops.

import { launch, visit } from './support/browser.mjs';
import { County } from './support/county.mjs';

const SECONDS = Number(process.env.SUYUAN_SOAK_SECONDS || 600);
const EVERY_S = Math.max(5, SECONDS / 60);
const WARM_UP = 0.2; // of the samples: code is compiled, caches fill
const REFRESH_S = 5;
const SLOPE_MAX = 10; // kB a minute: 3.6 MB until the wall loads itself anew

/** The slope of a straight line through points, least squares. */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((p) => p.x), mean((p) => p.y)];
  const across = points.reduce((sum, p) => sum + (p.x - x) * (p.y - y), 0);
  return across / points.reduce((sum, p) => sum + (p.x - x) ** 2, 0);
}

async function measure(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { heap: of('JSHeapUsedSize') / 1024, nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

async function soak(url, browser) {
  const page = await visit(browser, { width: 1920, height: 1080 });
  let refreshed = 0;
  page.on('response', (reply) => {
    if (reply.url().includes('/wall/panels') && reply.ok()) refreshed += 1;
  });
  await page.goto(`${url}/wall`);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const started = performance.now();
  const samples = [];
  while (performance.now() - started < SECONDS * 1000) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_S * 1000));
    const minutes = (performance.now() - started) / 60_000;
    samples.push({ minutes, ...await measure(devtools) });
    // Nobody waits two hours to learn that it went wrong after one.
    if (SECONDS > 600) console.log(`${minutes.toFixed(1)} min: ${samples.at(-1).heap.toFixed(0)} kB`);
  }
  return { samples, refreshed, stale: await page.locator('#stale').isVisible() };
}

function judge({ samples, refreshed, stale }) {
  const steady = samples.slice(Math.floor(samples.length * WARM_UP));
  const rate = (name) => slope(steady.map((s) => ({ x: s.minutes, y: s[name] })));
  const [first, last] = [steady[0], steady.at(-1)];
  const growth = { heap: rate('heap'), nodes: last.nodes - first.nodes };
  console.log(`soak of the wall: ${last.minutes.toFixed(1)} min, ${refreshed} refreshes, heap `
    + `${first.heap.toFixed(0)} kB → ${last.heap.toFixed(0)} kB, slope ${growth.heap.toFixed(2)} kB/min, `
    + `nodes ${first.nodes} → ${last.nodes}, listeners ${first.listeners} → ${last.listeners}`);
  const faults = [];
  if (growth.heap > SLOPE_MAX) faults.push(`the heap grows by more than ${SLOPE_MAX} kB a minute`);
  if (growth.nodes > last.nodes * 0.2) faults.push('nodes pile up');
  // A busy machine may be late, a wall that stopped is not.
  if (refreshed < SECONDS / REFRESH_S / 2) faults.push(`only ${refreshed} refreshes`);
  if (stale) faults.push('it says that its news stopped');
  return faults;
}

let county = null;
const browser = await launch();
async function leave() {
  await browser.close();
  await county?.stop();
}
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => leave().finally(() => process.exit(143)));
}
try {
  if (!process.env.SUYUAN_SOAK_URL) county = await County.start();
  const faults = judge(await soak(process.env.SUYUAN_SOAK_URL ?? county.url, browser));
  for (const fault of faults) console.error(`soak of the wall: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await leave();
}
