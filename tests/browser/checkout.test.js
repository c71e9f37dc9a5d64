'use strict';

// A payer chooses where to pay: on a phone and on a desk, in both languages, with and without scripts,
// and once more when the mind changes. Screenshots are left in artefacts/ for whoever wants to look.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { test } = require('node:test');

const { operate, press, url } = require('../clients/node/gateway.js');
const {
  PHONE, DESK, AUTHORIZATION, open, charge, assertAccessible, assertFits, shoot,
} = require('./eyes.js');

const BYTES_MAX = 60 * 1024;
const SECONDS = 20_000;

const post = (path, body) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A checkout at the demo merchant. */
async function create(more = {}) {
  const order = `checkout-${randomUUID()}`;
  const answer = await post('/snap/v1/transactions', {
    transaction_details: { order_id: order, gross_amount: 1250000 },
    callbacks: { finish: `${url}/finish?shop=demo` },
    ...more,
  });
  const created = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(created));
  return { ...created, order };
}

const status = async (order) =>
  (await fetch(`${url}/v2/${order}/status`, { headers: { authorization: AUTHORIZATION } })).json();

/** A page of its own, and what it complained of. */
async function look(address, settings = {}) {
  const context = await open({ viewport: PHONE, locale: 'id-ID', ...settings });
  const page = await context.newPage();
  const seen = { strangers: [], bytes: 0, complaints: [] };
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) seen.strangers.push(request.url());
  });
  page.on('response', async (response) => {
    seen.bytes += (await response.body().catch(() => '')).length;
  });
  page.on('console', (message) => {
    const isAbout = !/favicon/.test(message.text() + message.location().url);
    if (['error', 'warning'].includes(message.type()) && isAbout) seen.complaints.push(message.text());
  });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  const answer = await page.goto(address, { waitUntil: 'load' });
  const close = async () => {
    await context.close();
    assert.deepEqual(seen.strangers, []);
    assert.deepEqual(seen.complaints, []);
  };
  return { page, seen, answer, close };
}

for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
  for (const [locale, words] of [
    ['id-ID', ['Mau bayar di mana?', 'juga di Alfamidi', 'Pilih sebelum', 'Kembali ke penjual']],
    ['en-GB', ['Where do you want to pay?', 'also at Alfamidi', 'Choose before', 'Back to the merchant']],
  ]) {
    test(`a store is to be chosen, on a ${name}, in ${locale}`, async () => {
      const { redirect_url: address, order, token } = await create();
      const { page, seen, answer, close } = await look(address, { viewport, locale });
      assert.equal(answer.status(), 200);
      assert.equal(page.url(), `${url}/checkout/${token}`);
      assert.match(answer.headers()['content-security-policy'], /^default-src 'none'.*form-action 'self'/);
      assert.equal(answer.headers()['cache-control'], 'no-store');
      const text = await page.innerText('body');
      for (const word of [...words, 'Rp 1.250.000', 'Alfamart', 'Indomaret', 'Toko Demo', order]) {
        assert.ok(text.includes(word), `${word}: ${text}`);
      }
      assert.equal(await page.locator('button.choice').count(), 2);
      for (const button of await page.locator('button.choice').all()) {
        const { height } = await button.boundingBox();
        assert.ok(height >= 44, `a thumb needs more than ${height} pixels`);
      }
      await assertFits(page);
      await assertAccessible(page);
      await shoot(page, `checkout-${name}-${locale}`);
      assert.ok(seen.bytes > 0 && seen.bytes < BYTES_MAX, `${seen.bytes} bytes`);
      await close();
    });
  }
}

test('chosen, paid and back to the merchant', async () => {
  const { redirect_url: address, order } = await create();
  const { page, close } = await look(address, { locale: 'en-GB' });
  await page.click('button[value=indomaret]');
  await page.waitForURL(/\/pay\//);
  assert.match(await page.innerText('body'), /Payment code[\s\S]*Indomaret/);
  const { payment_code: code, transaction_status: waiting, store } = await status(order);
  assert.deepEqual([waiting, store], ['pending', 'indomaret']);
  assert.ok((await page.innerText('.code')).replace(/\s/g, '').includes(code));
  await assertFits(page);
  await assertAccessible(page);
  await shoot(page, 'checkout-chosen');
  const back = page.locator('a.button');
  const returns = (told) => `${url}/finish?shop=demo&order_id=${order}&status_code=${told}`;
  assert.equal(await back.getAttribute('href'), returns('201&transaction_status=pending'));

  await press('pay', code);
  await page.waitForSelector('[data-standing=final], [data-standing=paid]', { timeout: SECONDS });
  assert.equal(await page.locator('form').count(), 0);
  assert.equal(await back.getAttribute('href'), returns('200&transaction_status=settlement'));
  await assertAccessible(page);
  await shoot(page, 'checkout-paid');
  // The link that the merchant keeps leads to what was paid.
  await page.goto(address);
  await page.waitForURL(/\/pay\//);
  assert.match(await page.innerText('#standing'), /Paid/);
  await close();
});

test('without scripts, and on two phones at once, there is one payment', async () => {
  const { redirect_url: address, order } = await create();
  const one = await look(address, { javaScriptEnabled: false });
  const other = await look(address, { javaScriptEnabled: false, viewport: DESK });
  await one.page.click('button[value=alfamart]');
  assert.match(one.page.url(), /\/pay\//);
  await other.page.click('button[value=indomaret]');
  assert.equal(other.page.url().split('?')[0], one.page.url().split('?')[0]);
  const { payment_code: code } = await status(order);
  await press('pay', code);
  await other.page.click('text=Periksa lagi');
  assert.match(await other.page.innerText('#standing'), /Sudah dibayar/);
  await one.close();
  await other.close();
});

test('who changes the mind has another code, and pays once', async () => {
  const { redirect_url: address, order } = await create();
  const { page, close } = await look(address);
  await page.click('button[value=alfamart]');
  await page.waitForURL(/\/pay\//);
  const first = page.url();
  const { payment_code: code } = await status(order);
  assert.match(await page.innerText('#another'), /Bayar di gerai lain\?[\s\S]*Indomaret/);
  assert.equal(await page.locator('#another button').count(), 1);
  await page.click('#another button[value=indomaret]');
  await page.waitForURL((now) => now.href !== first);
  assert.match(await page.innerText('body'), /Bayar tunai di Indomaret/);
  const second = page.url();
  assert.ok(!(await page.innerText('.code')).replace(/\s/g, '').includes(code));
  await assertAccessible(page);
  await shoot(page, 'checkout-another');
  // There and back again: the codes are those that are there.
  await page.click('#another button[value=alfamart]');
  await page.waitForURL((now) => now.href !== second);
  assert.ok((await page.innerText('.code')).replace(/\s/g, '').includes(code));
  await press('pay', code);
  await page.waitForSelector('[data-standing=final], [data-standing=paid]', { timeout: SECONDS });
  await page.goto(second);
  assert.match(await page.innerText('#standing'), /Sudah dibayar dengan kode lain/);
  await close();
});

test('a checkout that is over says so', async () => {
  const cancelled = await create();
  const answer = await post(`/snap/v1/transactions/${cancelled.token}/cancel`, {});
  assert.equal(answer.status, 200);
  const replaced = await create();
  const order = { order_id: replaced.order, gross_amount: 1250000 };
  assert.equal((await post('/snap/v1/transactions', { transaction_details: order })).status, 201);
  for (const [name, { redirect_url: address }, words] of [
    ['cancelled', cancelled, /Dibatalkan oleh penjual/],
    ['replaced', replaced, /Tautan ini sudah diganti/],
  ]) {
    const { page, close } = await look(address);
    assert.match(await page.innerText('#standing'), words);
    assert.equal(await page.locator('form').count(), 0);
    assert.equal(await page.getAttribute('a.button', 'href').then((href) => href.includes('order_id=')), true);
    await assertAccessible(page);
    await shoot(page, `checkout-${name}`);
    await close();
  }
});

test('an order that was charged otherwise meanwhile is not offered twice', async () => {
  const { redirect_url: address, order } = await create();
  const { page, close, seen } = await look(address);
  const charged = await post('/v2/charge', {
    payment_type: 'cstore',
    transaction_details: { order_id: order, gross_amount: 1250000 },
    cstore: { store: 'alfamart' },
  });
  assert.equal((await charged.json()).status_code, '201');
  await page.click('button[value=indomaret]');
  await page.waitForSelector('[data-standing=closed]');
  assert.match(await page.innerText('#standing'), /Tautan ini sudah diganti/);
  await assertAccessible(page);
  // Chromium tells of the answer's status.
  seen.complaints = seen.complaints.filter((text) => !/409/.test(text));
  await close();
});

test('what is not offered cannot be had', async () => {
  const { redirect_url: address, token } = await create({ enabled_payments: ['alfamart'] });
  const { page, close } = await look(address);
  assert.equal(await page.locator('button.choice').count(), 1);
  const sent = (body) =>
    fetch(`${url}/checkout/${token}?lang=id`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
  for (const body of ['retailer=indomaret', 'retailer=pegadaian']) {
    const answer = await sent(body);
    assert.equal(answer.url, `${url}/checkout/${token}?lang=id&failed=1`);
    assert.match(await answer.text(), /role="alert"/);
  }
  for (const body of ['', 'retailer=', 'retailer=%00', 'x'.repeat(100_000)]) {
    assert.equal((await sent(body)).url, `${url}/checkout/${token}?lang=id`);
  }
  await page.goto(`${url}/checkout/${token}?failed=1`);
  await assertAccessible(page);
  await shoot(page, 'checkout-failed');
  await close();
  const nobodys = await fetch(`${url}/checkout/01a4d0ef-0000-7000-8000-000000000000`);
  assert.equal(nobodys.status, 404);
});

// The last: it changes what the demo merchant's payers may do.
test('an ordinary payment can be paid elsewhere where its merchant lets payers choose', async () => {
  const { page: address, code } = await charge();
  const { page, close } = await look(address, { locale: 'en-GB', viewport: DESK });
  assert.equal(await page.locator('form').count(), 0);
  const refused = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'retailer=indomaret',
  });
  assert.match(refused.url, /failed=1$/);
  await operate('merchant', 'set', 'G000000001', '--other-retailer', 'always');
  try {
    await page.reload();
    assert.match(await page.innerText('#another'), /Pay at another store\?[\s\S]*Indomaret/);
    await assertAccessible(page);
    await shoot(page, 'payer-another');
    await page.click('#another button[value=indomaret]');
    await page.waitForURL((now) => !now.href.startsWith(address));
    assert.ok(!(await page.innerText('.code')).replace(/\s/g, '').includes(code));
    await press('pay', code);
    await page.waitForSelector('[data-standing=elsewhere]', { timeout: SECONDS });
    assert.match(await page.innerText('#standing'), /Paid with another code/);
  } finally {
    await operate('merchant', 'set', 'G000000001', '--other-retailer', 'checkout');
  }
  await close();
});
