// Filing: a product goes from a producer's form to a supervisor and back until it stands, two people
// meet on one, and a table with one wrong row writes nothing until it is mended.

import assert from 'node:assert/strict';
import { DESK, assertSound, shoot, signIn, visit } from '../support/browser.mjs';

const SIZES = [{ width: 360, height: 740 }, { width: 1366, height: 768 }, { width: 1920, height: 1080 }];
/** Where axe looks, too; how wide a page is, is measured at every size. */
const LOOKED_AT = 360;
const NAME = '莓茶（袋泡）';
const HEAD = '名称,品类,规格,计量单位,保质期（天）,凭证类型,执行标准\r\n';
const TABLE = `${HEAD}莓茶礼盒,莓茶,礼盒 2 罐,件,540,SC,\r\n土家腊肉,腊肉,真空 500 g,千克,180,小作坊,\r\n莓茶茶粉,莓茶,袋装 50 g,千克,540,SC,\r\n`;

export function filing(test, stage) {
  test('what was typed into a filing outlives the closed page', async () => {
    const page = await visit(stage.browser, DESK);
    stage.filer = page;
    await signIn(page, stage.county, 'producer', '/producer/filing');
    await page.getByRole('link', { name: '新建产品' }).click();
    await page.fill('[name=name]', NAME);
    await page.fill('[name=specification]', '盒装 20 包');
    await page.setInputFiles('#upload', { name: '正面.png', mimeType: 'image/png', buffer: await page.screenshot() });
    await page.waitForSelector('.files-list [name=picture]', { state: 'attached' });
    await page.fill('[name=caption]', '正面');
    const path = page.url();
    await page.goto('about:blank');
    await page.goto(path);
    await page.waitForSelector('#restored:not([hidden])');
    assert.equal(await page.inputValue('[name=name]'), NAME);
    await page.waitForSelector('.files-list img');
    assert.equal(await page.inputValue('[name=caption]'), '正面');
    await page.setInputFiles('#upload', { name: '假的.png', mimeType: 'image/png', buffer: Buffer.from('<html>') });
    await page.getByText('文件须为 JPEG、PNG 或 PDF').waitFor();
    page.complaints.length = 0; // the browser reports the refusal's status itself
  });

  test('a product is filed once however often its button is pressed', async () => {
    const page = stage.filer;
    await page.fill('[name=category]', '莓茶');
    await page.fill('[name=shelf_life_days]', '540');
    await page.selectOption('[name=regime]', 'sc');
    await page.fill('[name=test-item]', '农药残留（抑制率）');
    await page.fill('[name=test-limit]', '50');
    await page.fill('[name=test-unit]', '%');
    await page.locator('button[value=submit]').dblclick();
    await page.waitForSelector('.flash.good');
    stage.filed = page.url().split('?')[0];
    await page.goto(`${stage.county.url}/producer/filing?q=${encodeURIComponent(NAME)}`);
    assert.equal(await page.locator('li.row', { hasText: NAME }).count(), 1);
    assert.match(await page.locator('li.row', { hasText: NAME }).innerText(), /待审核/);
    await page.goto(`${stage.county.url}/producer/filing/products/new`);
    assert.equal(await page.inputValue('[name=name]'), '', 'what was sent is no draft any more');
  });

  test('a supervisor returns it with a reason, and the producer reads it', async () => {
    const page = await visit(stage.browser, DESK);
    stage.approver = page;
    await signIn(page, stage.county, 'supervisor', '/supervisor/filings');
    await shoot(page, 'approvals');
    await page.locator('li.row', { hasText: NAME }).getByRole('link', { name: '查看' }).click();
    assert.equal(await page.locator('.shots img').count(), 1);
    await page.getByRole('button', { name: '退回' }).click();
    await page.waitForSelector('.flash.bad'); // without a reason it is not sent back
    page.complaints.length = 0;
    await page.fill('#reason', '请写明每包克数');
    await page.getByRole('button', { name: '退回' }).click();
    await page.waitForSelector('.flash.good');
    await stage.filer.goto(stage.filed);
    await stage.filer.getByText('请写明每包克数').first().waitFor();
    await shoot(stage.filer, 'filing-returned');
  });

  test('of two who mend it the second is told and overwrites nothing', async () => {
    const [first, second] = [stage.filer, await stage.filer.context().newPage()];
    await second.goto(stage.filed);
    await first.fill('[name=specification]', '盒装 20 包 × 2 g');
    await first.locator('button[value=save]').click();
    await first.waitForSelector('.flash.good');
    await second.fill('[name=specification]', '盒装 20 包 × 3 g');
    await second.locator('button[value=submit]').click();
    await second.getByText('别人刚刚改过').first().waitFor();
    assert.match(await second.locator('.filing-note table').innerText(), /× 2 g[\s\S]*× 3 g/);
    assert.equal(await second.inputValue('[name=specification]'), '盒装 20 包 × 3 g');
    await shoot(second, 'filing-conflict');
    await second.close();
    await first.goto(stage.filed);
    assert.equal(await first.inputValue('[name=specification]'), '盒装 20 包 × 2 g');
    await first.locator('button[value=submit]').click();
    await first.waitForSelector('.flash.good');
  });

  test('the supervisor approves it, and lots may come of it', async () => {
    const page = stage.approver;
    await page.goto(`${stage.county.url}/supervisor/filings`);
    await page.locator('li.row', { hasText: NAME }).getByRole('link', { name: '查看' }).click();
    await page.getByRole('button', { name: '通过' }).click();
    await page.waitForSelector('.flash.good');
    await stage.filer.goto(stage.filed);
    await stage.filer.fill('[name=specification]', '盒装 25 包 × 2 g');
    await stage.filer.locator('button[value=submit]').click();
    await stage.filer.waitForSelector('.flash.good');
    const look = stage.filed.replace('/producer/filing/', '/supervisor/filings/');
    await page.goto(look);
    assert.match(await page.locator('.card .filing-changed').innerText(), /20 包[\s\S]*25 包/);
    await shoot(page, 'approval');
    await stage.filer.goto(`${stage.county.url}/producer`);
    const choices = await stage.filer.locator('select[name=product] option').allInnerTexts();
    assert.ok(choices.some((choice) => choice.includes('盒装 20 包 × 2 g')), 'what stands is what was approved');
  });

  test('a table with one wrong row writes nothing, and mended it writes all', async () => {
    const page = stage.filer;
    await page.goto(`${stage.county.url}/producer/filing/import`);
    const wrong = TABLE.replace('180', '半年');
    // UTF-8 with its mark, as Excel saves “CSV UTF-8”.
    await choose(page, '产品.csv', `\ufeff${wrong}`);
    await page.waitForSelector('.mistakes');
    assert.match(await page.locator('.mistakes tbody').innerText(), /3\s+保质期（天）\s+须为整数/);
    assert.equal(await page.locator('.bad-cell').innerText(), '半年');
    assert.equal(await page.locator('#import').count(), 0);
    await assertSound(page, 'import with a mistake');
    await shoot(page, 'import');
    assert.equal(await count(stage, '莓茶礼盒'), 0, 'nothing was written');
    await choose(page, '产品.csv', `\ufeff${TABLE}`);
    await page.locator('#import').dblclick();
    await page.getByText('已导入 3 行').waitFor();
    for (const name of ['莓茶礼盒', '土家腊肉', '莓茶茶粉']) assert.equal(await count(stage, name), 1, name);
  });

  test('a producer takes its data along, whole', async () => {
    const page = stage.filer;
    await page.goto(`${stage.county.url}/producer/filing`);
    const path = await page.getByRole('link', { name: '导出全部数据' }).getAttribute('href');
    const sent = await page.request.get(stage.county.url + path);
    assert.equal(sent.headers()['content-type'], 'application/zip');
    const body = await sent.body();
    assert.equal(body.subarray(0, 2).toString(), 'PK');
    assert.ok(body.includes('SHA256SUMS') && body.includes('files/'));
  });

  test('the pages of filings are sound on a phone, a desk and a wall', async () => {
    const look = stage.filed.replace('/producer/filing/', '/supervisor/filings/');
    const own = stage.county.url;
    for (const viewport of SIZES) {
      for (const [page, path, shot] of [
        [stage.filer, `${own}/producer/filing`, 'filing'],
        [stage.filer, stage.filed, 'filing-form'],
        [stage.filer, `${own}/producer/filing/credentials/new`, 'filing-credential'],
        [stage.filer, `${own}/producer/filing/import`],
        [stage.approver, `${own}/supervisor/filings`],
        [stage.approver, look],
      ]) {
        await page.setViewportSize(viewport);
        await page.goto(path);
        if (viewport.width === LOOKED_AT) await assertSound(page, `${path} at ${viewport.width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= viewport.width, `${path}: ${wide} px wide on a screen of ${viewport.width} px`);
        assert.deepEqual(page.complaints, [], `${path}: no complaint of the browser`);
        await assertTargets(page, path);
        if (shot && viewport.width === 1366) await shoot(page, shot);
        if (viewport.width === 360 && path === stage.filed) await shoot(page, 'filing-phone');
      }
    }
    await stage.filer.context().close();
    await stage.approver.context().close();
  });
}

async function choose(page, name, text) {
  await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

/** How many products of this name the producer has. */
async function count(stage, name) {
  const answer = await stage.filer.request.get(`${stage.county.url}/api/v1/products?q=${encodeURIComponent(name)}`);
  return (await answer.json()).counts.all;
}

/** What a finger has to hit is at least 44 px high. */
async function assertTargets(page, name) {
  const small = await page.locator('main').evaluate((main) => [...main.querySelectorAll('a, button, select, input, summary')]
    // A tick is hit by its label.
    .filter((each) => each.offsetParent && !['hidden', 'radio', 'checkbox'].includes(each.type))
    .filter((each) => each.getBoundingClientRect().height < 43.5)
    .map((each) => each.outerHTML.slice(0, 80)));
  assert.deepEqual(small, [], `${name}: targets of 44 px`);
}
