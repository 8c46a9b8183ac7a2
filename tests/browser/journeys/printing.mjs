// A producer prints: 24 labels on a half-used sheet, and on a label printer that jams and goes on
// at a label. A scanner reads what came out.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DESK, PASSWORD, assertSound, shoot, signIn, visit } from '../support/browser.mjs';
import { until } from '../support/county.mjs';
import { Printer } from '../support/printer.mjs';
import { scan } from '../support/tools.mjs';

const run = promisify(execFile);
const WIDTHS = [[360, 740], [1366, 768], [1920, 1080]];

/** Pixels an inch at which a sheet is looked at: a scanner that misses a code gets a second look. */
const LOOKS_DPI = ['254', '300', '200'];

/** Every code on each of a PDF's two pages. */
async function codesOf(pdf) {
  const folder = mkdtempSync(join(tmpdir(), 'suyuan-sheet-'));
  try {
    writeFileSync(join(folder, 'labels.pdf'), pdf);
    const pages = [new Set(), new Set()];
    for (const dpi of LOOKS_DPI) {
      await run('pdftoppm', ['-gray', '-png', '-r', dpi, join(folder, 'labels.pdf'), join(folder, 'page')]);
      for (const [place, found] of pages.entries()) {
        for (const code of await scan(readFileSync(join(folder, `page-${place + 1}.png`)))) found.add(code);
      }
    }
    return pages.map((found) => [...found]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function call(page, account, path, body) {
  const url = new URL(page.url()).origin;
  // Not with the page's cookies: this is another program.
  const post = (to, data, headers) => fetch(url + to, {
    method: 'POST', body: JSON.stringify(data), headers: { 'content-type': 'application/json', ...headers },
  });
  const session = await post('/api/v1/sessions', { account, password: PASSWORD });
  const { token } = await session.json();
  const answer = await post(path, body, { authorization: `Bearer ${token}` });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

const count = (page, at) => page.locator('.counts dd').nth(at).innerText();

export function printing(test, stage) {
  test('24 labels begin on a half-used sheet where the producer clicks', async () => {
    const page = stage.producer;
    await page.goto(`${stage.county.url}/producer`);
    await page.locator('li.row', { hasText: stage.lot }).locator('a.button').first().click();
    // The preview changes with the medium, and says what the code will be.
    await page.selectOption('select[name=media]', 'a4-3x8');
    await page.waitForURL(/media=a4-3x8/);
    assert.match(await page.locator('.label-preview figcaption').innerText(),
      /QR [\d.]+ mm · 模块 0\.50* mm · 纠错 [QM] · 静区 4/);
    assert.match(await page.locator('.label-preview img').getAttribute('src'), /preview\.svg\?media=a4-3x8$/);
    const wide = await page.locator('.label-preview img').evaluate((img) => img.getBoundingClientRect().width);
    assert.ok(Math.abs(wide - 70 * 96 / 25.4) < 3, `70 mm are ${wide} px`);
    await page.fill('input[name=count]', '24');
    await page.locator('form[action$="/labels"] button[type=submit]').click();
    await page.waitForSelector('.flash.good');
    await page.locator('details.run').first().locator('a.button').click();
    await page.waitForSelector('fieldset.sheet');
    stage.run = page.url().replace(/\?.*/, '');
    await page.locator('.place', { hasText: /^13$/ }).click();
    assert.equal(await page.locator('input[name=start_at]:checked').inputValue(), '13');
    await assertSound(page, 'label-run');
    for (const [width, height] of WIDTHS) {
      await page.setViewportSize({ width, height });
      await assertSound(page, `label-run at ${width} px`);
      await shoot(page, `label-run-${width}`);
    }
    await page.setViewportSize(DESK);
    const form = page.locator('form[action$="/labels.pdf"]');
    const query = await form.evaluate((own) => new URLSearchParams(new FormData(own)).toString());
    const answer = await page.request.get(`${stage.run}/labels.pdf?${query}`);
    assert.equal(answer.headers()['content-type'], 'application/pdf');
    const pages = await codesOf(await answer.body());
    assert.deepEqual(pages.map((codes) => codes.length), [12, 12]);
    assert.equal(new Set(pages.flat()).size, 24);
    await page.selectOption('select[name=kind]', 'printed');
    await page.locator('form[action$="/ledger"] button[type=submit]').click();
    await page.waitForSelector('.flash.good');
    assert.deepEqual([await count(page, 0), await count(page, 1)], ['24', '24']);
  });

  test('a label printer jams and goes on at the label that is named', async () => {
    const printer = await Printer.start(10);
    try {
      const page = stage.producer;
      await call(page, 'operator', '/api/v1/printers',
        { name: '包装间', address: printer.address, language: 'tspl', dpi: 203 });
      await page.goto(stage.run);
      await page.locator('form[action$="/jobs"] button[type=submit]').click();
      await page.waitForSelector('.flash.bad');
      page.complaints.length = 0; // the browser reports the refusal's status itself
      await page.fill('#job-reason', '纸张受潮');
      await page.fill('#job-first', '1');
      await page.locator('form[action$="/jobs"] button[type=submit]').click();
      await page.waitForSelector('.flash.good');
      // The page follows by itself until the printer stops.
      await page.waitForSelector('.job[data-state=paused]', { timeout: 30_000 });
      assert.equal(await page.locator('.job .done').first().innerText(), '9');
      await assertSound(page, 'a paused job');
      await page.setViewportSize({ width: 1366, height: 768 });
      await shoot(page, 'label-run-jam');
      await page.setViewportSize(DESK);
      printer.mend();
      await page.locator('.job input[name=from]').first().fill('9');
      await page.locator('.job button[value=resume]').first().click();
      await page.waitForSelector('.flash.good');
      await page.waitForSelector('.job[data-state=done]', { timeout: 30_000 });
      // Ten before the jam, and then from the ninth on.
      assert.equal(printer.count, 10 + 16);
      assert.equal(await count(page, 2), '1');
      const links = await scan(printer.last);
      assert.ok(links[0].startsWith(`${stage.county.url}/01/${stage.gtin}/10/${stage.lot}/21/`), links[0]);
      await printersPage(page, printer);
    } finally {
      await printer.stop();
    }
  });

  test('the digits beside a code lead to its page', async () => {
    const page = await visit(stage.browser, { width: 360, height: 740 });
    await page.goto(`${stage.county.url}/`);
    await signIn(page, stage.county, 'producer', '/producer');
    await page.locator('li.row', { hasText: stage.lot }).locator('a.button').first().click();
    const short = await page.locator('details.run').first().locator('.serials small').first().innerText();
    assert.match(short, /^\d{4} \d{4} \d{4}$/);
    await assertSound(page, 'labels at 360 px');
    await shoot(page, 'labels-360');
    await page.goto(`${stage.county.url}/find?code=${encodeURIComponent(short)}`);
    assert.match(page.url(), new RegExp(`/01/${stage.gtin}/10/${stage.lot}/21/`));
    await page.context().close();
  });
}

/** The printer's offset and test page. */
async function printersPage(page, printer) {
  await page.locator('.links a', { hasText: '包装间' }).click();
  await page.waitForSelector('input[name=x]');
  await assertSound(page, 'printer');
  await page.fill('input[name=x]', '0.5');
  await page.locator('form:has(input[name=x]) button').click();
  await page.waitForSelector('.flash.good');
  assert.equal(await page.inputValue('input[name=x]'), '0.5');
  const before = printer.count;
  await page.locator('form[action$="/test-page"] button').click();
  await page.waitForSelector('.flash.good');
  await until('the test page', () => printer.count === before + 1);
  assert.match((await scan(printer.last))[0], /\/01\/02000000000008$/);
  await shoot(page, 'printer');
}
