'use strict';

// A browser, what it measures of a page, and payments to look at.

const assert = require('node:assert/strict');
const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { after, before } = require('node:test');

const axe = require('axe-core');
const { chromium } = require('playwright-core');

const { url } = require('../clients/node/gateway.js');

const ARTEFACTS = path.join(__dirname, '..', '..', 'artefacts');
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };
const AUTHORIZATION = `Basic ${Buffer.from('SB-Mid-server-gerai-demo:').toString('base64')}`;

let browser;

before(async () => {
  mkdirSync(ARTEFACTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});

after(() => browser?.close());

/** A window of its own; nothing of another is in it. */
const open = (settings) => browser.newContext(settings);

let orders = 0;

/** A payment at the demo merchant. */
async function charge(store = 'alfamart', amount = 1250000) {
  orders += 1;
  const answer = await fetch(`${url}/v2/charge`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify({
      payment_type: 'cstore',
      transaction_details: { order_id: `eyes-${process.pid}-${orders}`, gross_amount: amount },
      cstore: { store, alfamart_free_text_1: 'Terima kasih sudah belanja' },
    }),
  });
  const opened = await answer.json();
  assert.equal(opened.status_code, '201', JSON.stringify(opened));
  return { page: `${url}/pay/${opened.transaction_id}`, code: opened.payment_code, opened };
}

/** Fails where a rule of accessibility is broken. */
async function assertAccessible(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  assert.deepEqual(violations, []);
}

/** Fails where a page is wider than its screen. */
async function assertFits(page) {
  const [wide, seen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(wide <= seen, `${wide} pixels on a screen of ${seen}`);
}

/** Where a file that is left for people lies. */
const artefact = (name) => path.join(ARTEFACTS, name);

/** Leaves a picture of the whole page. */
const shoot = (page, name) => page.screenshot({ path: artefact(`${name}.png`), fullPage: true });

module.exports = {
  PHONE, DESK, AUTHORIZATION, open, charge, assertAccessible, assertFits, artefact, shoot,
};
