'use strict';

// What a payer sees: on a phone and on a desk, in both languages, without scripts, on paper, and when
// the cash arrives. Screenshots are left in artefacts/ for whoever wants to look.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { press, url } = require('../clients/node/gateway.js');
const {
  PHONE, DESK, AUTHORIZATION, open, charge, assertAccessible, assertFits, artefact, shoot,
} = require('./eyes.js');

const BYTES_MAX = 60 * 1024;

/** A page of its own, and what was asked for while it loaded. */
async function look(address, settings = {}) {
  const context = await open({ viewport: PHONE, locale: 'id-ID', ...settings });
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
      await shoot(page, `payer-${name}-${locale}`);
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
  await page.evaluate(() => { window.stays = true; });
  await press('pay', code);
  await page.waitForSelector('[data-standing=final], [data-standing=paid]', { timeout: 20_000 });
  assert.match(await page.innerText('#standing'), /Sudah dibayar/);
  assert.equal(await page.evaluate(() => window.stays), true, 'it was not loaded anew');
  const fresh = await look(address);
  const said = await Promise.all([page, fresh.page].map((one) => one.innerText('body')));
  assert.equal(said[0], said[1], 'it says what it says to whoever looks now');
  await fresh.context.close();
  assert.equal(await page.locator('.barcode').count(), 0);
  await assertAccessible(page);
  await shoot(page, 'payer-paid');
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
  const a4 = await page.pdf({ path: artefact('payer-a4.pdf'), format: 'A4' });
  assert.equal(sheets(a4), 1);
  // The printer's roll has no end; a page long enough stands for it.
  const slip = { width: '58mm', height: '250mm', path: artefact('payer-58mm.pdf') };
  assert.equal(sheets(await page.pdf(slip)), 1);
  await page.setViewportSize({ width: 219, height: 900 });
  await assertFits(page);
  await shoot(page, 'payer-58mm');
  await context.close();
});

test('what is over is not paid any more', async () => {
  const { page: address, opened } = await charge();
  const cancelled = await fetch(`${url}/v2/${opened.transaction_id}/cancel`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION },
  });
  assert.equal((await cancelled.json()).status_code, '200');
  const { page, context } = await look(address);
  assert.match(await page.innerText('#standing'), /Jangan dibayar lagi/);
  assert.equal(await page.locator('.code').count(), 0);
  await assertAccessible(page);
  await shoot(page, 'payer-cancelled');
  await context.close();
});

test('an address that is nobody’s says so', async () => {
  const { page, context, answer } = await look(`${url}/pay/01a4d0ef-0000-7000-8000-000000000000`);
  assert.equal(answer.status(), 404);
  assert.match(await page.innerText('body'), /Tidak ditemukan/);
  await assertAccessible(page);
  await context.close();
});
