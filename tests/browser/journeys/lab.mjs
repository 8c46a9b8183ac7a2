// The lab enters a quick-test result for the lot that the producer registered.

import assert from 'node:assert/strict';
import { DESK, assertSound, shoot, signIn, visit } from '../support/browser.mjs';

export function lab(test, stage) {
  test('the lab enters a result and sees its verdict', async () => {
    const page = await visit(stage.browser, DESK);
    await signIn(page, stage.county, 'lab', '/lab');
    await assertSound(page, 'lab');
    await page.fill('input[name=sample]', stage.lot);
    await page.fill('input[name=value]', '12.5');
    assert.notEqual(await page.inputValue('input[name=method]'), '', 'the method is prefilled');
    assert.notEqual(await page.inputValue('input[name=limit]'), '', 'the limit is prefilled');
    await page.locator('#verdict', { hasText: /^合格/ }).waitFor();
    await shoot(page, 'lab');
    await page.click('form[action="/lab/results"] button[type=submit]');
    await page.locator('#saved', { hasText: stage.lot }).waitFor();
    const row = page.locator('tbody tr', { hasText: stage.lot }).first();
    assert.match(await row.innerText(), /12\.5/);
    await page.context().close();
  });
}
