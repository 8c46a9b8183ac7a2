// A buyer scans the label: what the page of the item shows on a phone.

import assert from 'node:assert/strict';
import { PHONE, assertSound, shoot, visit } from '../support/browser.mjs';

export function buyer(test, stage) {
  test('a scanned label shows product, producer, plot, readings and the test', async () => {
    const page = await visit(stage.browser, PHONE, { isMobile: true, hasTouch: true });
    const answer = await page.goto(stage.link);
    assert.equal(answer.status(), 200);
    const text = await page.locator('main').innerText();
    const [name] = stage.productName.split(/[ ·（(]/);
    assert.ok(text.includes(name), `product ${name}`);
    assert.match(text, /演示.*合作社/, 'the producer is an organisation, plainly a demonstration');
    assert.ok(text.includes(stage.lot) && text.includes(stage.serial), 'lot and serial');
    const [plot] = stage.plotName.split(/[ （(]/);
    assert.ok(text.includes(plot), `plot ${plot}`);
    const result = page.locator('table.tests tbody tr').first();
    assert.match(await result.innerText(), /12\.5/);
    assert.match(await result.innerText(), /合格/);
    assert.match(await page.locator('.verdict .word').innerText(), /检测合格/);
    await assertSound(page, 'trace on a phone');
    await shootScreens(page);
    await page.context().close();
  });

  test('charts break where nothing was measured and say so', async () => {
    const page = await visit(stage.browser, PHONE);
    await page.goto(stage.link);
    for (const fold of await page.locator('details.more > summary').all()) await fold.click();
    const titles = await page.locator('figure.chart figcaption').allInnerTexts();
    assert.ok(titles.some((t) => /温度|气温/.test(t)), `a chart of temperature: ${titles}`);
    assert.ok(titles.some((t) => /土壤/.test(t)), `a chart of soil moisture: ${titles}`);
    const gapped = page.locator('figure.chart', { has: page.locator('rect.hole') }).first();
    assert.equal(await gapped.count(), 1, 'a gap is hatched');
    const line = await gapped.locator('path.mean').getAttribute('d');
    assert.ok(line.match(/M/g).length >= 2, 'the line is lifted over the gap');
    assert.match(await gapped.locator('.legend').innerText(), /无数据|缺|没有/);
    await page.context().close();
  });

  test('the page needs no script', async () => {
    const page = await visit(stage.browser, PHONE, { javaScriptEnabled: false });
    await page.goto(stage.link);
    assert.match(await page.locator('.verdict .word').innerText(), /检测合格/);
    assert.ok(await page.locator('figure.chart path.mean').count() > 0);
    assert.ok(await page.locator('.where .here').count() === 1, 'where it grew');
    const text = await page.locator('main').innerText();
    for (const fact of [stage.lot, '12.5', '应有', '实测', '申报', '12315', '按乡镇示意']) {
      assert.ok(text.includes(fact), `${fact} as text`);
    }
    await page.locator('details summary').first().click();
    assert.ok(await page.locator('details table').first().isVisible(), 'numbers fold out');
    await page.context().close();
  });

  test('the page speaks English when asked', async () => {
    const page = await visit(stage.browser, PHONE);
    await page.goto(`${stage.link}?lang=en`);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    assert.doesNotMatch(await page.locator('h2').allInnerTexts().then((t) => t.join(' ')), /[一-龥]/);
    await page.context().close();
  });

  test('a made-up serial is no item of ours', async () => {
    const page = await visit(stage.browser, PHONE);
    const answer = await page.goto(stage.link.replace(/[^/]+$/, '0000000000000'));
    assert.equal(answer.status(), 404);
    assert.doesNotMatch(await page.locator('main').innerText(), /检测合格/);
    await page.context().close();
  });
}

/** The page as a phone shows it: the top, then the sections that carry the evidence. */
async function shootScreens(page) {
  await shoot(page, 'trace-phone');
  for (const [name, section] of [['where', '.where'], ['tests', 'table.tests'], ['charts', 'figure.chart']]) {
    await page.locator('section', { has: page.locator(section) }).first().evaluate((element) => {
      const top = element.getBoundingClientRect().top + window.scrollY - 12;
      window.scrollTo({ top, behavior: 'instant' });
    });
    await shoot(page, `trace-phone-${name}`);
  }
}
