// The public screens besides the buyer's page: catalogue, kiosk and wall. The kiosk is driven as a
// keyboard-wedge scanner drives it, with and without an input method, and with the network cut.

import assert from 'node:assert/strict';
import { until } from '../support/county.mjs';
import { PHONE, assertSound, shoot, visit } from '../support/browser.mjs';

const KIOSK_UPRIGHT = { width: 1080, height: 1920 };
const SCREEN = { width: 1920, height: 1080 };

export function screens(test, stage) {
  test('the catalogue leads from a word to a lot', async () => {
    const page = await visit(stage.browser, SCREEN);
    await page.goto(`${stage.county.url}/catalogue`);
    await assertSound(page, '/catalogue');
    await shoot(page, 'catalogue');
    await page.fill('input[name=q]', '莓茶');
    await page.click('form.find button');
    assert.ok(await page.locator('.goods li').count() >= 1);
    await page.locator('.goods h3 a').first().click();
    await assertSound(page, 'a product');
    await page.setViewportSize({ width: 360, height: 740 });
    await assertSound(page, 'a product on a phone');
    await page.context().close();
  });

  test('a scanner is heard wherever the focus is and whatever input method is on', async () => {
    const page = await visit(stage.browser, KIOSK_UPRIGHT);
    await page.goto(`${stage.county.url}/kiosk`);
    await assertSound(page, '/kiosk');
    await shoot(page, 'kiosk');
    const lot = stage.link.slice(stage.county.url.length).replace(/\/21\/.*/, '');
    await scan(page, stage.link);
    await answered(page, /检测合格/);
    await assertSound(page, 'an answer');
    await shoot(page, 'kiosk-answer');
    for (const [name, settings] of [
      ['twice in a row', {}],
      ['with an input method', { ime: true }],
      ['with the focus on a button', { focus: '#again' }],
    ]) {
      await scan(page, '/01/02000000000008/10/NONE', settings);
      await scan(page, lot, settings);
      await answered(page, new RegExp(lot.split('/').at(-1)), name);
    }
    page.complaints.length = 0; // the browser reports the 404 of the unknown code itself
    await page.context().close();
  });

  test('a scan while the kiosk loads is not lost', async () => {
    const page = await visit(stage.browser, KIOSK_UPRIGHT);
    await page.route('**/kiosk-????????????????.js', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      await route.continue();
    });
    await page.goto(`${stage.county.url}/kiosk`, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.scans);
    await scan(page, stage.link);
    await answered(page, /检测合格/);
    await page.context().close();
  });

  test('a code is typed by touch, tabs open, and an idle kiosk clears itself', async () => {
    const page = await visit(stage.browser, SCREEN, { hasTouch: true });
    await page.clock.install();
    await page.goto(`${stage.county.url}/kiosk`);
    const gtin = stage.link.match(/\/01\/(\d{14})\//)[1];
    for (const digit of gtin) await page.tap(`[data-digit="${digit}"]`);
    await shoot(page, 'kiosk-typing');
    await page.tap('#pad .go');
    await answered(page, /请选择批次/);
    await page.locator('.choices button').first().tap();
    await answered(page, /产品与主体/);
    await page.tap('#tab-field');
    assert.ok(await page.locator('#panel-field').isVisible());
    await assertSound(page, 'the field tab');
    const small = await page.evaluate(() => [...document.querySelectorAll('button, a.button')]
      .filter((b) => b.offsetParent).map((b) => [b.innerText, b.offsetHeight]).filter(([, h]) => h < 60));
    assert.deepEqual(small, [], 'targets of at least 60 px');
    await page.clock.runFor(62_000);
    assert.ok(await page.locator('#still').isVisible(), 'asks whether anybody is there');
    await page.tap('#stay');
    await page.clock.runFor(2_000);
    assert.ok(await page.locator('#answer').isVisible(), 'somebody was');
    await page.clock.runFor(85_000);
    assert.ok(await page.locator('#attract').isVisible(), 'nobody was');
    assert.equal(await page.locator('#answer').innerText(), '');
    await page.context().close();
  });

  test('with the server away the kiosk answers what it kept and says so', async () => {
    const page = await visit(stage.browser, KIOSK_UPRIGHT);
    await page.goto(`${stage.county.url}/kiosk`);
    const kept = () => page.evaluate(async () => {
      const cache = await caches.open('kiosk-answers-1');
      return (await cache.keys()).length;
    });
    await until('the worker has kept the newest lots', async () => await kept() > 5, 30_000);
    await page.context().setOffline(true);
    await page.reload();
    await scan(page, stage.link);
    await answered(page, /检测合格/);
    assert.ok(await page.locator('#kept').isVisible() && await page.locator('#away').isVisible());
    await scan(page, '/01/02000000000008/10/NONE');
    await page.waitForSelector('#unreachable:not([hidden])');
    assert.match(await page.locator('main').innerText(), /暂时查不到/);
    await page.context().setOffline(false);
    await scan(page, stage.link);
    await page.waitForSelector('#kept', { state: 'hidden' });
    await page.context().close();
  });

  test('the wall tells the county, greys when the news stop, and fits a phone', async () => {
    const page = await visit(stage.browser, SCREEN);
    await page.clock.install();
    await page.goto(`${stage.county.url}/wall`);
    await assertSound(page, '/wall');
    const { tall } = await page.evaluate(() => ({ tall: document.documentElement.scrollHeight }));
    assert.ok(tall <= SCREEN.height, `${tall} px fit one screen`);
    assert.match(await page.locator('.figures').innerText(), /生产主体\s+1[0-9]/);
    await shoot(page, 'wall');
    await page.route('**/wall/panels*', (route) => route.abort());
    for (let step = 0; step < 8; step += 1) {
      await page.clock.runFor(5_100);
      await new Promise((resolve) => setTimeout(resolve, 60)); // the cut answer arrives in real time
    }
    assert.ok(await page.locator('#stale').isVisible());
    await page.setViewportSize({ width: PHONE.width, height: PHONE.height });
    page.complaints.length = 0; // the browser reports the cut requests itself
    await page.context().close();
  });
}

/** Types a code as a scanner does: all of it within some 60 ms, then Enter. */
async function scan(page, code, { ime = false, focus } = {}) {
  await page.evaluate(([text, hidden, element]) => {
    if (element) document.querySelector(element)?.focus();
    const target = document.activeElement ?? document.body;
    const codes = { '/': 'Slash', ':': 'Semicolon', '.': 'Period', '-': 'Minus' };
    for (const letter of [...text, 'Enter']) {
      const upper = /[A-Z]/.test(letter) && letter !== 'Enter';
      const code = letter === 'Enter' ? 'Enter' : codes[letter]
        ?? (/\d/.test(letter) ? `Digit${letter}` : `Key${letter.toUpperCase()}`);
      const key = hidden && letter !== 'Enter' ? 'Process' : letter;
      target.dispatchEvent(new KeyboardEvent('keydown', {
        key, code, keyCode: hidden ? 229 : 0, shiftKey: upper || letter === ':',
        bubbles: true, cancelable: true,
      }));
    }
  }, [code, ime, focus]);
}

async function answered(page, pattern, name = '') {
  await until(`an answer ${pattern} ${name}`, async () => (
    await page.locator('#answer').isVisible()
      && pattern.test(await page.locator('#answer').innerText())));
}
