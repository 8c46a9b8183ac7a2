// The browser tests, in the order of the main job: one county, one browser, one story. A later
// chapter uses what an earlier one made (the lot, its label), so they run one after another.

import { after, before, describe, test } from 'node:test';
import { bench } from './journeys/bench.mjs';
import { buyer } from './journeys/buyer.mjs';
import { camera } from './journeys/camera.mjs';
import { lab } from './journeys/lab.mjs';
import { operatorDesk } from './journeys/operator.mjs';
import { pages } from './journeys/pages.mjs';
import { pictures } from './journeys/pictures.mjs';
import { printing } from './journeys/printing.mjs';
import { powerCut, screens } from './journeys/public.mjs';
import { states } from './journeys/states.mjs';
import { producer } from './journeys/producer.mjs';
import { field } from './journeys/producer_field.mjs';
import { supervisor } from './journeys/supervisor.mjs';
import { supervisorDesk } from './journeys/supervisor_desk.mjs';
import { launch } from './support/browser.mjs';
import { County } from './support/county.mjs';

const TEST_WITHIN_MS = 90_000;

describe('from a producer to a buyer', () => {
  const stage = {};
  const bounded = (name, body) => test(name, { timeout: TEST_WITHIN_MS }, body);

  before(async () => {
    stage.county = await County.start();
    stage.browser = await launch();
  }, { timeout: 240_000 });

  after(async () => {
    await stage.browser?.close();
    await stage.county?.stop();
  }, { timeout: 60_000 });

  for (const chapter of [
    producer, printing, field, lab, bench, buyer, supervisor, supervisorDesk, pictures, screens, camera,
    states, pages, operatorDesk, powerCut,
  ]) {
    chapter(bounded, stage);
  }
});
