// Every state that a public page can be in, in both languages and in large type: nothing that axe
// finds, nothing wider than the screen, and the one thing that has to be said is said.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PASSWORD, PHONE, assertSound, shoot, visit } from '../support/browser.mjs';

const SMALL = { width: 360, height: 740 };
const DESK = { width: 1366, height: 768 };
const WIDE = { width: 1920, height: 1080 };

/** Somebody's hand at the API. */
async function hand({ county }, account) {
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ account, password: PASSWORD });
  const session = await fetch(`${county.url}/api/v1/sessions`, { method: 'POST', headers: json, body });
  const { token } = await session.json();
  const headers = { ...json, authorization: `Bearer ${token}` };
  return async (path, sent) => {
    const options = sent ? { method: 'POST', headers, body: JSON.stringify(sent) } : { headers };
    const answer = await fetch(`${county.url}/api/v1${path}`, options);
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
}

/** A page of the demonstration for each state that lots of it are in. */
async function pagesOf(stage) {
  const api = await hand(stage, 'supervisor');
  const { lots } = await api('/lots?limit=500');
  const path = (lot) => lot && `/01/${lot.gtin}/10/${lot.code}`;
  const of = (state, more = () => true) => path(lots.find((lot) => lot.state === state && more(lot)));
  const gtin = lots[0].gtin;
  const swapped = gtin.replace(/^(.*?)(\d)(?!\2)(\d)/, '$1$3$2');
  return [
    ['recalled', of('recalled'), /请停止食用与销售/, 200],
    ['held', of('held'), /不合格 · 停止销售|停止销售/, 200],
    ['growing', of('growing'), /未检测|检测中/, 200],
    ['in test', of('in_test'), /检测中/, 200],
    ['shipped', of('shipped'), /→/, 200],
    ['sold out', of('sold_out'), /./, 200],
    ['mistyped', `/01/${swapped}/10/${lots[0].code}`, /您要找的可能是/, 400],
    ['unknown', `${path(lots[0])}7`.slice(0, 40), /查无此码/, 404],
    ['malformed', '/01/12/10/X', /无法识别的追溯码/, 400],
    ['a product', `/01/${gtin}`, /批次/, 200],
    ['no such product', '/catalogue?q=zzzz', /没有找到/, 200],
    ['a code that is none', '/find?code=zzzz', /没有认出这个编码/, 404],
  ].filter(([, address]) => address);
}

export function states(test, stage) {
  test('every state of the public pages is sound in both languages', async () => {
    const pages = await pagesOf(stage);
    const seen = pages.map(([name]) => name);
    for (const name of ['recalled', 'held', 'growing', 'shipped', 'mistyped']) {
      assert.ok(seen.includes(name), `the demonstration has a lot ${name}: ${seen}`);
    }
    const page = await visit(stage.browser, SMALL);
    for (const [name, address, says, status] of pages) {
      for (const lang of ['zh', 'en']) {
        const join = address.includes('?') ? '&' : '?';
        const answer = await page.goto(`${stage.county.url}${address}${join}lang=${lang}`);
        assert.equal(answer.status(), status, `${name} ${address}`);
        if (lang === 'zh') assert.match(await page.locator('main').innerText(), says, name);
        page.complaints.length = 0; // the browser reports a status of 4xx itself
        const demo = lang === 'zh' ? /演示数据/ : /Demonstration data/;
        await assertSound(page, `${name} ${lang}`, demo);
      }
    }
    await page.context().close();
  });

  test('a voided label says so on its page and at the kiosk', async () => {
    const api = await hand(stage, 'producer');
    const { lots } = await api('/lots?limit=500');
    const lot = lots.find((one) => one.code === stage.lot);
    const run = await api(`/lots/${lot.id}/labels`, {
      request_id: randomUUID(), count: 1, size: '40x30mm',
    });
    const [{ link }] = run.labels;
    await api(`/label-runs/${run.run}/ledger`, {
      request_id: randomUUID(), kind: 'voided', reason: '印坏',
    });
    const page = await visit(stage.browser, PHONE);
    const answer = await page.goto(link);
    assert.equal(answer.status(), 404);
    assert.match(await page.locator('main').innerText(), /此码已作废[^]*作废日期/);
    page.complaints.length = 0; // the browser reports the 404 itself
    await assertSound(page, 'a voided label');
    await shoot(page, 'void-phone');
    const kiosk = await fetch(`${stage.county.url}/kiosk/answer?code=${encodeURIComponent(link)}`);
    assert.equal(kiosk.status, 404);
    assert.match(await kiosk.text(), /此码已作废/);
    await page.context().close();
  });

  test('large type is remembered and fits the smallest phone', async () => {
    const page = await visit(stage.browser, SMALL);
    const size = () => page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize));
    await page.goto(stage.link);
    const before = await size();
    await page.click('a.size');
    assert.ok(await size() >= before * 1.2, `${before} px → ${await size()} px`);
    for (const path of ['/', '/catalogue', stage.link.slice(stage.county.url.length)]) {
      await page.goto(stage.county.url + path);
      assert.ok(await size() >= before * 1.2, `${path} remembers`);
      await assertSound(page, `${path} in large type`);
    }
    await page.click('a.size');
    assert.equal(await size(), before);
    await page.context().close();
  });

  test('the trace page is read after few requests and few kilobytes', async () => {
    const page = await visit(stage.browser, PHONE, { isMobile: true, hasTouch: true });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    const [kinds, wire] = [new Map(), new Map()];
    devtools.on('Network.responseReceived', ({ requestId, type, response }) => {
      kinds.set(requestId, [type, new URL(response.url).pathname]);
    });
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      wire.set(requestId, encodedDataLength);
    });
    await page.goto(stage.season ?? stage.link, { waitUntil: 'networkidle' });
    const read = [...wire].filter(([id]) => !(kinds.get(id)?.[1] ?? '').startsWith('/pictures/'));
    const bytes = read.reduce((sum, [, size]) => sum + size, 0);
    const names = read.map(([id, size]) => `${kinds.get(id)?.[1]} ${size}`);
    console.log(`first load: ${bytes} bytes over the wire in ${read.length} requests: ${names.join(', ')}`);
    assert.ok(read.length >= 2 && read.length <= 6, `${read.length} requests: ${names}`);
    assert.ok(bytes <= 30 * 1024, `${bytes} bytes: ${names}`);
    await page.context().close();
  });

  test('the pages are pictured at their sizes', async (context) => {
    if (!process.env.SUYUAN_SHOTS) return context.skip('SUYUAN_SHOTS names no folder');
    const trace = stage.season ?? stage.link;
    const pages = await pagesOf(stage);
    const recalled = pages.find(([name]) => name === 'recalled')[1];
    const mistyped = pages.find(([name]) => name === 'mistyped')[1];
    const product = pages.find(([name]) => name === 'a product')[1];
    for (const [size, viewport] of [['phone', PHONE], ['desk', DESK]]) {
      const page = await visit(stage.browser, viewport, { deviceScaleFactor: 1 });
      for (const [name, address] of [
        ['home', '/'], ['catalogue', `/catalogue?q=${encodeURIComponent('莓茶')}`], ['product', product],
        ['recalled', recalled], ['mistyped', mistyped],
      ]) {
        await page.goto(stage.county.url + address);
        await settle(page);
        await shoot(page, `${name}-${size}`);
      }
      await page.goto(trace);
      await settle(page);
      if (viewport === PHONE) await shoot(page, 'trace-whole-phone', { fullPage: true });
      else await shoot(page, 'trace-desk');
      await page.context().close();
    }
    const wide = await visit(stage.browser, WIDE);
    await wide.goto(trace);
    await settle(wide);
    await shoot(wide, 'trace-wide');
    await wide.goto(`${stage.county.url}/catalogue`);
    await settle(wide);
    await shoot(wide, 'catalogue-wide');
    await wide.emulateMedia({ media: 'print' });
    await wide.goto(trace);
    await settle(wide);
    await wide.pdf({ path: `${process.env.SUYUAN_SHOTS}/trace-print.pdf`, format: 'A4', margin: { top: '14mm', bottom: '14mm', left: '14mm', right: '14mm' } });
    return wide.context().close();
  });
}

/** Lets pictures that are in sight arrive. */
async function settle(page) {
  await page.evaluate(async () => {
    const there = [...document.images].filter((image) => image.src && image.getBoundingClientRect().top < 2000);
    await Promise.allSettled(there.map((image) => image.decode()));
  });
}
