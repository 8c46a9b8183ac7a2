// The supervisor's desk beyond the live alarm: an alarm put on the shelf, a farm's readings over
// any time, a lot called back after its closure was seen, its list exported, and all of it in the
// audit log. Every page at 360, 1366 and 1920 px.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PASSWORD, assertSound, shoot, signIn, visit } from '../support/browser.mjs';

const SMALL = { width: 360, height: 740 };
const DESK = { width: 1366, height: 860 };
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
    const text = await answer.text();
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
}

/** A lot that may be sold, a lot that was made of a part of it, and a shop that got the rest. */
async function spread(stage) {
  const [producer, supervisor] = [await hand(stage, 'producer'), await hand(stage, 'supervisor')];
  const { lots } = await producer('/lots?limit=1');
  const [{ gtin, plot_id: plot }] = lots;
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const request = () => ({ request_id: randomUUID() });
  const lot = await producer('/lots', {
    ...request(), gtin, plot_id: plot, started_on: today, harvested_on: today, quantity: 120,
  });
  await supervisor(`/lots/${lot.id}/samples`, { ...request(), code: `CJ-${lot.id}` });
  await supervisor(`/lots/${lot.id}/release`, { ...request(), reason: '抽检合格' });
  await producer('/processings', {
    ...request(), plot_id: plot, kind: 'packing', inputs: [{ lot_id: lot.id, quantity: 80 }],
    outputs: [{ gtin, quantity: 78 }], loss: 1,
  });
  const shop = await supervisor('/parties', {
    ...request(), kind: 'buyer', name: '演示县城超市', name_en: 'Demo supermarket',
    township: '灵溪镇', contact: '0743-0000000',
  });
  await producer(`/lots/${lot.id}/shipments`, { ...request(), to_party_id: shop.id, quantity: 30 });
  return lot;
}

export function supervisorDesk(test, stage) {
  test('an alarm goes on the shelf with its reason and is taken off again', async () => {
    const page = await visit(stage.browser, DESK);
    await signIn(page, stage.county, 'supervisor', '/supervisor');
    const row = page.locator('#alarms > li').first();
    const id = await row.getAttribute('id');
    await row.locator('summary').click();
    await row.locator('select[name=account]').selectOption('supervisor');
    await row.locator('form[action$="/assign"] button').click();
    await page.locator(`#${id}`).getByText('负责人').first().waitFor();
    await page.locator(`#${id} summary`).click();
    await page.fill(`#${id} input[name=reason]`, '合作社正在点火熏烟');
    await shoot(page, 'supervisor-shelve');
    await page.click(`#${id} form[action$="/shelve"] button`);
    await page.waitForSelector('.flash.good');
    assert.equal(await page.locator(`#${id}`).count(), 0, 'it is off the open list');
    await page.click('.kinds a[href$="show=shelved"]');
    const shelved = page.locator(`#${id}`);
    assert.match(await shelved.innerText(), /搁置中[^]*合作社正在点火熏烟/);
    await assertSound(page, 'the shelf');
    await shelved.locator('summary').click();
    await shelved.locator('form[action$="/unshelve"] button').click();
    await page.waitForSelector('.flash.good');
    await page.click('.kinds a[href$="show=open"]');
    await page.locator(`#${id}`).waitFor();
    await page.context().close();
  });

  test('a farm is found and its readings are seen over any time', async () => {
    const page = await visit(stage.browser, DESK);
    await signIn(page, stage.county, 'supervisor', '/supervisor/farms');
    assert.ok(await page.locator('.county.watch a').count() > 3, 'townships are drawn');
    await shoot(page, 'supervisor-farms');
    await page.selectOption('#sort', 'name');
    await page.click('.filters button');
    const { probe } = await probeOf(stage);
    await page.goto(`${stage.county.url}/supervisor/farms/${probe.plot}?range=30d`);
    await page.locator('.chart .mean').first().waitFor();
    await assertSound(page, 'a farm');
    await shoot(page, 'supervisor-farm');
    await page.click('.kinds a[href$="range=24h"]');
    await page.locator('.chart').first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'), page.locator('a[download]').first().click(),
    ]);
    assert.match(download.suggestedFilename(), /\.csv$/);
    await page.context().close();
  });

  test('a lot is called back after its closure was seen, exported, and stands in the log', async () => {
    const lot = await spread(stage);
    const page = await visit(stage.browser, DESK);
    await signIn(page, stage.county, 'supervisor', '/supervisor/lots');
    await page.fill('#q', lot.code);
    await page.keyboard.press('Enter');
    await page.click(`a[href="/supervisor/lots/${lot.id}"]`);
    await page.locator('.closure').waitFor();
    await assertSound(page, 'a lot');
    await shoot(page, 'supervisor-lot', { fullPage: true });
    await page.click('a.danger');
    assert.match(await page.locator('main').innerText(), /将召回 2 个批次[^]*演示县城超市/);
    await assertSound(page, 'what a recall reaches');
    await page.check('#kind-recall');
    await page.fill('#reason', '复检发现农药残留超过限量');
    await shoot(page, 'supervisor-plan', { fullPage: true });
    await page.click('.recall button[type=submit]');
    await page.waitForSelector('.flash.bad');
    page.complaints.length = 0; // the browser reports the 422 itself
    await page.fill('#confirm', lot.code);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.flash.good');
    assert.match(page.url(), /\/supervisor\/recalls\/\d+/);
    assert.match(await page.locator('.counts').first().innerText(), /2/);
    const [sheet] = await Promise.all([
      page.waitForEvent('download'), page.click('a[href$="/lots.csv"]'),
    ]);
    const text = readFileSync(await sheet.path(), 'utf8');
    assert.ok(text.includes(lot.code) && text.includes('演示县城超市'), text);
    const shop = page.locator('.holder', { hasText: '演示县城超市' });
    await shop.locator('input[name=note]').fill('已下架 30 kg');
    await shop.locator('button').click();
    await page.getByText('已下架 30 kg').waitFor();
    await assertSound(page, 'a recall');
    await shoot(page, 'supervisor-recall', { fullPage: true });
    await page.goto(`${stage.county.url}/supervisor/audit?table=recall`);
    assert.match(await page.locator('.change').first().innerText(), /supervisor[^]*复检发现农药残留超过限量/);
    await shoot(page, 'supervisor-audit');
    const shown = await fetch(`${stage.county.url}/01/${lot.gtin}/10/${lot.code}`, { headers: { accept: 'text/html' } });
    assert.match(await shown.text(), /已召回/);
    stage.recalled = page.url();
    await page.context().close();
  });

  test('every page of the desk is sound on a phone, a desk and a wall', async () => {
    const { probe, lot } = await probeOf(stage);
    const paths = ['/supervisor', '/supervisor?show=all', '/supervisor/farms',
      `/supervisor/farms/${probe.plot}`, '/supervisor/lots', `/supervisor/lots/${lot}`,
      `/supervisor/lots/${lot}/recall`, '/supervisor/recalls', '/supervisor/recalls/1',
      '/supervisor/recalls/1/notice', '/supervisor/statistics', '/supervisor/audit'];
    for (const viewport of [SMALL, DESK, WIDE]) {
      const page = await visit(stage.browser, viewport);
      await signIn(page, stage.county, 'supervisor', '/supervisor');
      for (const path of paths) {
        await page.goto(stage.county.url + path);
        await assertSound(page, `${path} at ${viewport.width} px`);
        const name = path.replaceAll(/[/?=]+/g, '-').slice(1);
        if (process.env.SUYUAN_LOOK) await shoot(page, `look-${name}-${viewport.width}`, { fullPage: true });
        if (path === '/supervisor/statistics' && viewport === DESK) await shoot(page, 'supervisor-statistics');
      }
      await page.context().close();
    }
  });
}

/** The plot of the demonstration's probe, and some lot. */
async function probeOf(stage) {
  const api = await hand(stage, 'supervisor');
  const { placements } = await api('/gateways/demo-gw/probes/demo-probe/placements');
  const { lots } = await api('/lots?limit=1');
  return { probe: { plot: placements.at(-1).plot_id }, lot: lots[0].id };
}
