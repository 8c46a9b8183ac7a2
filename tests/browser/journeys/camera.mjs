// A code read by camera: a real label, printed by `suyuan label`, is held before a pretended camera,
// a little turned and blurred. The browser here has no reader of its own, so the one that the server
// brings does the work.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { built } from '../support/county.mjs';
import { PHONE, assertSound, launch, shoot, visit } from '../support/browser.mjs';

const run = promisify(execFile);
const KIOSK = { width: 1080, height: 1920 };

/** A film of one label as Chromium's pretended camera wants it: JPEG after JPEG. */
async function film(browser, link, folder) {
  const png = join(folder, 'label.png');
  const command = ['label', '--link', link, '--size', '50x30mm', '--text', 'product=莓茶', '--out', png];
  await run(process.env.SUYUAN_BIN || built, command, { timeout: 60_000 });
  const page = await visit(browser, PHONE);
  const jpeg = await page.evaluate(async (label) => {
    const image = new Image();
    image.src = label;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 720 });
    const drawing = canvas.getContext('2d');
    drawing.fillStyle = '#8b8f86';
    drawing.fillRect(0, 0, 960, 720);
    drawing.filter = 'blur(1.2px)';
    drawing.translate(480, 360);
    drawing.rotate(0.12);
    const scale = 620 / image.width;
    drawing.drawImage(image, -310, -image.height * scale / 2, 620, image.height * scale);
    return canvas.toDataURL('image/jpeg', 0.8).split(',')[1];
  }, `data:image/png;base64,${readFileSync(png).toString('base64')}`);
  await page.context().close();
  const file = join(folder, 'label.mjpeg');
  const frame = Buffer.from(jpeg, 'base64');
  writeFileSync(file, Buffer.concat(Array.from({ length: 10 }, () => frame)));
  return file;
}

export function camera(test, stage) {
  test('a label held before the camera is read on a phone and at a kiosk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'suyuan-film-'));
    let browser = null;
    try {
      const file = await film(stage.browser, stage.link, folder);
      browser = await launch(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-video-capture=${file}`]);
      await onPhone(browser, stage);
      await atKiosk(browser, stage);
    } finally {
      await browser?.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('without a camera the page says so and asks for the digits', async () => {
    const page = await visit(stage.browser, PHONE);
    await page.goto(stage.county.url);
    await page.click('#scan');
    await page.locator('#camera [role=status]', { hasText: /没有(摄像头|获得摄像头权限)|手工输入/ }).waitFor();
    await assertSound(page, 'no camera');
    await page.click('#camera button');
    assert.equal(await page.locator('#camera').isVisible(), false);
    await page.context().close();
  });
}

async function onPhone(browser, stage) {
  const page = await visit(browser, PHONE);
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(stage.county.url);
  await page.waitForLoadState('load');
  assert.ok(!asked.some((path) => path.includes('zxing')), 'the reader waits for a tap');
  await page.click('#scan');
  await page.waitForURL('**/01/**', { timeout: 30_000 });
  assert.ok(asked.some((path) => path.endsWith('.wasm')), 'by the reader that the server brings');
  assert.equal(page.url(), stage.link);
  assert.match(await page.locator('.verdict .word').innerText(), /检测合格/);
  await page.context().close();
}

async function atKiosk(browser, stage) {
  const page = await visit(browser, KIOSK);
  await page.goto(`${stage.county.url}/kiosk`);
  await page.click('#scan');
  await page.locator('#camera video').waitFor();
  await shoot(page, 'kiosk-camera');
  await page.locator('#answer .word', { hasText: '检测合格' }).waitFor({ timeout: 30_000 });
  assert.equal(await page.locator('#camera').isVisible(), false);
  assert.ok(page.url().endsWith('/kiosk'), 'it stays where it is');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}
