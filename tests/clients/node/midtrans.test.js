'use strict';

// The official Midtrans client for Node, unmodified, against a running gateway. It differs from
// the Python one on the wire (GETs carry a body, actions send `null`) and in how it reports:
// `httpStatusCode` is a number when HTTP said no, and the body's string when only the body did.

const assert = require('node:assert/strict');
const { createHash, randomInt, randomUUID } = require('node:crypto');
const { after, before, describe, test } = require('node:test');

const gateway = (process.env.GERAI_URL ?? '').replace(/\/+$/, '');
if (!/^https?:\/\//.test(gateway)) {
  throw new Error(
    "GERAI_URL is not set to the gateway's base URL. Start one, for example with " +
      '`gerai sandbox --listen 127.0.0.1:0 --in-memory`, and set GERAI_URL to the address ' +
      'that it prints after `listening on`.',
  );
}
// The gateway and the receivers are local: a proxy of the machine has no part in this.
process.env.NO_PROXY = process.env.no_proxy = '*';

const { Receiver } = require('./receiver.js');

const { CoreApi, MidtransError } = require('midtrans-client');
const ApiConfig = require('midtrans-client/lib/apiConfig');

ApiConfig.CORE_SANDBOX_BASE_URL = gateway;
ApiConfig.CORE_PRODUCTION_BASE_URL = gateway;
ApiConfig.SNAP_SANDBOX_BASE_URL = `${gateway}/snap/v1`;
ApiConfig.SNAP_PRODUCTION_BASE_URL = `${gateway}/snap/v1`;

const DEMO = { serverKey: 'SB-Mid-server-gerai-demo', merchantId: 'G000000001' };
const OTHER = { serverKey: 'SB-Mid-server-gerai-other', merchantId: 'G000000002' };
const CLIENT_KEY = 'SB-Mid-client-gerai-demo';

const STORES = ['alfamart', 'indomaret'];
const CODE_LENGTH = { alfamart: 16, indomaret: 12 };

const CHARGE_FIELDS = [
  'currency',
  'expiry_time',
  'fraud_status',
  'gross_amount',
  'merchant_id',
  'order_id',
  'payment_code',
  'payment_type',
  'status_code',
  'status_message',
  'store',
  'transaction_id',
  'transaction_status',
  'transaction_time',
];
// What stays the same in every answer and notification about one transaction.
const LASTING_FIELDS = CHARGE_FIELDS.filter(
  (name) => !['status_code', 'status_message', 'transaction_status'].includes(name),
);
const NOTIFICATION_FIELDS = [
  'transaction_time',
  'transaction_status',
  'transaction_id',
  'store',
  'status_message',
  'status_code',
  'signature_key',
  'payment_type',
  'payment_code',
  'order_id',
  'merchant_id',
  'gross_amount',
  'currency',
];

const NOT_AUTHORIZED = 'Transaction cannot be authorized with the current client/server key.';
const DUPLICATE =
  'The request could not be completed due to a conflict with the current state of the target ' +
  'resource, please try again';
const NOT_FOUND = "Transaction doesn't exist.";
const NOT_UPDATABLE = 'Transaction status cannot be updated.';
const UNEXPECTED = 'Sorry. Our system is recovering from unexpected issues. Please retry.';
const INVALID = 'One or more parameters in the payload is invalid.';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// The client sets no time limit of its own; a gateway that never answers must not hang the run.
const it = (name, body) => test(name, { timeout: 60_000 }, body);

function client(serverKey = DEMO.serverKey, headers = {}, isProduction = false) {
  const api = new CoreApi({ isProduction, serverKey, clientKey: CLIENT_KEY });
  Object.assign(api.httpClient.http_client.defaults.headers.common, headers);
  return api;
}

const newOrderId = () => `js-${randomUUID()}`;
const newKey = () => randomUUID().replaceAll('-', '');

function cstore({ store = 'alfamart', amount = 44000, orderId = newOrderId(), ...more } = {}) {
  return {
    payment_type: 'cstore',
    transaction_details: { order_id: orderId, gross_amount: amount },
    cstore: { store },
    ...more,
  };
}

function pick(body, names) {
  return Object.fromEntries(names.map((name) => [name, body[name]]));
}

/** Reads `YYYY-MM-DD HH:MM:SS`, which carries no zone and is always GMT+7. */
function timeOf(text) {
  assert.match(text, /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
  return Date.parse(`${text.replace(' ', 'T')}+07:00`);
}

/** What `signature_key` has to be, computed from the strings of that very body. */
function signature(body, serverKey = DEMO.serverKey) {
  return createHash('sha512')
    .update(body.order_id + body.status_code + body.gross_amount + serverKey)
    .digest('hex');
}

/** Waits for the client's error and gives it back. A call that succeeds is a failed test. */
async function refusal(call) {
  let caught;
  await assert.rejects(call, (error) => {
    caught = error;
    return true;
  });
  assert.ok(caught instanceof MidtransError, String(caught));
  return caught;
}

/** A refusal that only the body tells: the client reports its code as the string it is. */
function assertBodyFault(error, code, text) {
  assert.equal(error.httpStatusCode, code);
  assert.equal(error.rawHttpClientData.status, 200);
  assert.equal(error.ApiResponse.status_code, code);
  assert.equal(error.ApiResponse.status_message, text);
  assert.match(error.ApiResponse.id, UUID);
}

/** A refusal that HTTP tells: the client reports its code as a number. */
function assertHttpFault(error, code, text) {
  assert.equal(error.httpStatusCode, code);
  assert.equal(error.ApiResponse.status_code, String(code));
  assert.equal(error.ApiResponse.status_message, text);
  assert.match(error.ApiResponse.id, UUID);
}

function assertInvalid(error, ...messages) {
  assertHttpFault(error, 400, INVALID);
  const told = error.ApiResponse.validation_messages;
  assert.ok(Array.isArray(told));
  for (const message of messages) {
    assert.ok(told.includes(message), `${message} is not among ${JSON.stringify(told)}`);
  }
}

function assertNotUpdatable(error, transactionId) {
  assertBodyFault(error, '412', NOT_UPDATABLE);
  // Unlike elsewhere the id is not the request's: the recordings show the transaction's.
  assert.equal(error.ApiResponse.id, transactionId);
}

function assertStatus(body, charge, code, status, serverKey = DEMO.serverKey) {
  assert.equal(body.status_code, code);
  assert.equal(body.transaction_status, status);
  assert.equal(body.status_message, 'Success, transaction is found');
  assert.deepEqual(pick(body, LASTING_FIELDS), pick(charge, LASTING_FIELDS));
  assert.equal(body.signature_key, signature(body, serverKey));
}

/** Does at once what a cashier would: `press('pay', charge)`, or `'reverse'`. */
function press(key, charge) {
  return fetch(`${gateway}/sandbox/v1/payments/${charge.payment_code}/${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
}

async function pay(charge) {
  const answer = await press('pay', charge);
  assert.equal(answer.status, 200, await answer.text());
}

/** What a receiver answers that says all of this in JSON. */
const always = (body) => () => ({ status: 200, body: JSON.stringify(body) });

describe('what this client sends', () => {
  // The cases below prove something only as long as this is so.
  let recorder;
  let api;
  before(async () => {
    recorder = await new Receiver(always({ status_code: '200' })).start();
    ApiConfig.CORE_SANDBOX_BASE_URL = recorder.base;
    api = client();
  });
  after(() => {
    ApiConfig.CORE_SANDBOX_BASE_URL = gateway;
    recorder.stop();
  });

  it('is `{}` with a GET', async () => {
    await api.transaction.status('x');
    assert.deepEqual(pick(await recorder.next(), ['method', 'path', 'body']), {
      method: 'GET',
      path: '/v2/x/status',
      body: '{}',
    });
  });

  for (const action of ['cancel', 'expire', 'approve', 'deny']) {
    it(`is \`null\` with ${action}`, async () => {
      await api.transaction[action]('x');
      assert.deepEqual(pick(await recorder.next(), ['method', 'path', 'body']), {
        method: 'POST',
        path: `/v2/x/${action}`,
        body: 'null',
      });
    });
  }

  it('is `{}` with a charge of nothing', async () => {
    await api.charge();
    assert.equal((await recorder.next()).body, '{}');
  });
});

describe('charge', () => {
  for (const store of STORES) {
    it(`answers every field for ${store}`, async () => {
      const orderId = newOrderId();
      const began = Math.floor(Date.now() / 1000) * 1000;
      const charge = await client().charge(cstore({ store, orderId }));
      const ended = Date.now();

      assert.deepEqual(Object.keys(charge).sort(), CHARGE_FIELDS);
      assert.ok(Object.values(charge).every((value) => typeof value === 'string'));
      assert.match(charge.transaction_id, UUID);
      assert.match(charge.payment_code, new RegExp(`^[1-9][0-9]{${CODE_LENGTH[store] - 1}}$`));
      assert.ok(began <= timeOf(charge.transaction_time));
      assert.ok(timeOf(charge.transaction_time) <= ended);
      assert.equal(timeOf(charge.expiry_time) - timeOf(charge.transaction_time), 24 * 3600_000);
      assert.deepEqual(
        { ...charge, transaction_id: '', payment_code: '', transaction_time: '', expiry_time: '' },
        {
          status_code: '201',
          status_message: 'Success, cstore transaction is successful',
          transaction_id: '',
          order_id: orderId,
          merchant_id: DEMO.merchantId,
          gross_amount: '44000.00',
          currency: 'IDR',
          payment_type: 'cstore',
          transaction_time: '',
          transaction_status: 'pending',
          fraud_status: 'accept',
          payment_code: '',
          store,
          expiry_time: '',
        },
      );
    });
  }

  it('reads the store in any case', async () => {
    const charge = await client().charge(cstore({ store: 'Indomaret' }));
    assert.equal(charge.store, 'indomaret');
  });

  it('takes a numeric order id and answers it as a string', async () => {
    const orderId = randomInt(1e11, 1e12);
    const charge = await client().charge(cstore({ orderId }));
    assert.equal(charge.order_id, String(orderId));
    assertStatus(await client().transaction.status(orderId), charge, '201', 'pending');
  });

  for (const amount of ['28000', '28000.00', 28000.0]) {
    it(`takes the amount ${JSON.stringify(amount)}`, async () => {
      assert.equal((await client().charge(cstore({ amount }))).gross_amount, '28000.00');
    });
  }

  it('takes the whole request as a JSON string', async () => {
    const charge = await client().charge(JSON.stringify(cstore()));
    assert.equal(charge.transaction_status, 'pending');
  });

  it('takes items whose numbers are strings', async () => {
    const charge = await client().charge(
      cstore({
        amount: '265000',
        item_details: [
          { id: '1', price: '15000', quantity: '1', name: 'Kopi' },
          { id: '2', price: '125000', quantity: '2', name: 'Teko' },
        ],
      }),
    );
    assert.equal(charge.gross_amount, '265000.00');
  });

  it('counts a custom expiry from the transaction', async () => {
    const charge = await client().charge(
      cstore({ custom_expiry: { expiry_duration: 2, unit: 'hour' } }),
    );
    assert.equal(timeOf(charge.expiry_time) - timeOf(charge.transaction_time), 2 * 3600_000);
  });

  it('counts a custom expiry from its order time', async () => {
    const ordered = Math.floor(Date.now() / 1000) * 1000 - 90 * 60_000;
    const wib = new Date(ordered + 7 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
    const charge = await client().charge(
      cstore({
        custom_expiry: { order_time: `${wib} +0700`, expiry_duration: 120, unit: 'minute' },
      }),
    );
    assert.equal(timeOf(charge.expiry_time), ordered + 120 * 60_000);
  });

  it('refuses a custom expiry beyond the longest', async () => {
    const error = await refusal(
      client().charge(cstore({ custom_expiry: { expiry_duration: 181, unit: 'day' } })),
    );
    assertInvalid(error);
    assert.match(error.ApiResponse.validation_messages.join(), /custom_expiry/);
  });

  it('accepts texts that are too long', async () => {
    const request = cstore();
    request.cstore.message = 'm'.repeat(60);
    request.cstore.alfamart_free_text_3 = 'c'.repeat(43);
    assert.equal((await client().charge(request)).status_code, '201');
  });

  for (const [name, nothing] of [
    ['nothing', undefined],
    ['null', null],
  ]) {
    it(`of ${name} is a 500`, async () => {
      const error = await refusal(client().charge(nothing));
      assertHttpFault(error, 500, UNEXPECTED);
      assert.match(error.message, /HTTP status code: 500/);
    });
  }

  for (const payment_type of ['cstore', 'bank_transfer']) {
    it(`of amount 0 is a 400 for ${payment_type}`, async () => {
      const error = await refusal(client().charge({ ...cstore({ amount: 0 }), payment_type }));
      assertInvalid(error, 'transaction_details.gross_amount must be greater than or equal to 1');
    });
  }

  it('names all that is missing', async () => {
    const error = await refusal(
      client().charge({ payment_type: 'cstore', transaction_details: {}, cstore: {} }),
    );
    assertInvalid(
      error,
      'transaction_details.order_id is required',
      'transaction_details.gross_amount is required',
      'cstore.store is required',
    );
  });

  for (const member of ['payment_type', 'transaction_details', 'cstore']) {
    it(`names ${member} when it is missing`, async () => {
      const request = cstore();
      delete request[member];
      assertInvalid(await refusal(client().charge(request)), `${member} is required`);
    });
  }

  it('refuses items that do not add up', async () => {
    const error = await refusal(
      client().charge(
        cstore({ item_details: [{ id: '1', price: 20000, quantity: 2, name: 'Kemeja' }] }),
      ),
    );
    assertInvalid(
      error,
      'transaction_details.gross_amount is not equal to the sum of item_details',
    );
  });

  it('refuses other payment types with 402', async () => {
    const error = await refusal(client().charge({ ...cstore(), payment_type: 'gopay' }));
    assertHttpFault(error, 402, 'Payment channel is not activated.');
  });

  it('refuses an order id in use with the string 406', async () => {
    const first = await client().charge(cstore());
    const error = await refusal(client().charge(cstore({ orderId: first.order_id })));
    assertBodyFault(error, '406', DUPLICATE);
    assertStatus(await client().transaction.status(first.order_id), first, '201', 'pending');
  });
});

describe('status', () => {
  it('finds by order id and by transaction id', async () => {
    const charge = await client().charge(cstore());
    const byOrderId = await client().transaction.status(charge.order_id);
    const byTransactionId = await client().transaction.status(charge.transaction_id);
    assert.deepEqual(byOrderId, byTransactionId);
    assertStatus(byOrderId, charge, '201', 'pending');
    assert.deepEqual(Object.keys(byOrderId).sort(), [...CHARGE_FIELDS, 'signature_key'].sort());
  });

  it('echoes custom fields and metadata', async () => {
    const echoed = {
      custom_field1: 'kanal: toko',
      custom_field3: 'Pesanan № 7, "segera" ☕',
      metadata: { toko: 'Bandung', dalam: { ya: true, daftar: [1, 'dua'] } },
    };
    const charge = await client().charge(cstore(echoed));
    const found = await client().transaction.status(charge.order_id);
    assert.deepEqual(pick(found, Object.keys(echoed)), echoed);
    assert.ok(!('custom_field2' in found));
  });

  for (const unknown of ['js-no-such-order', 'DUMMY', randomUUID()]) {
    it(`of ${unknown} is the string 404`, async () => {
      const error = await refusal(client().transaction.status(unknown));
      assertBodyFault(error, '404', NOT_FOUND);
      assert.match(error.message, /exist/);
    });
  }

  for (const odd of ['', 'order 1#x', 'a/b/c']) {
    it(`of ${JSON.stringify(odd)} is a 404 in JSON`, async () => {
      const error = await refusal(client().transaction.status(odd));
      assert.equal(error.ApiResponse.status_code, '404');
    });
  }

  it('of b2b is the string 404', async () => {
    const charge = await client().charge(cstore());
    for (const id of [charge.order_id, 'DUMMY']) {
      assertBodyFault(await refusal(client().transaction.statusb2b(id)), '404', NOT_FOUND);
    }
  });
});

describe('cancel and expire', () => {
  const ENDS = {
    cancel: { code: '200', text: 'Success, transaction is canceled' },
    expire: { code: '407', text: 'Success, transaction has expired' },
  };
  for (const [end, { code, text }] of Object.entries(ENDS)) {
    it(`${end} closes, once, and frees the order id`, async () => {
      const { transaction } = client();
      const charge = await client().charge(cstore());
      const closed = await transaction[end](charge.order_id);
      assert.equal(closed.status_code, code);
      assert.equal(closed.status_message, text);
      assert.equal(closed.transaction_status, end);
      assert.equal(closed.transaction_id, charge.transaction_id);
      assert.equal(closed.gross_amount, '44000.00');

      for (const again of Object.keys(ENDS)) {
        const error = await refusal(transaction[again](charge.transaction_id));
        assertNotUpdatable(error, charge.transaction_id);
      }
      assertStatus(await transaction.status(charge.order_id), charge, code, end);

      const next = await client().charge(cstore({ orderId: charge.order_id }));
      assert.notEqual(next.transaction_id, charge.transaction_id);
      assertStatus(await transaction.status(charge.order_id), next, '201', 'pending');
      assertStatus(await transaction.status(charge.transaction_id), charge, code, end);
    });
  }

  it('are refused with the string 412 when paid', async () => {
    const charge = await client().charge(cstore());
    await pay(charge);
    for (const end of Object.keys(ENDS)) {
      const error = await refusal(client().transaction[end](charge.order_id));
      assertNotUpdatable(error, charge.transaction_id);
    }
    assertStatus(await client().transaction.status(charge.order_id), charge, '200', 'settlement');
  });
});

describe('actions that a counter payment does not know', () => {
  const ACTIONS = {
    approve: (api, id) => api.transaction.approve(id),
    deny: (api, id) => api.transaction.deny(id),
    refund: (api, id) => api.transaction.refund(id, { amount: 5000, reason: 'x' }),
    refundDirect: (api, id) => api.transaction.refundDirect(id),
    capture: (api, id) => api.capture({ transaction_id: id, gross_amount: 44000 }),
  };
  for (const [name, act] of Object.entries(ACTIONS)) {
    it(`${name} is the string 412 on a known id, 404 on an unknown one`, async () => {
      const charge = await client().charge(cstore());
      assertNotUpdatable(
        await refusal(act(client(), charge.transaction_id)),
        charge.transaction_id,
      );
      assertBodyFault(await refusal(act(client(), 'DUMMY')), '404', NOT_FOUND);
      assertStatus(await client().transaction.status(charge.order_id), charge, '201', 'pending');
    });
  }
});

describe('authentication', () => {
  for (const key of ['invalidkey', '', null, CLIENT_KEY]) {
    it(`of ${JSON.stringify(key)} is the number 401`, async () => {
      const charge = await client().charge(cstore());
      for (const isProduction of [false, true]) {
        const stranger = client(key, {}, isProduction);
        for (const call of [
          () => stranger.charge(cstore()),
          () => stranger.charge(),
          () => stranger.transaction.status(charge.order_id),
          () => stranger.transaction.cancel(charge.order_id),
          () => stranger.transaction.status('DUMMY'),
        ]) {
          assertHttpFault(await refusal(call), 401, NOT_AUTHORIZED);
        }
      }
      assertStatus(await client().transaction.status(charge.order_id), charge, '201', 'pending');
    });
  }

  it('by a changed key makes another merchant', async () => {
    const charge = await client().charge(cstore());
    const wanderer = client(OTHER.serverKey);
    const error = await refusal(wanderer.transaction.status(charge.order_id));
    assertBodyFault(error, '404', NOT_FOUND);
    wanderer.apiConfig.set({ serverKey: DEMO.serverKey });
    assertStatus(await wanderer.transaction.status(charge.order_id), charge, '201', 'pending');
  });
});

describe('two merchants', () => {
  it('do not see each other', async () => {
    const charge = await client().charge(cstore());
    const other = client(OTHER.serverKey).transaction;
    for (const id of [charge.order_id, charge.transaction_id]) {
      for (const call of ['status', 'cancel', 'expire', 'deny']) {
        assertBodyFault(await refusal(other[call](id)), '404', NOT_FOUND);
      }
    }
    assertStatus(await client().transaction.status(charge.order_id), charge, '201', 'pending');
  });

  it('use the same order id in parallel', async () => {
    const orderIds = Array.from({ length: 8 }, newOrderId);
    const charges = await Promise.all(
      orderIds.flatMap((orderId) =>
        [DEMO, OTHER].map(async ({ serverKey, merchantId }) => {
          const charge = await client(serverKey).charge(cstore({ orderId }));
          assert.equal(charge.merchant_id, merchantId);
          assert.equal(charge.order_id, orderId);
          return charge;
        }),
      ),
    );
    assert.equal(new Set(charges.map((charge) => charge.payment_code)).size, 16);
  });
});

describe('Idempotency-Key', () => {
  const keyed = (key) => client(DEMO.serverKey, { 'Idempotency-Key': key });

  it('repeats the answer for alfamart', async () => {
    const api = keyed(newKey());
    const request = cstore({ store: 'alfamart' });
    const first = await api.charge(request);
    assert.deepEqual(await api.charge(request), first);
    // This client sends the header on GETs too, where it means nothing.
    assertStatus(await api.transaction.status(first.order_id), first, '201', 'pending');
  });

  it('is ignored for indomaret', async () => {
    const api = keyed(newKey());
    const request = cstore({ store: 'indomaret' });
    await api.charge(request);
    assertBodyFault(await refusal(api.charge(request)), '406', DUPLICATE);
  });

  it('makes a new charge of another order id', async () => {
    const api = keyed(newKey());
    const [first, second] = [await api.charge(cstore()), await api.charge(cstore())];
    assert.notEqual(first.transaction_id, second.transaction_id);
  });
});

describe('paying', () => {
  for (const store of STORES) {
    it(`settles for ${store}`, async () => {
      const charge = await client().charge(cstore({ store }));
      const began = Math.floor(Date.now() / 1000) * 1000;
      await pay(charge);
      const found = await client().transaction.status(charge.order_id);
      assertStatus(found, charge, '200', 'settlement');
      assert.ok(began <= timeOf(found.settlement_time));
      assert.ok(timeOf(found.settlement_time) <= Date.now());
    });

    it(`works by the old simulator's paths for ${store}`, async () => {
      const charge = await client().charge(cstore({ store }));
      const url = `${gateway}/api/${store}/${charge.payment_code}`;
      assert.equal((await fetch(url)).status, 200);
      const answer = await fetch(`${url}/pay`, { method: 'POST' });
      assert.deepEqual(await answer.json(), { status: 'SUCCESS' });
      assertStatus(
        await client().transaction.status(charge.order_id),
        charge,
        '200',
        'settlement',
      );
    });
  }

  it('and reversing denies', async () => {
    const charge = await client().charge(cstore({ store: 'indomaret' }));
    await pay(charge);
    assert.equal((await press('reverse', charge)).status, 200);
    assertStatus(await client().transaction.status(charge.order_id), charge, '202', 'deny');
  });
});

describe('the notification helper', () => {
  for (const [name, form] of [
    ['an object', (body) => body],
    ['a string', JSON.stringify],
  ]) {
    it(`takes ${name} and asks for the status`, async () => {
      const charge = await client().charge(cstore());
      const body = await client().transaction.status(charge.order_id);
      assert.deepEqual(await client().transaction.notification(form(body)), body);
    });
  }

  it('corrects a forged settlement', async () => {
    const charge = await client().charge(cstore());
    const forged = { ...charge, status_code: '200', transaction_status: 'settlement' };
    assertStatus(await client().transaction.notification(forged), charge, '201', 'pending');
  });

  it('refuses one of an unknown transaction', async () => {
    const unknown = { transaction_id: randomUUID() };
    const error = await refusal(client().transaction.notification(unknown));
    assertBodyFault(error, '404', NOT_FOUND);
  });
});

describe('notifications', () => {
  function assertNotification(received, charge, code, status, more = [], key = DEMO.serverKey) {
    assert.equal(received.method, 'POST');
    assert.equal(received.headers['user-agent'], 'Veritrans');
    assert.equal(received.headers.accept, 'application/json');
    assert.equal(received.headers['content-type'], 'application/json');

    const body = JSON.parse(received.body);
    assert.equal(body.status_code, code);
    assert.equal(body.transaction_status, status);
    assert.equal(body.status_message, 'midtrans payment notification');
    assert.equal(body.signature_key, signature(body, key));
    const required = [...NOTIFICATION_FIELDS, ...more];
    for (const name of required) assert.ok(name in body, `${name} is missing`);
    // Newer bodies have these two; the older ones of Indomaret do not.
    const known = [...required, 'fraud_status', 'expiry_time'];
    for (const name of Object.keys(body)) assert.ok(known.includes(name), `${name} is foreign`);
    const lasting = LASTING_FIELDS.filter((name) => name in body);
    assert.deepEqual(pick(body, lasting), pick(charge, lasting));
  }

  async function withReceiver(use) {
    const receiver = await new Receiver(always({})).start();
    try {
      await use(receiver);
    } finally {
      receiver.stop();
    }
  }

  const notified = (url, serverKey = DEMO.serverKey) =>
    client(serverKey, { 'X-Override-Notification': url });

  for (const store of STORES) {
    it(`tell pending, then settlement, for ${store}`, () =>
      withReceiver(async (receiver) => {
        const charge = await notified(`${receiver.base}/hook?id=7`).charge(cstore({ store }));
        await pay(charge);
        const [pending, settlement] = [await receiver.next(), await receiver.next()];
        assert.equal(pending.path, '/hook?id=7');
        assertNotification(pending, charge, '201', 'pending');
        const more = store === 'indomaret' ? ['approval_code'] : [];
        assertNotification(settlement, charge, '200', 'settlement', ['settlement_time', ...more]);
        assertStatus(
          await client().transaction.notification(settlement.body),
          charge,
          '200',
          'settlement',
        );
      }));
  }

  for (const end of ['cancel', 'expire']) {
    it(`tell ${end} with 202`, () =>
      withReceiver(async (receiver) => {
        const charge = await notified(`${receiver.base}/`).charge(cstore());
        await client().transaction[end](charge.order_id);
        assertNotification(await receiver.next(), charge, '201', 'pending');
        assertNotification(await receiver.next(), charge, '202', end);
      }));
  }

  it("are signed with each merchant's own key", () =>
    withReceiver(async (receiver) => {
      const charge = await notified(`${receiver.base}/`, OTHER.serverKey).charge(cstore());
      assertNotification(await receiver.next(), charge, '201', 'pending', [], OTHER.serverKey);
    }));
});
