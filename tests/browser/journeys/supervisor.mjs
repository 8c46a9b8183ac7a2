// Frost on the demo plot: the supervisor's page shows the alarm live and takes the acknowledgement.

import assert from 'node:assert/strict';
import { DESK, assertSound, shoot, signIn, visit } from '../support/browser.mjs';
import { publish } from '../support/tools.mjs';

const MINUTES = 13;

/**
 * One reading a minute below freezing, from now on: the demonstration's own past ends when it was
 * made, and a warm reading of it in between would end the frost. Clocks may be ahead by hours.
 */
function frost(now) {
  return Array.from({ length: MINUTES }, (_, i) => ({
    t: now + i * 60, n: 'temperature', u: 'Cel', v: -1.5 - i / 10,
  }));
}

export function supervisor(test, stage) {
  test('a frost reading reaches the open page as an alarm and is acknowledged', async () => {
    const page = await visit(stage.browser, DESK);
    await signIn(page, stage.county, 'supervisor', '/supervisor');
    await assertSound(page, 'supervisor');
    await page.waitForFunction(() => {
      const live = document.querySelector('#live');
      return live && live.textContent.includes(live.dataset.live);
    });
    await page.evaluate(() => { window.neverReloaded = true; });
    const known = await ids(page);
    await publish(stage.county, frost(Math.floor(Date.now() / 1000)));
    const row = await newRow(page, known);
    assert.ok(await page.evaluate(() => window.neverReloaded), 'it came by the stream');
    assert.match(await row.innerText(), /demo-probe/);
    assert.match(await row.innerText(), /霜/);
    await shoot(page, 'supervisor');
    await row.locator('input[name=note]').fill('已通知合作社点火熏烟');
    await row.locator('form[action$="/acknowledge"] button').click();
    const done = page.locator(`#${await row.getAttribute('id')}`);
    await done.getByText('已通知合作社点火熏烟').waitFor();
    assert.match(await done.innerText(), /已确认/);
    assert.equal(await done.locator('form[action$="/acknowledge"]').count(), 0, 'nothing left to acknowledge');
    await page.context().close();
  });
}

async function ids(page) {
  return page.locator('#alarms > li').evaluateAll((rows) => rows.map((row) => row.id));
}

/** The alarm that was not there before; new ones may wait behind a button. */
async function newRow(page, known) {
  const handle = await page.waitForFunction((seen) => {
    const button = document.querySelector('#fresh');
    if (button && !button.hidden) button.click();
    const fresh = [...document.querySelectorAll('#alarms > li')].find((li) => !seen.includes(li.id));
    return fresh && fresh.id;
  }, known, { timeout: 20_000 });
  return page.locator(`#${await handle.jsonValue()}`);
}
