'use strict';

// What a payer sees: on a phone and on a desk, in both languages, without scripts, on paper, and when
// the cash arrives. Screenshots are left in artefacts/ for whoever wants to look.

const assert = require('node:assert/strict');
const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');

const axe = require('axe-core');
const { chromium } = require('playwright-core');

const { press, url } = require('../clients/node/gateway.js');

const ARTEFACTS = path.join(__dirname, '..', '..', 'artefacts');
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };
const BYTES_MAX = 60 * 1024;

let browser;

before(async () => {
  mkdirSync(ARTEFACTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});

after(() => browser?.close());

let orders = 0;

/** A payment at the demo merchant. */
async function charge(store = 'alfamart') {
  orders += 1;
  const answer = await fetch(`${url}/v2/charge`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('SB-Mid-server-gerai-demo:').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      payment_type: 'cstore',
      transaction_details: { order_id: `page-${process.pid}-${orders}`, gross_amount: 1250000 },
      cstore: { store },
    }),
  });
  const opened = await answer.json();
  assert.equal(opened.status_code, '201', JSON.stringify(opened));
  return { page: `${url}/pay/${opened.transaction_id}`, code: opened.payment_code, opened };
}

/** A page of its own, and what was asked for while it loaded. */
async function look(address, settings = {}) {
  const context = await browser.newContext({ viewport: PHONE, locale: 'id-ID', ...settings });
  const page = await context.newPage();
  const seen = { requests: [], bytes: 0, complaints: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('response', async (response) => {
    seen.bytes += (await response.body().catch(() => '')).length;
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  const answer = await page.goto(address, { waitUntil: 'load' });
  return { page, context, seen, answer };
}

async function assertAccessible(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  assert.deepEqual(violations, []);
}

async function assertFits(page) {
  const [wide, seen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(wide <= seen, `${wide} pixels on a screen of ${seen}`);
}

for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
  for (const [locale, words] of [
    ['id-ID', ['Kode pembayaran', 'Bayar tunai di', 'English']],
    ['en-GB', ['Payment code', 'Pay in cash at', 'Bahasa Indonesia']],
  ]) {
    test(`a payment that waits, on a ${name}, in ${locale}`, async () => {
      const { page: address, code } = await charge();
      const { page, context, seen, answer } = await look(address, { viewport, locale });
      assert.equal(answer.status(), 200);
      assert.match(answer.headers()['content-security-policy'], /^default-src 'none'/);
      const text = await page.innerText('body');
      for (const word of [...words, 'Rp 1.250.000']) assert.ok(text.includes(word), `${word}: ${text}`);
      assert.equal(text.replace(/\s/g, '').includes(code), true);
      await page.waitForFunction(() => /\d\d:\d\d:\d\d/.test(document.getElementById('left').textContent));
      await assertFits(page);
      await assertAccessible(page);
      await page.screenshot({ path: path.join(ARTEFACTS, `payer-${name}-${locale}.png`), fullPage: true });
      assert.ok(seen.bytes > 0 && seen.bytes < BYTES_MAX, `${seen.bytes} bytes`);
      assert.deepEqual(seen.requests.filter((other) => !other.startsWith(url)), []);
      assert.deepEqual(seen.complaints.filter((text) => !/favicon/.test(text)), []);
      await context.close();
    });
  }
}

test('the other language is one click away', async () => {
  const { page: address } = await charge();
  const { page, context } = await look(address);
  await page.click('text=English');
  assert.match(await page.innerText('body'), /Payment code/);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.click('text=Bahasa Indonesia');
  assert.match(await page.innerText('body'), /Kode pembayaran/);
  await context.close();
});

test('the page turns to paid by itself', async () => {
  const { page: address, code } = await charge();
  const { page, context } = await look(address);
  await press('pay', code);
  await page.waitForSelector('[data-standing=final], [data-standing=paid]', { timeout: 20_000 });
  assert.match(await page.innerText('#standing'), /Sudah dibayar/);
  assert.equal(await page.locator('.barcode').count(), 0);
  await assertAccessible(page);
  await page.screenshot({ path: path.join(ARTEFACTS, 'payer-paid.png'), fullPage: true });
  await context.close();
});

test('without scripts everything is there, and a link to look again', async () => {
  const { page: address, code } = await charge('indomaret');
  const { page, context } = await look(address, { javaScriptEnabled: false });
  assert.match(await page.innerText('body'), /Indomaret/);
  assert.equal(await page.locator('svg').count(), 2);
  await press('pay', code);
  await page.click('text=Periksa lagi');
  assert.match(await page.innerText('#standing'), /Sudah dibayar/);
  await context.close();
});

test('on paper it is one page of A4, and a slip of 58 mm that is not cut off', async () => {
  const { page: address } = await charge();
  const { page, context } = await look(address);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('text=English').isVisible(), false);
  const sheets = (pdf) => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
  const a4 = await page.pdf({ path: path.join(ARTEFACTS, 'payer-a4.pdf'), format: 'A4' });
  assert.equal(sheets(a4), 1);
  // The printer's roll has no end; a page long enough stands for it.
  const slip = { width: '58mm', height: '250mm', path: path.join(ARTEFACTS, 'payer-58mm.pdf') };
  assert.equal(sheets(await page.pdf(slip)), 1);
  await page.setViewportSize({ width: 219, height: 900 });
  await assertFits(page);
  await page.screenshot({ path: path.join(ARTEFACTS, 'payer-58mm.png'), fullPage: true });
  await context.close();
});

test('what is over is not paid any more', async () => {
  const { page: address, opened } = await charge();
  const cancelled = await fetch(`${url}/v2/${opened.transaction_id}/cancel`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('SB-Mid-server-gerai-demo:').toString('base64')}` },
  });
  assert.equal((await cancelled.json()).status_code, '200');
  const { page, context } = await look(address);
  assert.match(await page.innerText('#standing'), /Jangan dibayar lagi/);
  assert.equal(await page.locator('.code').count(), 0);
  await assertAccessible(page);
  await page.screenshot({ path: path.join(ARTEFACTS, 'payer-cancelled.png'), fullPage: true });
  await context.close();
});

test('an address that is nobody’s says so', async () => {
  const { page, context, answer } = await look(`${url}/pay/01a4d0ef-0000-7000-8000-000000000000`);
  assert.equal(answer.status(), 404);
  assert.match(await page.innerText('body'), /Tidak ditemukan/);
  await assertAccessible(page);
  await context.close();
});
