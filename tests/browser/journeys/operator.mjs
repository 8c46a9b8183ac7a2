// The operator's main jobs: a gateway is added, its key is shown once, and the first reading that
// is published with that key arrives on the open page; an account is made and signs in, and is
// refused elsewhere; a backup is made; what was refused is tried again.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DESK, assertSound, shoot, signIn, visit } from '../support/browser.mjs';
import { until } from '../support/county.mjs';
import { scan } from '../support/tools.mjs';

const run = promisify(execFile);
const SMALL = { width: 360, height: 740 };
const WIDE = { width: 1920, height: 1080 };

/** Publishes one SenML pack with a gateway's own key. */
async function publishAs(county, { id, key }, probe, pack) {
  await run('mosquitto_pub', [
    '-h', '127.0.0.1', '-p', String(county.mqttPort), '-q', '1', '-i', id, '-u', id, '-P', key,
    '-t', `suyuan/v1/${id}/${probe}/telemetry`, '-m', JSON.stringify(pack),
  ], { timeout: 20_000 });
}

async function operator(stage, path = '/operator') {
  const page = await visit(stage.browser, DESK);
  await signIn(page, stage.county, 'operator', path);
  return page;
}

/** Registers a gateway at the desk; returns its id and key, which stay on the open page. */
async function addGateway(page, id) {
  await page.fill('#id', id);
  await page.fill('section.side #name', `示范网关 ${id}`);
  await page.click('form[action="/operator/gateways"] button[type=submit]');
  await page.waitForSelector('#secret');
  return { id, key: await page.locator('#secret').innerText() };
}

export function operatorDesk(test, stage) {
  test('a gateway gets a key that is shown once, and its first reading arrives on the open page', async () => {
    const page = await operator(stage, '/operator/gateways');
    await shoot(page, 'operator-gateways');
    const gateway = await addGateway(page, 'maoba-1');
    assert.match(gateway.key, /^[A-Za-z0-9_-]{22}$/);
    await assertSound(page, 'the key');
    const read = await scan(await page.locator('svg.qr').screenshot());
    const address = new URL(read[0]);
    assert.deepEqual(
      [address.protocol, decodeURIComponent(address.username),
        decodeURIComponent(address.password), address.port],
      ['mqtt:', gateway.id, gateway.key, String(stage.county.mqttPort)],
    );
    await shoot(page, 'operator-key');
    await page.click('main a.button');
    await page.waitForURL(`${stage.county.url}/operator/gateways/${gateway.id}`);
    assert.ok(!(await page.content()).includes(gateway.key), 'it is never shown again');

    await page.fill('#probe-name', 'p1');
    await page.selectOption('#plot-probe', { index: 1 });
    await page.click('form[action$="/probes"] button[type=submit]');
    await page.waitForSelector('#probe-p1');
    assert.match(await page.locator('#last-seen').innerText(), /等待第一条数据/);
    await page.evaluate(() => { window.neverReloaded = true; });
    const channel = await firstChannel(stage, page, gateway.id);
    await publishAs(stage.county, gateway, 'p1', [
      { n: channel.name, u: channel.unit, v: 21.5, t: Math.floor(Date.now() / 1000) },
    ]);
    await page.waitForFunction(() => /21\.5/.test(document.querySelector('#probe-p1').innerText), null, { timeout: 15_000 });
    assert.match(await page.locator('#probe-p1').innerText(), /刚刚/);
    assert.ok(await page.evaluate(() => window.neverReloaded), 'it came by itself');
    await assertSound(page, 'the gateway');
    await shoot(page, 'operator-gateway', { fullPage: true });
    stage.gateway = gateway;
    await page.context().close();
  });

  test('a new key ends the old one, and a page that is out of date draws none', async () => {
    const page = await operator(stage, '/operator/gateways/maoba-1');
    const late = await page.context().newPage();
    await late.goto(`${stage.county.url}/operator/gateways/maoba-1`);
    await drawKey(page);
    const key = await page.locator('#secret').innerText();
    assert.notEqual(key, stage.gateway.key);
    await assert.rejects(publishAs(stage.county, stage.gateway, 'p1', []), 'the old key is worth nothing');
    await drawKey(late);
    await late.waitForSelector('.flash.bad');
    assert.equal(await late.locator('#secret').count(), 0);
    await page.context().close();
  });

  test('an account is made with a password shown once, signs in, and is refused elsewhere', async () => {
    const page = await operator(stage, '/operator/accounts');
    await page.fill('#login', 'lab-zhang');
    await page.fill('section.side #name', '快检员张');
    await page.selectOption('#role', 'lab');
    await shoot(page, 'operator-accounts');
    await page.click('form[action="/operator/accounts"][method=post] button');
    const password = await page.locator('#secret').innerText();
    await assertSound(page, 'the drawn password');
    await shoot(page, 'operator-drawn');

    const theirs = await visit(stage.browser, DESK);
    await theirs.goto(`${stage.county.url}/login?next=/lab`);
    await theirs.fill('input[name=account]', 'lab-zhang');
    await theirs.fill('input[name=password]', password);
    await theirs.click('form[action="/login"] button[type=submit]');
    await theirs.waitForURL(`${stage.county.url}/lab`);
    for (const path of ['/operator', '/operator/accounts', '/producer', '/supervisor']) {
      const answer = await theirs.goto(stage.county.url + path);
      assert.equal(answer.status(), 403, path);
    }

    await page.click('main a.button');
    await page.click('form[action$="/disable"] button');
    await page.getByText('账号已停用').first().waitFor();
    await theirs.goto(`${stage.county.url}/lab`);
    assert.ok(theirs.url().includes('/login'), 'a disabled account is signed out');
    await theirs.context().close();
    await page.context().close();
  });

  test('a backup is made from the desk and can be checked', async () => {
    const page = await operator(stage, '/operator/backups');
    await page.click('form[action="/operator/backups"] button');
    await page.waitForSelector('#backup-file', { timeout: 60_000 });
    const file = join(stage.county.data, 'backups', await page.locator('#backup-file').innerText());
    assert.ok(existsSync(file), file);
    await assertSound(page, 'backups');
    await shoot(page, 'operator-backups', { fullPage: true });
    await page.goto(`${stage.county.url}/operator`);
    assert.match(await page.locator('main').innerText(), /最近一次备份\s*正常/);
    await shoot(page, 'operator');
    await page.context().close();
  });

  test('what was refused for want of a probe is stored once the probe is there', async () => {
    const page = await operator(stage, '/operator/gateways');
    const gateway = await addGateway(page, 'maoba-2');
    const t = Math.floor(Date.now() / 1000);
    await publishAs(stage.county, gateway, 'p9', [{ n: 'temperature', u: 'Cel', v: 7.5, t }]);
    await until('the dead letter', async () => {
      await page.goto(`${stage.county.url}/operator/dead-letters?q=maoba-2`);
      return page.locator('tbody tr').count();
    });
    await page.click('tbody tr a');
    assert.match(await page.locator('pre').first().innerText(), /"temperature"/);
    await shoot(page, 'operator-letter');
    await page.goto(`${stage.county.url}/operator/gateways/maoba-2`);
    await page.fill('#probe-name', 'p9');
    const profile = await page.locator('#profile option', { hasText: /^demo|weather|field/ }).first().getAttribute('value').catch(() => null);
    if (profile) await page.selectOption('#profile', profile);
    await page.click('form[action$="/probes"] button[type=submit]');
    await page.waitForSelector('#probe-p9');
    await page.goto(`${stage.county.url}/operator/dead-letters?reason=unknown_probe&q=maoba-2`);
    await shoot(page, 'operator-letters');
    await page.click('tbody form button');
    await until('what came of it', async () => {
      await page.reload();
      return /已入库|部分入库|再次被拒/.test(await page.locator('main').innerText());
    });
    await page.context().close();
  });

  for (const viewport of [SMALL, { width: 1366, height: 768 }, WIDE]) {
    test(`every page of the operator's desk is sound at ${viewport.width} px`, async () => {
      const page = await visit(stage.browser, viewport);
      await signIn(page, stage.county, 'operator', '/operator');
      const paths = ['/operator', '/operator/accounts', '/operator/accounts/1', '/operator/gateways',
        '/operator/gateways/maoba-1', '/operator/gateways/maoba-1/probes/p1', '/operator/profiles',
        '/operator/profiles/1', '/operator/dead-letters', '/operator/jobs?all=1', '/operator/backups',
        '/operator/printers'];
      for (const path of paths) {
        await page.goto(stage.county.url + path);
        await assertSound(page, `${path} at ${viewport.width} px`);
        const small = await page.evaluate(tooSmall);
        assert.deepEqual(small, [], `${path}: targets of 44 px`);
      }
      await page.context().close();
    });
  }

  test('the desk is used by keyboard alone', async () => {
    const page = await operator(stage, '/operator/printers');
    await page.focus('#printer-name');
    await page.keyboard.type('检测室');
    for (const key of ['Tab', 'Tab', 'Tab']) await page.keyboard.press(key);
    await page.keyboard.type('tcp://127.0.0.1:9100');
    await page.keyboard.press('Enter');
    await page.getByText('打印机已登记').waitFor();
    await page.context().close();
  });
}

/** Opens the confirmation and draws another key. */
async function drawKey(page) {
  await page.locator('summary', { hasText: '换新密钥' }).click();
  await page.click('form[action$="/key"] button');
  await page.waitForLoadState();
}

/** A channel of the probe that was registered, from its own page. */
async function firstChannel(stage, page, id) {
  const other = await page.context().newPage();
  await other.goto(`${stage.county.url}/operator/gateways/${id}/probes/p1`);
  const name = (await other.locator('tbody th').first().innerText()).trim();
  await other.close();
  const answer = await page.request.get(`${stage.county.url}/api/v1/gateways/${id}/probes`);
  const { probes } = await answer.json();
  return probes[0].channels.find((channel) => channel.name === name);
}

/** Links, buttons and fields that a finger would miss; links inside sentences are text. */
function tooSmall() {
  const shown = (element) => element.offsetParent !== null && getComputedStyle(element).visibility === 'visible';
  const targets = [...document.querySelectorAll('main button, main summary, main input:not([type=hidden]), main select, main td a, main th a, main .links a, .tabs a')];
  return targets.filter(shown).filter((element) => element.getBoundingClientRect().height < 43.5)
    .map((element) => element.outerHTML.slice(0, 80));
}
