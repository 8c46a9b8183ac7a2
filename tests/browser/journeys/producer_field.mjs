// A producer in a field without a connection, and at the desk afterwards: what was sprayed is sent
// once, a harvest inside the interval is refused until a supervisor waives it, a certificate is
// issued and 24 labels are made. Nobody overwrites anybody, and nothing that was typed is lost.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PASSWORD, PHONE, assertSound, shoot, signIn, visit } from '../support/browser.mjs';
import { until } from '../support/county.mjs';

const WIDTHS = [[360, 740, '-phone'], [1920, 1080], [1366, 768, '']];
const TOUCH = { isMobile: true, hasTouch: true };
const INPUT = '演示吡虫啉 10% 可湿性粉剂';
const DAY_MS = 86_400_000;

/** `YYYY-MM-DD` in China standard time. */
const day = (offset) => new Date(Date.now() + 8 * 3_600_000 + offset * DAY_MS).toISOString().slice(0, 10);

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
    return answer.json();
  };
}

/** What is kept of work with this purpose. */
async function recorded(api, target) {
  const { records } = await api('/records?limit=500');
  return records.filter((record) => record.target === target);
}

/** Waits until the worker can serve the entry page by itself, to the next page at the latest. */
async function ready(page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await until('the entry page to be kept', () => page.evaluate(async () => (
    !!await caches.match('/producer/records/new', { ignoreVary: true }))));
}

/** Writes a spraying for one lot alone: its plot's others are none of this chapter's business. */
async function enter(page, lot, target) {
  await page.selectOption('#kind', 'pesticide');
  await page.selectOption('#plot_id', String(lot.plot_id));
  await page.selectOption('#lot_id', String(lot.id));
  await page.selectOption('#input_id', { label: INPUT });
  await page.fill('#dose', '30');
  await page.fill('#area_mu', '2.5');
  await page.fill('#person', '演示人员');
  await page.fill('#target', target);
}

const submit = (page) => page.locator('#field button[type=submit]');

/** Sound at every width that people have; a picture of what a PC and a phone show. */
async function soundEverywhere(page, name) {
  for (const [width, height, ending] of WIDTHS) {
    await page.setViewportSize({ width, height });
    await assertSound(page, `${name} at ${width} px`);
    if (ending !== undefined) await shoot(page, name + ending);
  }
}

const chapters = [stock, offline, drafts, signedOut, conflict, harvest, certificate, split, seek];

/** The chapter: each part goes on where the one before it ended. */
export function field(test, stage) {
  for (const part of chapters) part(test, stage);
}

function stock(test, stage) {
  test('a producer files an input and a growing lot', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer/inputs`);
    await page.selectOption('#kind', 'pesticide');
    await page.fill('#name', INPUT);
    await page.fill('#registration', 'PD20080000');
    await page.fill('#interval', '14');
    await page.selectOption('#unit', 'g');
    await page.click('form[action="/producer/inputs"] button[type=submit]');
    await page.waitForSelector('.flash.good');
    const row = page.locator('li.row', { hasText: INPUT });
    await row.locator('summary').click();
    await row.locator('input[name=amount]').fill('500');
    await row.locator('button[type=submit]').click();
    await page.waitForSelector('.flash.good');
    assert.match(await row.innerText(), /余 500 g/);
    await soundEverywhere(page, 'producer-inputs');
    await page.goto(`${stage.county.url}/producer/lots/new`);
    await page.selectOption('#product', stage.gtin);
    // What was refused before is there again as a draft.
    await page.fill('#harvested', '');
    await page.fill('#started', day(-40));
    await page.fill('#quantity', '200');
    await page.locator('form[action="/producer/lots"] button[type=submit]').dblclick();
    await page.waitForSelector('.flash.good');
    const api = await hand(stage, 'producer');
    const { lots } = await api('/lots?state=growing&limit=500');
    const alike = lots.filter((lot) => lot.started_on === day(-40) && lot.quantity === 200);
    assert.equal(alike.length, 1, 'a double click registers once');
    [stage.growing] = alike;
  });
}

function offline(test, stage) {
  test('a spraying is recorded on a phone without a connection and sent once', async () => {
    const page = await visit(stage.browser, PHONE, TOUCH);
    stage.phone = page;
    await signIn(page, stage.county, 'producer', '/producer/records');
    await page.goto(`${stage.county.url}/producer/records/new`);
    await assertSound(page, 'producer-record');
    await ready(page);
    await page.context().setOffline(true);
    // The page itself comes without a connection.
    await page.goto(`${stage.county.url}/producer/records/new?lot=${stage.growing.id}`);
    await enter(page, stage.growing, '田间无网');
    await submit(page).click();
    await page.locator('#count', { hasText: '待同步 1 条' }).waitFor();
    await page.locator('#word', { hasText: '没有网络' }).waitFor();
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    await shoot(page, 'producer-field-offline');
    await page.reload();
    await page.locator('#count', { hasText: '待同步 1 条' }).waitFor();
    const api = await hand(stage, 'producer');
    assert.equal((await recorded(api, '田间无网')).length, 0);
    await page.context().setOffline(false);
    await page.locator('#word', { hasText: '已全部同步' }).waitFor();
    page.complaints.length = 0; // the browser reports each failed request itself
    await page.reload();
    const kept = await recorded(api, '田间无网');
    assert.equal(kept.length, 1, 'sent once');
    assert.equal(kept[0].dose, 30);
    await assertSound(page, 'producer-field');
  });
}

function drafts(test, stage) {
  test('a browser that is closed in mid-entry keeps its draft, and a double click files once', async () => {
    const context = stage.phone.context();
    await stage.phone.goto(`${stage.county.url}/producer/records/new`);
    await enter(stage.phone, stage.growing, '写到一半');
    await stage.phone.close();
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.complaints = [];
    stage.phone = page;
    await page.goto(`${stage.county.url}/producer/records/new`);
    await page.locator('#field .kept').waitFor();
    assert.equal(await page.inputValue('#target'), '写到一半');
    assert.equal(await page.inputValue('#dose'), '30');
    await submit(page).dblclick();
    await page.waitForURL(/done=record/);
    const api = await hand(stage, 'producer');
    assert.equal((await recorded(api, '写到一半')).length, 1);
    await page.goto(`${stage.county.url}/producer/records/new`);
    assert.equal(await page.inputValue('#target'), '', 'the draft is done');
  });
}

function signedOut(test, stage) {
  test('who was signed out meanwhile is told, and loses nothing', async () => {
    const page = stage.phone;
    await enter(page, stage.growing, '退出之后');
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await submit(page).click();
    await page.locator('#signed-out').waitFor();
    assert.match(await page.locator('#count').innerText(), /待同步 1 条/);
    await page.locator('#signed-out a').click();
    await page.waitForURL(/\/login/);
    await page.context().addCookies(cookies);
    await page.goto(`${stage.county.url}/producer/records`);
    await page.locator('#word', { hasText: '已全部同步' }).waitFor();
    const api = await hand(stage, 'producer');
    assert.equal((await recorded(api, '退出之后')).length, 1);
    page.complaints.length = 0;
  });
}

function conflict(test, stage) {
  test('two people correct the same record: the second is told and nothing is overwritten', async () => {
    const api = await hand(stage, 'producer');
    const [{ id }] = await recorded(api, '写到一半');
    const [first, second] = [stage.producer, stage.phone];
    for (const page of [first, second]) await page.goto(`${stage.county.url}/producer/records/${id}`);
    await first.fill('#dose', '31');
    await submit(first).click();
    await first.waitForURL(/done=record/);
    await second.fill('#dose', '32');
    await submit(second).click();
    const item = second.locator('#queue li', { hasText: '有冲突' });
    await item.waitFor();
    assert.equal((await recorded(api, '写到一半'))[0].dose, 31);
    await item.locator('button[data-do=open]').click();
    const changed = second.locator('.versions .differs');
    await changed.waitFor();
    assert.match(await changed.innerText(), /用量\s+31\s+32/);
    second.complaints.length = 0; // the browser reports the refusal's status itself
    await assertSound(second, 'producer-conflict');
    await shoot(second, 'producer-conflict');
    await submit(second).click();
    await second.waitForURL(/done=record/);
    assert.equal((await recorded(api, '写到一半'))[0].dose, 32);
    await soundEverywhere(first, 'producer-records');
    await second.context().close();
  });
}

function harvest(test, stage) {
  test('a harvest inside the interval is refused with its rule, then accepted', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer/lots/${stage.growing.id}`);
    await page.fill('#quantity', '188');
    await page.click('form[action$="/harvest"] button[type=submit]');
    await page.waitForSelector('.flash.bad');
    page.complaints.length = 0; // the browser reports the refusal's status itself
    assert.match(await page.locator('.flash').innerText(), /安全间隔期 14 天：最早可于/);
    assert.match(await page.locator('#interval').innerText(), /第二十九条[^]*监管人员/);
    assert.equal(await page.inputValue('#quantity'), '188');
    await soundEverywhere(page, 'producer-lot');
    const supervisor = await hand(stage, 'supervisor');
    await supervisor(`/lots/${stage.growing.id}/interval-waiver`, { request_id: randomUUID(), reason: '演示准予' });
    await page.goto(`${stage.county.url}/producer/lots/${stage.growing.id}`);
    await page.fill('#quantity', '188');
    await page.click('form[action$="/harvest"] button[type=submit]');
    await page.waitForSelector('.flash.good');
    assert.match(await page.locator('.life .now').innerText(), /已采收/);
  });
}

function certificate(test, stage) {
  test('the lot is checked, certified and gets 24 labels', async () => {
    const page = stage.producer;
    await page.fill('#reason', '自行质量控制合格');
    await page.click('form[action$="/release"] button[type=submit]');
    await page.waitForSelector('.flash.good');
    await page.click('a[href$="/check"]');
    assert.match(await page.locator('.checks').innerText(), /农事记录/);
    await page.locator('form[action$="/certificates"] button[type=submit]').click();
    await page.waitForSelector('.flash.good');
    const paper = await page.locator('a[href*="/file?size=a6"]').getAttribute('href');
    const file = await page.request.get(stage.county.url + paper);
    assert.equal(file.headers()['content-type'], 'application/pdf');
    await soundEverywhere(page, 'producer-check');
    await page.locator('.checks + .acts a.button').first().click();
    await page.fill('input[name=count]', '24');
    await page.locator('form[action$="/labels"] button[type=submit]').click();
    await page.waitForSelector('.flash.good');
    await page.locator('details.run').first().locator('a.button').click();
    await page.waitForSelector('fieldset.sheet');
    const query = await page.locator('form[action$="/labels.pdf"]')
      .evaluate((own) => new URLSearchParams(new FormData(own)).toString());
    const sheet = await page.request.get(`${page.url().replace(/\?.*/, '')}/labels.pdf?${query}`);
    assert.equal(sheet.headers()['content-type'], 'application/pdf');
    assert.equal(await page.locator('.counts dd').first().innerText(), '24');
  });
}

function split(test, stage) {
  test('a lot is split at the desk, by keyboard alone, with its balance shown', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer/lots/${stage.growing.id}/process`);
    await page.fill('#input-quantity-1', '50');
    await page.selectOption('#output-1', { index: 1 });
    await page.fill('#output-quantity-1', '48');
    await page.fill('#loss', '1');
    assert.match(await page.locator('#balance').innerText(), /投入 50 − 产出 [\d.]+ − 损耗 1/);
    await soundEverywhere(page, 'producer-process');
    await page.fill('#output-quantity-1', '5000');
    await page.focus('#loss');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.flash.bad');
    page.complaints.length = 0; // the browser reports the refusal's status itself
    assert.match(await page.locator('.flash').innerText(), /超过投入所能得到的/);
    assert.equal(await page.inputValue('#output-quantity-1'), '5000');
  });
}

function seek(test, stage) {
  test('lots are searched, sorted and opened by keyboard alone', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer`);
    await page.focus('#q');
    await page.keyboard.type(stage.lot);
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=/);
    assert.deepEqual(await page.locator('li.row .facts .code').allInnerTexts(), [stage.lot]);
    await page.locator('li.row a.open').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/producer\/lots\/\d+$/);
    await soundEverywhere(page, 'producer-lot-open');
  });
}
