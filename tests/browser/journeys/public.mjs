// The public screens besides the buyer's page: catalogue, kiosk and wall. The kiosk is driven as a
// keyboard-wedge scanner drives it, with and without an input method, and with the network cut.

import assert from 'node:assert/strict';
import { until } from '../support/county.mjs';
import { Line } from '../support/line.mjs';
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
    for (const [name, settings] of [['keys of the machine', {}], ['and a focused button', { focus: '#again' }]]) {
      await press(page, '/01/02000000000008/10/NONE', settings);
      await press(page, lot, settings);
      await answered(page, new RegExp(lot.split('/').at(-1)), name);
      assert.ok(await page.locator('#again').isVisible(), 'Enter pressed no button');
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

  test('with the network cut the kiosk answers what it kept and says so', async () => {
    const line = await Line.to(stage.county.url);
    const page = await visit(stage.browser, KIOSK_UPRIGHT);
    await page.goto(`${line.url}/kiosk`);
    const kept = () => page.evaluate(async () => {
      const cache = await caches.open('kiosk-answers-1');
      return (await cache.keys()).length;
    });
    const asked = [];
    page.context().on('request', (request) => asked.push(new URL(request.url()).pathname));
    await until('the worker has kept the newest lots', async () => await kept() > 5, 30_000);
    assert.ok(asked.filter((path) => path === '/kiosk/recent').length <= 2, `${asked}`);
    assert.ok(!asked.includes('/kiosk/answer'), 'all of them in one answer');
    await line.cut();
    await page.reload();
    await scan(page, stage.link);
    await answered(page, /检测合格/);
    assert.ok(await page.locator('#kept').isVisible() && await page.locator('#away').isVisible());
    await scan(page, '/01/02000000000008/10/NONE');
    await page.waitForSelector('#unreachable:not([hidden])');
    assert.match(await page.locator('main').innerText(), /暂时查不到/);
    await line.mend();
    await scan(page, stage.link);
    await page.waitForSelector('#kept', { state: 'hidden' });
    await page.context().close();
    await line.cut();
  });

  test('the kiosk tells where, shows pictures and papers, and never leads away', async () => {
    const page = await visit(stage.browser, KIOSK_UPRIGHT);
    await page.goto(`${stage.county.url}/kiosk`);
    await scan(page, stage.season);
    await answered(page, /检测合格|已过保质期/);
    assert.equal(await page.locator('#answer .where .here').count(), 1);
    await page.click('#tab-pictures');
    const image = page.locator('#panel-pictures img').first();
    await image.evaluate((element) => element.decode());
    await assertSound(page, 'the pictures at the kiosk');
    await shoot(page, 'kiosk-pictures');
    await page.click('#tab-tests');
    await assertSound(page, 'the papers at the kiosk');
    const away = await page.locator('#answer a[href]').count();
    assert.equal(away, 0, 'no link in an answer');
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

/** The last chapter: the server is gone for good, as after a power cut. */
export function powerCut(test, stage) {
  test('with the server killed the kiosk answers what it kept and names what is wrong', async () => {
    const page = await visit(stage.browser, SCREEN);
    await page.goto(`${stage.county.url}/kiosk`);
    const code = stage.season.slice(stage.county.url.length);
    await until('the worker has kept the lot', () => page.evaluate(async (lot) => {
      const cache = await caches.open('kiosk-answers-1');
      return (await cache.keys()).some((key) => key.url.includes(encodeURIComponent(lot)));
    }, code), 30_000);
    await stage.county.kill();
    await page.reload();
    await scan(page, stage.season);
    await answered(page, /检测合格|已过保质期/);
    assert.ok(await page.locator('#kept').isVisible() && await page.locator('#away').isVisible());
    page.complaints.length = 0; // the browser reports the refused connections itself
    await assertSound(page, 'a kept answer');
    await shoot(page, 'kiosk-away');
    await scan(page, '/01/02000000000008/10/NONE');
    await page.waitForSelector('#unreachable:not([hidden])');
    page.complaints.length = 0;
    await assertSound(page, 'away and not kept');
    assert.match(await page.locator('main').innerText(), /暂时查不到/);
    await page.context().close();
  });
}

/**
 * Types a code as a scanner does: two milliseconds a key, then Enter; 30 characters in 60 ms. Where
 * the machine itself was late by more than a scanner is, it types again.
 */
async function scan(page, code, settings = {}) {
  const late = await typed(page, code, settings);
  if (late > 60) await scan(page, code, settings);
}

async function typed(page, code, { ime = false, focus } = {}) {
  return page.evaluate(([text, hidden, element]) => {
    if (element) document.querySelector(element)?.focus();
    const target = document.activeElement ?? document.body;
    const codes = { '/': 'Slash', ':': 'Semicolon', '.': 'Period', '-': 'Minus' };
    let next = performance.now();
    let [before, late] = [next, 0];
    for (const letter of [...text, 'Enter']) {
      while (performance.now() < next);
      next += 2;
      late = Math.max(late, performance.now() - before);
      before = performance.now();
      const upper = /[A-Z]/.test(letter) && letter !== 'Enter';
      const code = letter === 'Enter' ? 'Enter' : codes[letter]
        ?? (/\d/.test(letter) ? `Digit${letter}` : `Key${letter.toUpperCase()}`);
      const key = hidden && letter !== 'Enter' ? 'Process' : letter;
      target.dispatchEvent(new KeyboardEvent('keydown', {
        key, code, keyCode: hidden ? 229 : 0, shiftKey: upper || letter === ':',
        bubbles: true, cancelable: true,
      }));
    }
    return late;
  }, [code, ime, focus]);
}

/** The same with key events of the browser itself, handed over without waiting in between. */
async function press(page, code, { focus } = {}) {
  if (focus) await page.locator(focus).focus();
  const devtools = await page.context().newCDPSession(page);
  const keys = [...code].map((letter) => ({ type: 'keyDown', key: letter, text: letter }));
  keys.push({ type: 'keyDown', key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 });
  const ups = ({ key, code: place }) => ({ type: 'keyUp', key, code: place });
  await Promise.all(keys.flatMap((key) => [key, ups(key)])
    .map((event) => devtools.send('Input.dispatchKeyEvent', event)));
  await devtools.detach();
}

async function answered(page, pattern, name = '') {
  await until(`an answer ${pattern} ${name}`, async () => (
    await page.locator('#answer').isVisible()
      && pattern.test(await page.locator('#answer').innerText())));
}
