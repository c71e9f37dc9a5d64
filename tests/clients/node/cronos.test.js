'use strict';

// Cronos and SenGo from Node, with nothing but Node: a merchant who knows that PHP escapes slashes
// and signs so, but whose HTTP layer sends them plain; and others who do not even know that.

const assert = require('node:assert/strict');
const { createHmac, randomUUID } = require('node:crypto');
const { after, before, describe, test } = require('node:test');

const gateway = require('./gateway.js');
const { Receiver } = require('./receiver.js');

// A gateway that never answers must not hang the run.
const it = (name, body) => test(name, { timeout: 60_000 }, body);

const BRANDS = [
  {
    name: 'Cronos',
    headers: { key: 'On-Key', token: 'On-Token', signature: 'On-Signature' },
    key: 'SC-KRW9ESNZUUKQXOOX',
    token: 'jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t',
    fee: 3000,
  },
  {
    name: 'SenGo',
    headers: { key: 'X-Client-Key', token: 'X-Client-Token', signature: 'X-Signature' },
    key: 'SG-GERAIDEMO000001',
    token: 'gerai0demo0token0for0sengo000001',
    fee: 85,
  },
];

const NAMES = ['Mr. Gentur', 'Kopi Café 北京 😀', 'A/B "C" \\ <d> & e\u2028f'];

const withSlashesEscaped = (json) => json.replaceAll('/', '\\/');
const asAscii = (json) =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function order(more = {}) {
  return {
    reference: `js-${randomUUID()}`,
    phoneNumber: '082195395779',
    channel: 'alfamart',
    amount: 25000,
    expiryMinutes: 30,
    viewName: 'Mr. Gentur',
    additionalInfo: { callback: 'http://127.0.0.1:9/nobody?a=1&b=2' },
    ...more,
  };
}

function headers(brand, signed, more = {}) {
  return {
    [brand.headers.key]: brand.key,
    [brand.headers.token]: brand.token,
    [brand.headers.signature]: createHmac('sha512', brand.token).update(brand.key + signed).digest('hex'),
    'Content-Type': 'application/json',
    ...more,
  };
}

/** Sends one text and signs another. */
async function create(brand, sent, signed, path = `${gateway.url}/api/retail`) {
  const answer = await fetch(path, { method: 'POST', headers: headers(brand, signed), body: sent });
  return { status: answer.status, body: await answer.json() };
}

function assertOpened({ status, body }, brand, wanted) {
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.responseCode, 200);
  assert.equal(body.responseMessage, 'success');
  const { merchantRef, amount, fee, totalAmount, retail, additionalInfo } = body.responseData;
  assert.deepEqual(
    { merchantRef, amount, fee, totalAmount, additionalInfo, viewName: retail.viewName },
    {
      merchantRef: wanted.reference,
      amount: wanted.amount,
      fee: brand.fee,
      totalAmount: wanted.amount + brand.fee,
      additionalInfo: wanted.additionalInfo,
      viewName: wanted.viewName,
    },
  );
  assert.match(retail.paymentCode, /^[0-9]{10,16}$/);
}

/** How merchants sign what they send, and what their HTTP layers make of it. */
const SIGNERS = {
  'escapes slashes when signing and sends them plain': [withSlashesEscaped, (json) => json],
  'escapes slashes and sends it so': [withSlashesEscaped, withSlashesEscaped],
  'signs JSON.stringify and sends it so': [(json) => json, (json) => json],
  'signs JSON.stringify and sends it indented': [
    (json) => json,
    (json) => JSON.stringify(JSON.parse(json), null, 2),
  ],
  'escapes like PHP when signing and sends it plain': [
    (json) => asAscii(withSlashesEscaped(json)),
    (json) => json,
  ],
  'escapes all but slashes when signing and sends it plain': [asAscii, (json) => json],
};

for (const brand of BRANDS) {
  describe(brand.name, () => {
    for (const [what, [sign, send]] of Object.entries(SIGNERS)) {
      for (const viewName of NAMES) {
        it(`is well with who ${what}: ${viewName}`, async () => {
          const wanted = order({ viewName });
          const json = JSON.stringify(wanted);
          assertOpened(await create(brand, send(json), sign(json)), brand, wanted);
        });
      }
    }

    const WRONG = {
      'slashes escaped twice': (json) => withSlashesEscaped(withSlashesEscaped(json)),
      'members in another order': (json) =>
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json)).reverse())),
      'one space more': (json) => json.replace(',', ', '),
      'another amount': (json) => json.replace('25000', '25001'),
      'escapes in capitals': (json) =>
        asAscii(json).replace(/\\u[0-9a-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`),
    };
    for (const [what, spoil] of Object.entries(WRONG)) {
      it(`refuses a signature over ${what}`, async () => {
        const json = JSON.stringify(order({ viewName: 'Kopi Café' }));
        assert.notEqual(spoil(json), json);
        const { status, body } = await create(brand, json, spoil(json));
        assert.equal(status, 401);
        assert.equal(body.responseCode, 401);
        assert.equal(body.errorCode, 'UNAUTHORIZED');
        assert.equal(body.responseData, null);
      });
    }

    it('takes PHP\'s spelling only from a merchant that wants it strict', async () => {
      const { merchant_id: key, keys } = await gateway.operate(
        'merchant',
        'add',
        'Toko Ketat',
        '--dialect',
        brand.name.toLowerCase(),
        '--option',
        'strict=true',
      );
      const strict = { ...brand, key, token: keys[0].secret };
      assert.match(strict.token, /^[A-Za-z0-9]{32}$/);
      for (const viewName of NAMES) {
        const wanted = order({ viewName });
        const json = JSON.stringify(wanted);
        for (const other of [json, asAscii(json), withSlashesEscaped(json)]) {
          // An ASCII body with its slashes escaped is PHP's spelling already.
          if (other === asAscii(withSlashesEscaped(json))) continue;
          assert.equal((await create(strict, json, other)).status, 401, other);
        }
        const answer = await create(strict, json, asAscii(withSlashesEscaped(json)));
        assertOpened(answer, strict, wanted);
      }
      const { reference } = order();
      const seen = await fetch(`${gateway.url}/api/check/${reference}`, { headers: headers(strict, '') });
      assert.equal(seen.status, 404);
    });

    it('takes the old token beside the new one after a rotation, and signs with the new one', async () => {
      const { merchant_id: key, keys } = await gateway.operate(
        'merchant',
        'add',
        'Toko Ganti',
        '--dialect',
        brand.name.toLowerCase(),
      );
      const old = { ...brand, key, token: keys[0].secret };
      const rotated = await gateway.operate('merchant', 'rotate-key', key);
      const next = { ...old, token: rotated.keys.find(({ secret }) => secret).secret };
      assert.notEqual(next.token, old.token);
      const receiver = await new Receiver(() => ({ status: 200, body: '' })).start();
      try {
        for (const merchant of [old, next]) {
          const wanted = order({ additionalInfo: { callback: `${receiver.base}/hook` } });
          const json = JSON.stringify(wanted);
          const opened = await create(merchant, json, withSlashesEscaped(json));
          assertOpened(opened, merchant, wanted);
          await gateway.press('pay', opened.body.responseData.retail.paymentCode);
          const { headers: told, body } = await receiver.next();
          const expected = createHmac('sha512', next.token).update(key + body).digest('hex');
          assert.equal(told[brand.headers.signature.toLowerCase()], expected);
        }
        await gateway.operate('merchant', 'rotate-key', key, '--overlap', '0');
        const json = JSON.stringify(order());
        assert.equal((await create(next, json, withSlashesEscaped(json))).status, 401);
      } finally {
        receiver.stop();
      }
    });

    it('shows a payment whose signer signs the key alone', async () => {
      const wanted = order({ viewName: 'Kopi Café' });
      const json = JSON.stringify(wanted);
      const opened = await create(brand, json, withSlashesEscaped(json));
      const { id } = opened.body.responseData;
      const answer = await fetch(`${gateway.url}/api/check/${id}`, { headers: headers(brand, '') });
      assert.deepEqual({ status: answer.status, body: await answer.json() }, opened);
    });

    it('opens one payment of twenty that come at once', async () => {
      const json = JSON.stringify(order());
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => create(brand, json, withSlashesEscaped(json))),
      );
      const codes = answers.map(({ body }) => body.responseCode).sort();
      assert.deepEqual(codes, [200, ...Array(19).fill(409)]);
    });
  });

  describe(`${brand.name}'s notifications`, () => {
    let receiver;
    before(async () => {
      receiver = await new Receiver(() => ({ status: 200, body: '"{\\"status\\":200}"' })).start();
    });
    after(() => receiver.stop());

    it('verify in Node over the raw body and over PHP\'s spelling of it', async () => {
      const wanted = order({
        viewName: 'Kopi Café 北京 😀',
        additionalInfo: { callback: `${receiver.base}/hook` },
      });
      const json = JSON.stringify(wanted);
      const opened = await create(brand, json, withSlashesEscaped(json));
      const { paymentCode } = opened.body.responseData.retail;
      await gateway.press('pay', paymentCode);
      const { method, path, headers: told, body } = await receiver.next();
      assert.deepEqual([method, path], ['POST', '/hook']);
      const signature = told[brand.headers.signature.toLowerCase()];
      for (const text of [body, asAscii(withSlashesEscaped(JSON.stringify(JSON.parse(body))))]) {
        const expected = createHmac('sha512', brand.token).update(brand.key + text).digest('hex');
        assert.equal(signature, expected);
      }
      assert.equal(told[brand.headers.key.toLowerCase()], brand.key);
      assert.equal(told[brand.headers.token.toLowerCase()], undefined);
      assert.ok(!JSON.stringify(told).includes(brand.token));
      assert.equal(JSON.parse(body).responseData.status, 'success');
      assert.equal((await gateway.tried(paymentCode)).state, 'delivered');
    });
  });
}
