'use strict';

// The official Midtrans client's Snap for Node, unmodified, against a running gateway: the cases of
// its own suite (test/snap.test.js), each with what it asserts there.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { test } = require('node:test');

const { url } = require('./gateway.js');
const { Receiver } = require('./receiver.js');

const { Snap, MidtransError } = require('midtrans-client');
const ApiConfig = require('midtrans-client/lib/apiConfig');

ApiConfig.CORE_SANDBOX_BASE_URL = url;
ApiConfig.SNAP_SANDBOX_BASE_URL = `${url}/snap/v1`;

const KEY = 'SB-Mid-server-gerai-demo';
// The library for Go asks for version 4 in its own tests.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const it = (name, body) => test(name, { timeout: 60_000 }, body);

const snap = (serverKey = KEY) =>
  new Snap({ isProduction: false, serverKey, clientKey: 'SB-Mid-client-gerai-demo' });

const minimal = (amount = 200000) => ({
  transaction_details: { order_id: `js-snap-${randomUUID()}`, gross_amount: amount },
});

const maximal = () => ({
  ...minimal(10000),
  item_details: [{ id: 'ITEM1', price: 10000, quantity: 1, name: 'Midtrans Bear', brand: 'Midtrans' }],
  customer_details: {
    first_name: 'John', last_name: 'Watson', email: 'test@example.com', phone: '+628123456',
    billing_address: { city: 'Jakarta', country_code: 'IDN' },
  },
  enabled_payments: [
    'credit_card', 'mandiri_clickpay', 'cimb_clicks', 'bca_klikbca', 'bca_klikpay', 'bri_epay', 'echannel',
    'indosat_dompetku', 'mandiri_ecash', 'permata_va', 'bca_va', 'bni_va', 'other_va', 'kioson', 'indomaret',
    'gci', 'danamon_online',
  ],
  credit_card: { secure: true, bank: 'bca', installment: { required: false, terms: { bni: [3, 6, 12] } } },
  bca_va: { va_number: '12345678911', free_text: { inquiry: [], payment: [] } },
  callbacks: { finish: 'https://demo.midtrans.com' },
  expiry: { start_time: '2030-12-20 18:11:08 +0700', unit: 'minutes', duration: 1 },
  custom_field1: 'custom field 1 content',
});

async function refusal(call) {
  const error = await call.then((answer) => assert.fail(JSON.stringify(answer)), (caught) => caught);
  assert.ok(error instanceof MidtransError, String(error));
  return error;
}

it('able to create transaction with the least and with everything', async () => {
  for (const parameters of [minimal(), maximal()]) {
    const created = await snap().createTransaction(parameters);
    assert.deepEqual(Object.keys(created), ['token', 'redirect_url']);
    assert.match(created.token, UUID);
    assert.equal(created.redirect_url, `${url}/snap/v3/redirection/${created.token}`);
  }
});

it('able to create a token and a redirect url', async () => {
  assert.match(await snap().createTransactionToken(minimal()), UUID);
  assert.ok((await snap().createTransactionRedirectUrl(minimal())).startsWith(`${url}/snap/v3/redirection/`));
});

it('fail 404 on the status of an order that nobody has', async () => {
  const error = await refusal(snap().transaction.status('non-exist-order-id'));
  assert.equal(error.httpStatusCode, '404');
  assert.match(error.message, /exist/);
});

it('fail 401 with a wrong key, and with none', async () => {
  for (const key of ['dummy', null]) {
    const error = await refusal(snap(key).createTransaction(minimal()));
    assert.equal(error.httpStatusCode, 401);
    assert.match(error.message, /unauthorized/);
    assert.equal(error.ApiResponse.error_messages.length, 2);
  }
});

it('fail 400 with no parameters', async () => {
  const error = await refusal(snap().createTransaction());
  assert.equal(error.httpStatusCode, 400);
  assert.match(error.message, /is required/);
});

it('fail 400 with an amount of nothing: numeric, with a list of sentences', async () => {
  const error = await refusal(snap().createTransaction(minimal(0)));
  assert.equal(error.httpStatusCode, 400);
  assert.ok(Array.isArray(error.ApiResponse.error_messages));
  assert.match(error.ApiResponse.error_messages[0], /gross_amount must be greater than or equal to 0\.01$/);
});

it('able to override the notification url by a header', async () => {
  const receiver = await new Receiver(() => ({ status: 200, body: '{}' })).start();
  try {
    const api = snap();
    api.httpClient.http_client.defaults.headers.common['X-Override-Notification'] = receiver.base;
    const parameters = minimal();
    const { token } = await api.createTransaction(parameters);
    const answer = await fetch(`${url}/checkout/${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'retailer=alfamart',
    });
    assert.match(answer.url, /\/pay\//);
    const told = JSON.parse((await receiver.next()).body);
    assert.equal(told.order_id, parameters.transaction_details.order_id);
    assert.equal(told.transaction_status, 'pending');
  } finally {
    receiver.stop();
  }
});
