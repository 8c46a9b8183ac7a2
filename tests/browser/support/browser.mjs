// The browser side of the tests: Chromium on a phone or a desk, signing in, checks that hold for
// every page (no axe violation, demo mark, no sideways scrolling), and pictures for the documents.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PASSWORD = 'suyuan-demo';
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 860 };

const KNOWN_PATHS = ['/usr/bin/chromium', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome'];

/** Chromium, with further flags where a test needs them. */
export async function launch(more = []) {
  const executablePath = process.env.SUYUAN_CHROMIUM || KNOWN_PATHS.find((p) => existsSync(p));
  // Root cannot use the sandbox, and a container has a small /dev/shm.
  const args = ['--disable-dev-shm-usage', ...more];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath, args });
}

/**
 * A fresh visitor, who has seen the desks' tours unless `isNew`. Anything a page throws or refuses
 * to load is collected in `page.complaints`.
 */
export async function visit(browser, viewport, { isNew = false, ...options } = {}) {
  const context = await browser.newContext({
    viewport, locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
    deviceScaleFactor: viewport === PHONE ? 2 : 1, ...options,
  });
  if (!isNew) await context.addInitScript(skipTours);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`script: ${error.message}`));
  page.on('console', (line) => {
    if (line.type() === 'error') page.complaints.push(`console: ${line.text()}`);
  });
  return page;
}

function skipTours() {
  try {
    for (const desk of ['producer', 'lab', 'supervisor', 'operator']) {
      localStorage.setItem(`suyuan-tour-${desk}`, 'seen');
    }
  } catch {
    // A page without storage has no tour either.
  }
}

/** Signs in through the form and stays on `path`. */
export async function signIn(page, county, account, path) {
  await page.goto(`${county.url}/login?next=${encodeURIComponent(path)}`);
  await page.fill('input[name=account]', account);
  await page.fill('input[name=password]', PASSWORD);
  await page.click('form[action="/login"] button[type=submit]');
  await page.waitForURL(`${county.url}${path}`);
}

/** What must hold on every page of the demonstration. */
export async function assertSound(page, name, demo = /演示数据/) {
  const text = await page.locator('body').innerText();
  assert.match(text, demo, `${name}: says that it is a demonstration`);
  const { scroll, view } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth, view: window.innerWidth,
  }));
  assert.ok(scroll <= view, `${name}: ${scroll} px wide on a screen of ${view} px`);
  assert.deepEqual(await violations(page), [], `${name}: accessible`);
  assert.deepEqual(page.complaints, [], `${name}: no complaint of the browser`);
}

/** axe's findings as short lines. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
  }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** Keeps a picture of what the screen shows when a folder is named in SUYUAN_SHOTS. */
export async function shoot(page, name, options = {}) {
  const folder = process.env.SUYUAN_SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', ...options });
}
