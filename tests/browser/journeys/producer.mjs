// A producer registers a lot and prints labels; a scanner reads them.

import assert from 'node:assert/strict';
import { DESK, assertSound, shoot, signIn, visit } from '../support/browser.mjs';
import { scan } from '../support/tools.mjs';

const DAY_MS = 86_400_000;

/** `YYYY-MM-DD` in China standard time. */
function day(offsetDays) {
  return new Date(Date.now() + 8 * 3_600_000 + offsetDays * DAY_MS).toISOString().slice(0, 10);
}

export function producer(test, stage) {
  test('a producer registers a lot of a filed product on a plot', async () => {
    const page = await visit(stage.browser, DESK);
    stage.producer = page;
    await signIn(page, stage.county, 'producer', '/producer');
    await assertSound(page, 'producer');
    const before = await codes(page);
    await page.click('a[href="/producer/lots/new"]');
    await assertSound(page, 'a new lot');
    await shoot(page, 'producer-new');
    stage.gtin = await page.inputValue('select[name=product]');
    stage.productName = await chosen(page, 'select[name=product]');
    stage.plotName = await chosen(page, 'select[name=plot]');
    await page.fill('input[name=started]', day(-45));
    await page.fill('input[name=harvested]', day(0));
    await page.fill('input[name=quantity]', '320');
    await page.click('form[action="/producer/lots"] button[type=submit]');
    await page.waitForSelector('.flash.good');
    stage.lotPath = new URL(page.url()).pathname;
    await page.goto(`${stage.county.url}/producer`);
    const fresh = (await codes(page)).filter((code) => !before.includes(code));
    assert.equal(fresh.length, 1, `one new lot in the list: ${fresh}`);
    [stage.lot] = fresh;
    await shoot(page, 'producer');
  });

  test('a refused form keeps what was typed and says why', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer/lots/new`);
    await page.fill('input[name=started]', day(0));
    await page.fill('input[name=harvested]', day(-30));
    await page.fill('input[name=quantity]', '77');
    await page.click('form[action="/producer/lots"] button[type=submit]');
    await page.waitForSelector('.flash.bad');
    page.complaints.length = 0; // the browser reports the refusal's status itself
    assert.equal(await page.inputValue('input[name=quantity]'), '77');
    await page.goto(`${stage.county.url}/producer`);
    assert.equal(await page.locator('li.row .facts', { hasText: '77 ' }).count(), 0);
  });

  test('a printed label reads back as the link of its item', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer`);
    await page.locator('li.row', { hasText: stage.lot }).locator('a.button').first().click();
    await page.waitForSelector('.label-preview img');
    await page.fill('input[name=count]', '3');
    await page.locator('form[action$="/labels"] button[type=submit]').click();
    await page.waitForSelector('ul.serials a');
    await assertSound(page, 'labels');
    await shoot(page, 'labels');
    const links = page.locator('details.run').first().locator('ul.serials a');
    assert.equal(await links.count(), 3);
    for (let i = 0; i < 3; i += 1) {
      const serial = (await links.nth(i).innerText()).trim();
      const answer = await page.request.get(new URL(await links.nth(i).getAttribute('href'), page.url()).href);
      assert.equal(answer.headers()['content-type'], 'image/png');
      const link = `${stage.county.url}/01/${stage.gtin}/10/${stage.lot}/21/${serial}`;
      assert.deepEqual(await scan(await answer.body()), [link]);
      stage.serial = serial;
      stage.link = link;
    }
  });
}

async function codes(page) {
  return page.locator('ul.rows li.row .facts .code').allInnerTexts();
}

async function chosen(page, selector) {
  return (await page.locator(`${selector} option:checked`).innerText()).trim();
}
