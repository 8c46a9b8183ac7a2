// The lab's day: twenty results by keyboard alone, one of them positive; a draft that survives, a
// result that arrives by itself, a correction with its report, a block from a spreadsheet.

import assert from 'node:assert/strict';
import { DESK, PASSWORD, assertSound, shoot, signIn, visit } from '../support/browser.mjs';
import { until } from '../support/county.mjs';

const SMALL = { width: 360, height: 740 };
const WIDE = { width: 1920, height: 1080 };
const RESULTS = 20;
const POSITIVE = 7;
const WITHIN_MS = 120_000;

/** The API as an account: GET without a body, POST with one. */
async function api(county, account) {
  const ask = async (path, body, token) => {
    const reply = await fetch(`${county.url}/api/v1/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: body && JSON.stringify(body),
    });
    assert.ok(reply.ok, `${path}: ${reply.status} ${await reply.clone().text()}`);
    return reply.json();
  };
  const { token } = await ask('sessions', { account, password: PASSWORD });
  return (path, body) => ask(path, body, token);
}

function today() {
  return new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** A harvested lot with samples of these codes. */
async function sampled(stage, codes) {
  const producer = await api(stage.county, 'producer');
  const { plots } = await producer('plots');
  const lot = await producer('lots', {
    request_id: crypto.randomUUID(), gtin: stage.gtin, plot_id: plots[0].id, quantity: 100,
    started_on: '2026-08-01', harvested_on: today(),
  });
  for (const code of codes) {
    await stage.lab(`lots/${lot.id}/samples`, { request_id: crypto.randomUUID(), code });
  }
  return lot;
}

export function bench(test, stage) {
  test('twenty results are entered by keyboard alone, and one positive holds its lot', async () => {
    stage.lab = await api(stage.county, 'lab');
    const codes = Array.from({ length: RESULTS }, (_, i) => `S-BENCH-${String(i + 1).padStart(2, '0')}`);
    const others = codes.filter((_, i) => i !== POSITIVE);
    const [sound, positive] = [await sampled(stage, others), await sampled(stage, [codes[POSITIVE]])];
    const page = await visit(stage.browser, DESK);
    stage.bench = page;
    await signIn(page, stage.county, 'lab', '/lab');
    await assertSound(page, 'lab');
    const began = Date.now();
    for (const [i, code] of codes.entries()) {
      await page.keyboard.type(code);
      await page.keyboard.press('Enter');
      await page.keyboard.type(i === POSITIVE ? '62.4' : `${(10 + i / 2).toFixed(1)}`, { delay: 20 });
      if (i === POSITIVE) await confirm(page);
      await page.keyboard.press('Enter');
    }
    await page.locator('#saved', { hasText: codes.at(-1) }).waitFor();
    const took = Date.now() - began;
    assert.ok(took < WITHIN_MS, `${took} ms`);
    assert.ok(await page.locator('#unsaved').isHidden(), 'nothing is left over');
    const entered = async (lot) => (await stage.lab(`tests?lot=${lot.id}`)).tests.map((t) => t.sample_code);
    assert.deepEqual((await entered(sound)).sort(), others);
    assert.deepEqual(await entered(positive), [codes[POSITIVE]]);
    assert.equal((await stage.lab(`lots/${positive.id}`)).state, 'held');
    assert.equal((await stage.lab(`lots/${sound.id}`)).state, 'released');
    const supervisor = await api(stage.county, 'supervisor');
    assert.match(JSON.stringify(await supervisor('messages')), new RegExp(positive.code));
    stage.lots = { sound, positive };
  });

  test('a draft survives the browser, and a value that no instrument reads is refused', async () => {
    const { sound } = stage.lots;
    await stage.bench.keyboard.type(sound.code);
    await stage.bench.keyboard.press('Enter');
    await stage.bench.keyboard.type('118');
    await stage.bench.locator('#verdict.bad').waitFor();
    const context = stage.bench.context();
    await stage.bench.close();
    const page = await context.newPage();
    page.complaints = [];
    stage.bench = page;
    await page.goto(`${stage.county.url}/lab`);
    await page.locator('#saved', { hasText: '上次' }).waitFor();
    assert.equal(await page.inputValue('#sample'), sound.code);
    assert.equal(await page.inputValue('#value'), '118');
    await page.locator('#verdict.bad').waitFor();
    await page.keyboard.press('Enter');
    await page.fill('#value', '11.8');
    await page.keyboard.press('Enter');
    await page.locator('#saved', { hasText: sound.code }).waitFor();
  });

  test('a result of somebody else waits behind the button', async () => {
    const { sound } = stage.lots;
    await stage.bench.locator('#live.live').waitFor();
    await stage.lab(`lots/${sound.id}/tests`, {
      request_id: crypto.randomUUID(), sample_code: 'S-LIVE', value: 7.5,
      item: '有机磷和氨基甲酸酯类农药残留（抑制率）', method: 'GB/T 5009.199-2003',
    });
    const fresh = stage.bench.locator('#fresh');
    await fresh.waitFor();
    assert.match(await fresh.innerText(), /1 条新结果/);
    await shoot(stage.bench, 'lab-live');
    await fresh.click();
    assert.match(await stage.bench.locator('#results tr').first().innerText(), /S-LIVE/);
  });

  test('a correction keeps what was, and the report prints', async () => {
    const page = stage.bench;
    await page.goto(`${stage.county.url}/lab/results?q=S-LIVE`);
    await page.locator('#main').getByText('S-LIVE').first().click();
    await page.fill('#value', '75');
    await page.fill('#reason', '小数点抄错');
    await page.click('#correction button');
    await page.locator('[role=alert]', { hasText: '不合格' }).waitFor();
    await shoot(page, 'lab-correction');
    await page.click('#correction button');
    await page.locator('.flash.good').waitFor();
    assert.match(await page.locator('dl').innerText(), /小数点抄错/);
    await assertSound(page, 'correction');
    assert.equal((await stage.lab(`lots/${stage.lots.sound.id}`)).state, 'held');
    const href = await page.getByText('打印报告').getAttribute('href');
    const report = await page.request.get(new URL(href, page.url()).href);
    assert.equal(report.headers()['content-type'], 'application/pdf');
    assert.match((await report.body()).subarray(0, 5).toString(), /%PDF-/);
  });

  test('a block from a spreadsheet is looked at, then entered line by line', async () => {
    const page = stage.bench;
    await page.goto(`${stage.county.url}/lab/paste`);
    const { sound } = stage.lots;
    await page.fill('#block', `样品编号\t检测值\n${sound.code}\t9.5\nS-NOBODY\t1\n`);
    await page.click('button[value=look]');
    await page.getByText('1 行有误').waitFor();
    await assertSound(page, 'paste');
    await shoot(page, 'lab-paste');
    await page.click('button[value=enter]');
    await page.getByText('已保存 1 行').waitFor();
    assert.match(await page.inputValue('#block'), /^S-NOBODY/);
  });

  test('the pages of the lab are sound on a phone, a desk and a wall', async () => {
    const page = stage.bench;
    const all = ['/lab', '/lab/results', '/lab/paste', '/lab/limits', '/account'];
    for (const [viewport, paths] of [[SMALL, all], [DESK, all], [WIDE, ['/lab', '/lab/results']]]) {
      await page.setViewportSize(viewport);
      for (const path of paths) {
        await page.goto(stage.county.url + path);
        await assertSound(page, `${path} at ${viewport.width} px`);
        if (viewport === DESK && !['/lab', '/lab/paste'].includes(path)) await shoot(page, path.slice(1).replace('/', '-'));
        if (viewport === SMALL && path === '/lab') await shoot(page, 'lab-phone');
      }
    }
    await page.context().close();
  });

  test('a password is changed, and other sign-ins end', async () => {
    const page = await visit(stage.browser, DESK);
    const other = await visit(stage.browser, DESK);
    for (const one of [other, page]) await signIn(one, stage.county, 'lab', '/lab');
    await page.click('.who a.account');
    const change = async (old, fresh) => {
      await page.fill('#old', old);
      await page.fill('#new', fresh);
      await page.fill('#again', fresh);
      await page.click('#password button');
    };
    await change('not the password', 'another one');
    await page.locator('.flash.bad', { hasText: '原密码' }).waitFor();
    page.complaints.length = 0; // the browser reports the refusal's status itself
    await change(PASSWORD, 'another one');
    await page.locator('.flash.good').waitFor();
    assert.equal(await page.locator('main .rows > li').count(), 1, 'this sign-in alone is left');
    await other.goto(`${stage.county.url}/lab`);
    assert.match(other.url(), /\/login/);
    await change('another one', PASSWORD);
    await page.locator('.flash.good').waitFor();
    await signIn(other, stage.county, 'lab', '/account');
    await page.reload();
    const rows = page.locator('main .rows > li');
    assert.equal(await rows.count(), 2);
    await rows.nth(1).locator('button').click();
    await page.locator('.flash.good').waitFor();
    await other.goto(`${stage.county.url}/account`);
    assert.match(other.url(), /\/login/);
    await Promise.all([page, other].map((one) => one.context().close()));
  });

  test('a tour shows the desk step by step, by keyboard, once', async () => {
    const page = await visit(stage.browser, DESK, { isNew: true });
    await signIn(page, stage.county, 'lab', '/lab');
    await page.locator('#tour-invite button').first().press('Enter');
    const card = page.locator('dialog.tour');
    await card.waitFor();
    await assertSound(page, 'tour');
    await shoot(page, 'tour');
    const steps = Number((await card.locator('.count').innerText()).split('/')[1]);
    assert.ok(steps >= 4, `${steps} steps`);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    assert.match(await card.locator('.count').innerText(), /^1 /);
    for (let step = 1; step < steps; step += 1) {
      await page.keyboard.press('Enter');
      await page.locator('dialog.tour .count', { hasText: `${step + 1} / ${steps}` }).waitFor();
      assert.equal(await page.locator('.toured').count(), 1);
    }
    await page.keyboard.press('Enter');
    await until('the end of the tour', async () => (await card.count()) === 0);
    await page.goto(`${stage.county.url}/lab`);
    await page.locator('#tour-start').click();
    await card.waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await card.count(), 0);
    assert.equal(await page.locator('#tour-invite').count(), 0, 'nobody is invited twice');
    await page.context().close();
  });
}

/** Waits for the verdict of a failure, asks once, and leaves the yes to the caller. */
async function confirm(page) {
  await page.locator('#verdict.bad').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('#verdict', { hasText: '停售' }).waitFor();
  await shoot(page, 'lab-positive');
}
