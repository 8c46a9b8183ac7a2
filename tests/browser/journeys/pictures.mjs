// Pictures: the strip on the page of a lot that is on sale, and each camera's newest at the desks.

import assert from 'node:assert/strict';
import { PASSWORD, assertSound, shoot, signIn, visit } from '../support/browser.mjs';

const PHONE = { width: 360, height: 740 };
const DESK = { width: 1366, height: 768 };

/** The address of the season's released lot of the demonstration's tea garden: of those there, the
    first to be registered; other chapters register lots of their own. */
async function teaLot({ county }) {
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ account: 'supervisor', password: PASSWORD });
  const session = await fetch(`${county.url}/api/v1/sessions`, { method: 'POST', headers: json, body });
  const { token } = await session.json();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${county.url}/api/v1/lots?limit=500`, { headers });
  const { lots } = await answer.json();
  const lot = lots.findLast((l) => l.state === 'released' && l.plot === '云雾坡一号茶园');
  assert.ok(lot, 'a released lot of the tea garden');
  return `${county.url}/01/${lot.gtin}/10/${lot.code}`;
}

/** Scrolls an image into sight and waits until it is decoded. */
async function seen(image) {
  await image.scrollIntoViewIfNeeded();
  await image.evaluate((element) => element.decode());
  return image.evaluate((element) => element.naturalWidth);
}

export function pictures(test, stage) {
  for (const viewport of [PHONE, DESK]) {
    test(`a lot's pictures are a strip with dates at ${viewport.width} px`, async () => {
      const page = await visit(stage.browser, viewport);
      await page.goto(await teaLot(stage));
      const section = page.locator('section', { has: page.locator('.strip') });
      const text = await section.innerText();
      assert.match(text, /实地照片[^]*共 \d+ 张/, 'how many there are');
      assert.match(text, /没有照片的日子/, 'a gap is named');
      assert.match(text, /实测[^]*demo-gw \/ demo-cam/, 'where they come from');
      const images = section.locator('.strip img');
      assert.equal(await images.count(), 12);
      assert.equal(await seen(images.first()), 480, 'the small rendition');
      for (const image of await images.all()) {
        assert.equal(await image.getAttribute('loading'), 'lazy');
        assert.match(await image.getAttribute('alt'), /摄像头 .+ 拍摄的照片/);
      }
      await assertSound(page, `pictures at ${viewport.width} px`);
      await section.evaluate((element) => element.scrollIntoView({ behavior: 'instant' }));
      await shoot(page, viewport === PHONE ? 'trace-phone-pictures' : 'trace-desk-pictures');
      const whole = await images.first().locator('xpath=..').getAttribute('href');
      const answer = await page.request.get(new URL(whole, stage.county.url).href);
      assert.equal(answer.headers()['cache-control'], 'public, max-age=31536000, immutable');
      await page.context().close();
    });
  }

  test('the pictures play as a time-lapse', async () => {
    const page = await visit(stage.browser, PHONE);
    stage.season = await teaLot(stage);
    await page.goto(stage.season);
    const player = page.locator('.player');
    await player.scrollIntoViewIfNeeded();
    const button = player.locator('button');
    const day = player.locator('output');
    await day.filter({ hasText: /^\d{4}-\d\d-\d\d$/ }).waitFor();
    const first = await day.innerText();
    await button.click();
    await page.waitForFunction((was) => document.querySelector('.player output').textContent > was, first);
    await button.click();
    assert.match(await button.innerText(), /播放/);
    const last = Number(await player.locator('input').getAttribute('max'));
    assert.ok(last >= 12, `${last + 1} frames`);
    await player.locator('input').fill(String(last));
    await page.waitForFunction(() => document.querySelector('.player img').naturalWidth === 480);
    await assertSound(page, 'the time-lapse');
    await page.context().close();
  });

  test('the strip needs no script', async () => {
    const page = await visit(stage.browser, PHONE, { javaScriptEnabled: false });
    await page.goto(await teaLot(stage));
    assert.equal(await page.locator('.strip img').count(), 12);
    assert.equal(await page.locator('.player').isVisible(), false);
    await page.context().close();
  });

  test('the desks show each camera with its newest picture', async () => {
    for (const [account, path] of [['supervisor', '/supervisor/farms'], ['operator', '/operator']]) {
      const page = await visit(stage.browser, DESK);
      await signIn(page, stage.county, account, path);
      const images = page.locator('.shots img');
      assert.ok(await images.count() >= 6, path);
      assert.equal(await seen(images.first()), 480);
      await images.first().evaluate((element) => element.scrollIntoView({ behavior: 'instant' }));
      await shoot(page, `cameras-${account}`);
      await assertSound(page, path);
      await page.context().close();
    }
  });
}
