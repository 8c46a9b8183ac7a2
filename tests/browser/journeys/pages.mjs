// What holds for every page: the demo mark, no axe violation, no sideways scrolling on a small
// phone, and no way in without an account.

import assert from 'node:assert/strict';
import { DESK, assertSound, shoot, signIn, visit } from '../support/browser.mjs';

const SMALL = { width: 360, height: 740 };
const DESKS = [
  ['producer', '/producer'], ['lab', '/lab'], ['supervisor', '/supervisor'], ['operator', '/operator'],
];

export function pages(test, stage) {
  for (const viewport of [SMALL, DESK]) {
    test(`public pages are sound at ${viewport.width} px`, async () => {
      const page = await visit(stage.browser, viewport);
      for (const path of ['/', '/login', stage.link.slice(stage.county.url.length)]) {
        await page.goto(stage.county.url + path);
        await assertSound(page, path);
      }
      if (viewport === DESK) {
        await page.goto(stage.county.url);
        await shoot(page, 'home');
      }
      await page.context().close();
    });

    test(`the desks are sound at ${viewport.width} px`, async () => {
      for (const [account, path] of DESKS) {
        const page = await visit(stage.browser, viewport);
        await signIn(page, stage.county, account, path);
        await assertSound(page, path);
        await page.context().close();
      }
    });
  }

  test('a code of nobody and a broken code say so politely', async () => {
    const page = await visit(stage.browser, SMALL);
    for (const [path, status] of [['/01/02000000000008/10/NONE', 404], ['/01/123/10/X', 400]]) {
      const answer = await page.goto(stage.county.url + path);
      assert.equal(answer.status(), status, path);
      page.complaints.length = 0; // the browser reports the status itself
      await assertSound(page, path);
    }
    await page.context().close();
  });

  test('a desk asks a stranger to sign in, and a wrong account for another desk', async () => {
    const page = await visit(stage.browser, DESK);
    for (const [, path] of DESKS) {
      await page.goto(stage.county.url + path);
      assert.ok(page.url().startsWith(`${stage.county.url}/login`), `${path} → ${page.url()}`);
    }
    await signIn(page, stage.county, 'producer', '/producer');
    const answer = await page.goto(`${stage.county.url}/operator`);
    assert.equal(answer.status(), 403);
    await page.context().close();
  });

  test('a wrong password does not sign in', async () => {
    const page = await visit(stage.browser, DESK);
    await page.goto(`${stage.county.url}/login?next=/producer`);
    await page.fill('input[name=account]', 'producer');
    await page.fill('input[name=password]', 'not-the-password');
    await page.click('form[action="/login"] button[type=submit]');
    await page.waitForSelector('[role=alert]');
    await page.goto(`${stage.county.url}/producer`);
    assert.ok(page.url().startsWith(`${stage.county.url}/login`));
    await page.context().close();
  });
}
