'use strict';

// Gerai's own events from Node: `v1` with the official library of Standard Webhooks, `v1a` with Node's
// own Ed25519, and the stream with Node's own fetch.

const assert = require('node:assert/strict');
const { createPublicKey, randomUUID, verify } = require('node:crypto');
const { after, before, test } = require('node:test');

const { Webhook, WebhookVerificationError } = require('standardwebhooks');

const { operate, press, url } = require('./gateway.js');
const { Receiver } = require('./receiver.js');

const MERCHANT_ID = 'G000000001';
const AUTHORIZATION = `Basic ${Buffer.from('SB-Mid-server-gerai-demo:').toString('base64')}`;

const receiver = new Receiver(() => ({ status: 200, body: '{}' }));
let secret;
let publicKey;

async function rotate(...words) {
  const shown = await operate('merchant', 'rotate-key', MERCHANT_ID, ...words);
  const made = shown.keys.filter((key) => key.name === 'events' && key.secret);
  return { secret: made[0]?.secret, publicKey: shown.told?.events_public_key };
}

async function charge() {
  const answer = await fetch(`${url}/v2/charge`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify({
      payment_type: 'cstore',
      transaction_details: { order_id: `events-${randomUUID()}`, gross_amount: 44000 },
      cstore: { store: 'indomaret' },
    }),
  });
  return answer.json();
}

/** An Ed25519 key as it is told, for Node. */
function keyOf(text) {
  assert.match(text, /^whpk_/);
  const x = Buffer.from(text.slice('whpk_'.length), 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function isOfThePair({ headers, body }) {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return headers['webhook-signature']
    .split(' ')
    .filter((one) => one.startsWith('v1a,'))
    .map((one) => Buffer.from(one.slice('v1a,'.length), 'base64'))
    .some((signature) => verify(null, Buffer.from(content), keyOf(publicKey), signature));
}

before(async () => {
  await receiver.start();
  ({ secret } = await rotate('--key', 'events', '--overlap', '0'));
  ({ publicKey } = await rotate('--key', 'events_ed25519', '--overlap', '0'));
  await operate('merchant', 'set', MERCHANT_ID, '--events-url', `${receiver.base}/events`);
});

after(async () => {
  await operate('merchant', 'set', MERCHANT_ID, '--events-url', '');
  receiver.stop();
});

test('what is sent is verified by the library, and by Node alone', async () => {
  const charged = await charge();
  await press('pay', charged.payment_code);
  for (const type of ['payment.opened', 'payment.paid']) {
    const arrived = await receiver.next();
    const event = new Webhook(secret).verify(arrived.body, arrived.headers);
    assert.equal(event.type, type);
    assert.equal(event.data.payment.order_id, charged.order_id);
    assert.ok(isOfThePair(arrived));
    const changed = { ...arrived, body: arrived.body.replace('payment', 'Payment') };
    assert.throws(
      () => new Webhook(secret).verify(changed.body, changed.headers),
      WebhookVerificationError,
    );
    assert.ok(!isOfThePair(changed));
  }
});

test('in a rotation both secrets verify', async () => {
  const { secret: next } = await rotate('--key', 'events', '--overlap', '1');
  await charge();
  const arrived = await receiver.next();
  for (const one of [secret, next]) new Webhook(one).verify(arrived.body, arrived.headers);
  assert.equal(arrived.headers['webhook-signature'].split(' ').length, 3);
});

test('a stream brings what happens', async () => {
  const stop = new AbortController();
  const answer = await fetch(`${url}/v1/events?after=latest&type=payment.paid`, {
    headers: { authorization: AUTHORIZATION, accept: 'text/event-stream' },
    signal: stop.signal,
  });
  assert.equal(answer.status, 200);
  const charged = await charge();
  await press('pay', charged.payment_code);
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of answer.body) {
    text += decoder.decode(piece, { stream: true });
    if (/^data: .*\n\n/m.test(text)) break;
  }
  stop.abort();
  const event = JSON.parse(/^data: (.*)$/m.exec(text)[1]);
  assert.equal(/^event: (.*)$/m.exec(text)[1], 'payment.paid');
  assert.equal(/^id: (\d+)\nevent/m.exec(text)[1], String(event.number));
  assert.equal(event.data.payment.id, charged.transaction_id);
  for (let count = 0; count < 2; count += 1) await receiver.next();
});
