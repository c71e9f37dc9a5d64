'use strict';

// Ayolinx has no client of its own. The official Midtrans one speaks SNAP BI, too: unmodified, it
// gets the gateway's address and Ayolinx' two paths, and merchants of other SNAP providers could
// come with the same.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { mkdtemp, rm, writeFile } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const gateway = require('./gateway.js');
const { Receiver } = require('./receiver.js');
const demo = require('../ayolinx-demo.json');

const { SnapBi, SnapBiConfig } = require('midtrans-client');

SnapBiConfig.SNAP_BI_SANDBOX_BASE_URL = gateway.url;
SnapBiConfig.snapBiClientId = demo.clientKey;
SnapBiConfig.snapBiPartnerId = demo.clientKey;
SnapBiConfig.snapBiClientSecret = demo.clientSecret;
SnapBiConfig.snapBiChannelId = '12345';
SnapBiConfig.snapBiPrivateKey = demo.merchantPrivateKey;
SnapBiConfig.snapBiPublicKey = demo.platformPublicKey;
SnapBi.PAYMENT_HOST_TO_HOST = '/v1.0/retail/create';
SnapBi.DEBIT_STATUS = '/v1.0/retail/query';

const CHANNELS = [
  'RETAIL_ALFAMART',
  'RETAIL_ALFAMIDI',
  'RETAIL_DANDAN',
  'RETAIL_PEGADAIAN',
  'RETAIL_POS_INDONESIA',
];
const CREATED = [
  'responseCode',
  'responseMessage',
  'partnerReferenceNo',
  'expiryDate',
  'vaNumber',
  'paymentUrl',
];

// A gateway that never answers must not hang the run.
const it = (name, body) => test(name, { timeout: 60_000 }, body);

const newId = () => crypto.randomUUID().replaceAll('-', '');
const reference = () => `js-${newId()}`;

/** A moment as Jakarta writes it. */
const jakarta = (ms) => `${new Date(ms + 7 * 3600_000).toISOString().slice(0, 19)}+07:00`;

function order({ channel = 'RETAIL_ALFAMART', notify, ...more } = {}) {
  return {
    partnerReferenceNo: reference(),
    validUpTo: jakarta(Date.now() + 24 * 3600_000),
    customerName: 'Budi  Santoso é "北京"',
    customerEmail: 'budi@example.com',
    customerPhone: '081234567890',
    amount: { currency: 'IDR', value: '10000.00' },
    urlParams: notify ? [{ url: notify, type: 'NOTIFICATION' }] : undefined,
    additionalInfo: { channel },
    ...more,
  };
}

const query = (wanted, channel = wanted.additionalInfo.channel) => ({
  originalPartnerReferenceNo: wanted.partnerReferenceNo,
  additionalInfo: { channel },
});

const create = (body, externalId = newId()) =>
  SnapBi.directDebit().withBody(body).createPayment(externalId);
const status = (body, externalId = newId()) =>
  SnapBi.directDebit().withBody(body).getStatus(externalId);

/** Opens a payment, and must be allowed to. */
async function open(wanted) {
  const created = await create(wanted);
  assert.equal(created.responseCode, '00', JSON.stringify(created));
  return created;
}

function assertRefused(answer, code, message) {
  assert.equal(answer.responseCode, code, JSON.stringify(answer));
  assert.match(answer.responseMessage, message);
}

describe('a token', () => {
  it('is answered with every member', async () => {
    const answer = await SnapBi.directDebit().getAccessToken();
    assert.deepEqual(Object.keys(answer), [
      'responseCode',
      'responseMessage',
      'accessToken',
      'tokenType',
      'expiresIn',
    ]);
    assert.deepEqual(
      { ...answer, accessToken: '' },
      {
        responseCode: '2007300',
        responseMessage: 'Successful',
        accessToken: '',
        tokenType: 'Bearer',
        expiresIn: '900',
      },
    );
    assert.match(answer.accessToken, /^[0-9a-f]{32,}$/);
  });

  it('lives beside later ones, for many requests', async () => {
    const issued = await Promise.all(
      Array.from({ length: 5 }, () => SnapBi.directDebit().getAccessToken()),
    );
    const tokens = issued.map(({ accessToken }) => accessToken);
    assert.equal(new Set(tokens).size, tokens.length);
    for (const token of [...tokens, tokens[0]]) {
      const wanted = order();
      const created = await SnapBi.directDebit()
        .withAccessToken(token)
        .withBody(wanted)
        .createPayment(newId());
      assert.equal(created.responseCode, '00', JSON.stringify(created));
      const found = await SnapBi.directDebit()
        .withAccessToken(token)
        .withBody(query(wanted))
        .getStatus(newId());
      assert.equal(found.latestTransactionStatus, '03', JSON.stringify(found));
    }
  });

  it('is not given to who signs with another key', async () => {
    const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    SnapBiConfig.snapBiPrivateKey = privateKey.export({ type: 'pkcs8', format: 'pem' });
    try {
      const answer = await create(order());
      assertRefused(answer, '4017300', /^Unauthorized\. \[Signature\]$/);
    } finally {
      SnapBiConfig.snapBiPrivateKey = demo.merchantPrivateKey;
    }
  });

  it('is not given to a stranger', async () => {
    SnapBiConfig.snapBiClientId = 'CKSandbox-00000000-0000-0000-0000-000000000000';
    try {
      const answer = await SnapBi.directDebit().getAccessToken();
      assertRefused(answer, '4017300', /^Unauthorized\. \[Unknown client\]$/);
    } finally {
      SnapBiConfig.snapBiClientId = demo.clientKey;
    }
  });

  for (const minutes of [-20, 20]) {
    it(`is not given for a time ${minutes} minutes away`, async () => {
      const answer = await SnapBi.directDebit()
        .withTimeStamp(jakarta(Date.now() + minutes * 60_000))
        .getAccessToken();
      assertRefused(answer, '4017300', /^Unauthorized\. \[Timestamp\]$/);
    });
  }

  it('is not given without a time, or for one that is none', async () => {
    // The client signs what it is given, so only the time is wrong.
    for (const [time, code] of [
      ['2026-13-45T99:99:99+07:00', '4007301'],
      ['1700000000', '4007301'],
      ['', '4007302'],
    ]) {
      const answer = await SnapBi.directDebit().withTimeStamp(time).getAccessToken();
      assertRefused(answer, code, /X-TIMESTAMP/);
    }
  });
});

describe('create', () => {
  for (const channel of CHANNELS) {
    it(`opens a payment for ${channel}, and query shows it`, async () => {
      const wanted = order({ channel });
      const created = await open(wanted);
      assert.deepEqual(Object.keys(created), CREATED);
      assert.ok(Object.values(created).every((value) => typeof value === 'string'));
      assert.equal(created.responseMessage, 'Successful');
      assert.equal(created.partnerReferenceNo, wanted.partnerReferenceNo);
      assert.equal(created.expiryDate, wanted.validUpTo);
      assert.match(created.vaNumber, /^[0-9]{8,16}$/);

      const found = await status(query(wanted));
      assert.equal(found.responseCode, '00', JSON.stringify(found));
      assert.equal(found.responseMessage, 'Successful');
      assert.equal(found.originalPartnerReferenceNo, wanted.partnerReferenceNo);
      assert.match(found.originalReferenceNo, /^[0-9]{35}$/);
      assert.equal(found.latestTransactionStatus, '03');
      assert.equal(typeof found.transactionStatusDesc, 'string');
      assert.deepEqual(found.amount, { value: '10000.00', currency: 'IDR' });
      assert.equal(found.finishedTime, undefined);
      assert.equal(found.vaNumber, created.vaNumber);
      assert.equal(found.expiryDate, created.expiryDate);
      assert.equal(found.paymentUrl, created.paymentUrl);
      assert.deepEqual(found.additionalInfo, { channel });
    });
  }

  it('answers the time of Jakarta for another zone\'s', async () => {
    const until = Math.floor(Date.now() / 1000) * 1000 + 3600_000;
    const validUpTo = new Date(until).toISOString().replace('.000Z', '+00:00');
    assert.equal((await open(order({ validUpTo }))).expiryDate, jakarta(until));
  });

  it('leads to a page that shows code and amount', async () => {
    const { paymentUrl, vaNumber } = await open(
      order({ amount: { currency: 'IDR', value: '123000.00' } }),
    );
    assert.ok(paymentUrl.startsWith(`${gateway.url}/`), paymentUrl);
    const page = await fetch(paymentUrl);
    const text = await page.text();
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    assert.ok(text.includes(vaNumber) && text.includes('123.000'), text);
  });

  it('takes the clock of Jakarta and every spelling of another', async () => {
    const now = Date.now();
    const utc = new Date(now).toISOString();
    for (const time of [
      jakarta(now),
      utc,
      utc.replace(/\.\d+Z$/, 'Z'),
      utc.replace(/\.\d+Z$/, '+00:00'),
      utc.replace(/\.\d+Z$/, '-00:00'),
      `${new Date(now + 9 * 3600_000).toISOString().slice(0, 23)}+09:00`,
    ]) {
      const created = await SnapBi.directDebit()
        .withTimeStamp(time)
        .withBody(order())
        .createPayment(newId());
      assert.equal(created.responseCode, '00', `${time}: ${JSON.stringify(created)}`);
    }
  });

  it('refuses Indomaret and every channel that it does not have', async () => {
    for (const channel of ['RETAIL_INDOMARET', 'retail_alfamart', 'RETAIL_LAWSON', 'EMONEY_DANA_SNAP', '']) {
      const answer = await create(order({ channel }));
      assertRefused(answer, channel ? '4005401' : '4005402', /additionalInfo\.channel$/);
    }
  });

  it('names the member that is missing or malformed', async () => {
    const missing = [
      'partnerReferenceNo',
      'validUpTo',
      'customerName',
      'customerEmail',
      'amount',
      'additionalInfo',
    ];
    for (const member of missing) {
      const answer = await create(order({ [member]: undefined }));
      assertRefused(answer, '4005402', new RegExp(`^Invalid Mandatory Field ${member}`));
    }
    const malformed = [
      ['partnerReferenceNo', 'r'.repeat(65)],
      ['validUpTo', '2026-11-21 10:00:00'],
      ['validUpTo', jakarta(Date.now() - 60_000)],
      ['customerName', 7],
      ['customerEmail', 'nobody'],
      ['amount', '10000.00'],
      ['amount', { currency: 'IDR', value: 10000 }],
      ['amount', { currency: 'IDR', value: '10000' }],
      ['amount', { currency: 'IDR', value: '10000.50' }],
      ['amount', { currency: 'USD', value: '10000.00' }],
      ['urlParams', { url: 'https://shop.example.com', type: 'NOTIFICATION' }],
      ['urlParams', [{ url: 'nowhere', type: 'NOTIFICATION' }]],
      ['urlParams', [{ url: 'https://shop.example.com', type: 'PAY_NOTIFY' }]],
    ];
    for (const [member, value] of malformed) {
      const answer = await create(order({ [member]: value }));
      assertRefused(answer, '4005401', new RegExp(`^Invalid Field Format ${member}`));
    }
  });

  it('refuses amounts beyond the channel\'s limits', async () => {
    for (const value of ['9999.00', '5000001.00']) {
      const answer = await create(order({ amount: { currency: 'IDR', value } }));
      assertRefused(answer, '4035402', /^Exceeds Transaction Amount Limit/);
    }
  });

  it('refuses a reference that was used', async () => {
    const wanted = order();
    await open(wanted);
    assertRefused(await create(wanted), '4095401', /^Duplicate partnerReferenceNo/);
  });
});

describe('query', () => {
  it('finds nothing that is not there, or was opened for another channel', async () => {
    assertRefused(await status(query(order())), '4045501', /^Transaction Not Found/);
    const wanted = order();
    await open(wanted);
    const answer = await status(query(wanted, 'RETAIL_ALFAMIDI'));
    assertRefused(answer, '4045501', /^Transaction Not Found/);
  });

  it('shows what was paid', async () => {
    const wanted = order();
    const { vaNumber } = await open(wanted);
    await gateway.press('pay', vaNumber);
    const found = await status(query(wanted));
    assert.equal(found.latestTransactionStatus, '00');
    assert.match(found.finishedTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00$/);
    assert.ok(Math.abs(Date.parse(found.finishedTime) - Date.now()) < 60_000);
  });
});

describe('a signature', () => {
  for (const [what, change] of [
    ['by another secret', { secret: `${demo.clientSecret}x` }],
    ['over another time', { time: '2020-01-01T00:00:00+07:00' }],
    ['over another path', { path: '/v1.0/retail/query' }],
    ['over another method', { method: 'GET' }],
    ['over another token', { token: '7bd8be52a84cc95155756773cf34eade' }],
    ['over another body', { body: '{}' }],
    ['over capitals of the hash', { spell: (hash) => hash.toUpperCase() }],
  ]) {
    it(`${what} is refused, and opens nothing`, async () => {
      const wanted = order();
      const { accessToken: token } = await SnapBi.directDebit().getAccessToken();
      const right = {
        method: 'POST',
        path: '/v1.0/retail/create',
        token,
        time: jakarta(Date.now()),
        body: JSON.stringify(wanted),
        secret: demo.clientSecret,
        spell: (hash) => hash,
      };
      const send = ({ method, path, token, time, body, secret, spell }) => {
        const hash = spell(crypto.createHash('sha256').update(body).digest('hex'));
        const text = `${method}:${path}:${token}:${hash}:${time}`;
        return SnapBi.directDebit()
          .withAccessToken(right.token)
          .withTimeStamp(right.time)
          .withBody(wanted)
          .withTransactionHeader({
            'X-SIGNATURE': crypto.createHmac('sha512', secret).update(text).digest('base64'),
          })
          .createPayment(newId());
      };
      const answer = await send({ ...right, ...change });
      assertRefused(answer, '4015400', /^Unauthorized\. \[Signature\]$/);
      assertRefused(await status(query(wanted)), '4045501', /./);
      assert.equal((await send(right)).responseCode, '00');
    });
  }

  it('in hexadecimal digits is refused', async () => {
    const sent = SnapBi.directDebit().withBody(order());
    const { accessToken } = await sent.getAccessToken();
    const hash = crypto.createHash('sha256').update(JSON.stringify(sent.body)).digest('hex');
    const text = `POST:/v1.0/retail/create:${accessToken}:${hash}:${sent.timeStamp}`;
    const hex = crypto.createHmac('sha512', demo.clientSecret).update(text).digest('hex');
    const answer = await sent
      .withAccessToken(accessToken)
      .withTransactionHeader({ 'X-SIGNATURE': hex })
      .createPayment(newId());
    assertRefused(answer, '4015400', /^Unauthorized\. \[Signature\]/);
  });

  it('over the minified body is taken for an indented one, and over the wrongly minified is not', async () => {
    const { accessToken } = await SnapBi.directDebit().getAccessToken();
    const send = async (hashed) => {
      const wanted = order();
      const time = jakarta(Date.now());
      const hash = crypto.createHash('sha256').update(hashed(wanted)).digest('hex');
      const text = `POST:/v1.0/retail/create:${accessToken}:${hash}:${time}`;
      const answer = await fetch(`${gateway.url}/v1.0/retail/create`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Bearer ${accessToken}`,
          'X-TIMESTAMP': time,
          'X-PARTNER-ID': demo.clientKey,
          'X-EXTERNAL-ID': newId(),
          'X-SIGNATURE': crypto.createHmac('sha512', demo.clientSecret).update(text).digest('base64'),
        },
        body: JSON.stringify(wanted, null, 4),
      });
      return answer.json();
    };
    assert.equal((await send((wanted) => JSON.stringify(wanted, null, 4))).responseCode, '00');
    assert.equal((await send((wanted) => JSON.stringify(wanted))).responseCode, '00');
    const wrong = (wanted) => JSON.stringify(wanted).replace(/\s+/g, '');
    assertRefused(await send(wrong), '4015400', /^Unauthorized\. \[Signature\]$/);
  });
});

describe('other credentials', () => {
  const sending = (headers) =>
    SnapBi.directDebit().withBody(order()).withTransactionHeader(headers).createPayment(newId());

  for (const [what, headers, code, message] of [
    ['an unknown token', { Authorization: 'Bearer 7bd8be52a84cc95155756773cf34eade' }, '4015401', /^Invalid Token \(B2B\)$/],
    ['no token', { Authorization: null }, '4015403', /^Token Not Found \(B2B\)$/],
    ['another partner', { 'X-PARTNER-ID': 'CK-11111abc-0000-2222-bbcc-dd55555ee666' }, '4015400', /^Unauthorized\. \[Unknown client\]$/],
    ['no partner', { 'X-PARTNER-ID': null }, '4005402', /^Invalid Mandatory Field X-PARTNER-ID$/],
    ['no signature', { 'X-SIGNATURE': null }, '4005402', /^Invalid Mandatory Field X-SIGNATURE$/],
    ['no external id', { 'X-EXTERNAL-ID': null }, '4005402', /^Invalid Mandatory Field X-EXTERNAL-ID$/],
    ['no time', { 'X-TIMESTAMP': null }, '4005402', /^Invalid Mandatory Field X-TIMESTAMP$/],
    ['an external id of 37 characters', { 'X-EXTERNAL-ID': 'x'.repeat(37) }, '4005401', /^Invalid Field Format X-EXTERNAL-ID$/],
  ]) {
    it(`are refused: ${what}`, async () => {
      assertRefused(await sending(headers), code, message);
    });
  }
});

describe('X-EXTERNAL-ID', () => {
  it('is good once for each endpoint', async () => {
    const id = newId();
    const wanted = order();
    assert.equal((await create(wanted, id)).responseCode, '00');
    assertRefused(await create(order(), id), '4095400', /^Conflict/);
    assert.equal((await status(query(wanted), id)).responseCode, '00');
    assertRefused(await status(query(wanted), id), '4095500', /^Conflict/);
    assert.equal((await create(order(), newId())).responseCode, '00');
  });

  it('is not used up by who is not recognised', async () => {
    const id = newId();
    SnapBiConfig.snapBiClientSecret = 'guessed';
    try {
      assertRefused(await create(order(), id), '4015400', /Signature/);
    } finally {
      SnapBiConfig.snapBiClientSecret = demo.clientSecret;
    }
    assert.equal((await create(order(), id)).responseCode, '00');
  });

  it('lets one of twenty through that come at once', async () => {
    const id = newId();
    const { accessToken } = await SnapBi.directDebit().getAccessToken();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        SnapBi.directDebit().withAccessToken(accessToken).withBody(order()).createPayment(id),
      ),
    );
    const codes = answers.map(({ responseCode }) => responseCode).sort();
    assert.deepEqual(codes, ['00', ...Array(19).fill('4095400')]);
  });
});

describe('a notification', () => {
  const RIGHT = { status: 200, body: '{"responseCode":"2005600","responseMessage":"Successful"}' };
  let acknowledging;
  before(async () => {
    acknowledging = await new Receiver(() => RIGHT).start();
  });
  after(() => acknowledging.stop());

  /** S3 with Node's own cryptography, over the bytes as they came. */
  function isGenuine({ headers, body }, path) {
    const hash = crypto.createHash('sha256').update(body).digest('hex');
    const text = `POST:${path}:${hash}:${headers['x-timestamp']}`;
    const signature = Buffer.from(headers['x-signature'], 'base64');
    return crypto.verify('sha256', Buffer.from(text), demo.platformPublicKey, signature);
  }

  /** What the official client thinks of it. */
  function isGenuineToClient({ headers, body }, path) {
    return SnapBi.notification()
      .withNotificationPayload(JSON.parse(body))
      .withSignature(headers['x-signature'])
      .withTimeStamp(headers['x-timestamp'])
      .withNotificationUrlPath(path)
      .isWebhookNotificationVerified();
  }

  function assertGenuine(told, path, sentTo = path) {
    assert.deepEqual([told.method, told.path], ['POST', sentTo]);
    assert.match(told.headers['content-type'], /^application\/json/);
    const time = told.headers['x-timestamp'];
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00$/);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    for (const verify of [isGenuine, isGenuineToClient]) {
      assert.equal(verify(told, path), true, verify.name);
      assert.equal(verify(told, '/v1.0/debit/notify'), false, 'the documented path verifies');
      const forged = { ...told, body: told.body.replace('"00"', '"06"').replace('"05"', '"00"') };
      assert.notEqual(forged.body, told.body);
      assert.equal(verify(forged, path), false, 'a forged body verifies');
    }
    // Merchants minify in three different ways; without blanks all of them agree.
    assert.doesNotMatch(told.body, /\s/);
    assert.equal(told.headers.authorization, undefined);
    return JSON.parse(told.body);
  }

  async function assertTold(body, wanted, code, description) {
    const found = await status(query(wanted));
    assert.equal(body.originalPartnerReferenceNo, wanted.partnerReferenceNo);
    assert.equal(body.originalReferenceNo, found.originalReferenceNo);
    assert.equal(body.latestTransactionStatus, code);
    assert.equal(found.latestTransactionStatus, code);
    assert.match(body.transactionStatusDesc, description);
    assert.deepEqual(body.amount, { currency: 'IDR', value: wanted.amount.value });
    assert.match(body.finishedTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00$/);
    assert.deepEqual(body.additionalInfo, { channel: wanted.additionalInfo.channel });
  }

  for (const channel of CHANNELS) {
    it(`tells that a payment of ${channel} was paid, and nothing before`, async () => {
      const wanted = order({ channel, notify: `${acknowledging.base}/webhooks/ayolinx` });
      const { vaNumber } = await open(wanted);
      await gateway.press('pay', vaNumber);
      const body = assertGenuine(await acknowledging.next(), '/webhooks/ayolinx');
      await assertTold(body, wanted, '00', /^SUCCESS$/);
      assert.equal((await gateway.tried(vaNumber)).state, 'delivered');
      assert.equal(acknowledging.untaken(), 0);
    });
  }

  for (const button of ['cancel', 'expire']) {
    it(`tells of ${button}`, async () => {
      const wanted = order({ notify: `${acknowledging.base}/x` });
      const { vaNumber } = await open(wanted);
      await gateway.operate('payment', button, vaNumber, '--reason', 'asked by phone');
      const body = assertGenuine(await acknowledging.next(), '/x');
      await assertTold(body, wanted, '05', /^(CANCELED|EXPIRED)$/);
    });
  }

  it('is signed over the path alone, as it is sent', async () => {
    const path = '/hook/a%20b/%C3%A9';
    const wanted = order({ notify: `${acknowledging.base}${path}?refNo=7&x=%2F` });
    const { vaNumber } = await open(wanted);
    await gateway.press('pay', vaNumber);
    assertGenuine(await acknowledging.next(), path, `${path}?refNo=7&x=%2F`);
  });

  it('is spelt as JSON.stringify spells it, whatever the reference', async () => {
    for (const odd of ['é北京😀', 'a/b"c\\d', '<e>&\'f\'']) {
      const wanted = order({
        notify: `${acknowledging.base}/x`,
        partnerReferenceNo: `${reference()}${odd}`,
      });
      const { vaNumber } = await open(wanted);
      await gateway.press('pay', vaNumber);
      const body = assertGenuine(await acknowledging.next(), '/x');
      assert.equal(body.originalPartnerReferenceNo, wanted.partnerReferenceNo);
    }
  });

  it('has no blank even where the reference has one', async () => {
    const wanted = order({ notify: `${acknowledging.base}/x`, partnerReferenceNo: `${newId()} 7` });
    const { vaNumber } = await open(wanted);
    await gateway.press('pay', vaNumber);
    const told = await acknowledging.next();
    assert.doesNotMatch(told.body, /\s/);
    assert.equal(isGenuine(told, '/x'), true);
    assert.equal(JSON.parse(told.body).originalPartnerReferenceNo, wanted.partnerReferenceNo);
  });

  it('is signed over / where the URL has no path', async () => {
    const { vaNumber } = await open(order({ notify: acknowledging.base }));
    await gateway.press('pay', vaNumber);
    assertGenuine(await acknowledging.next(), '/');
  });

  it('goes nowhere where no URL was given', async () => {
    const { vaNumber } = await open(order());
    await gateway.press('pay', vaNumber);
    const { notifications } = await gateway.operate('payment', 'show', vaNumber);
    assert.deepEqual(notifications, []);
  });

  for (const [what, reply] of [
    ['a bare 200', { status: 200, body: '' }],
    ['200 with other JSON', { status: 200, body: '{"status":"ok"}' }],
    ['200 with a failure\'s code', { status: 200, body: '{"responseCode":"4015600"}' }],
    ['the right body with 201', { ...RIGHT, status: 201 }],
    ['401', { status: 401, body: '{"responseCode":"4015600","responseMessage":"Unauthorized"}' }],
    ['500', { status: 500, body: RIGHT.body }],
  ]) {
    it(`comes again a minute after ${what}`, async () => {
      const receiver = await new Receiver(() => reply).start();
      try {
        const { vaNumber } = await open(order({ notify: `${receiver.base}/hook` }));
        await gateway.press('pay', vaNumber);
        assertGenuine(await receiver.next(), '/hook');
        const notification = await gateway.tried(vaNumber);
        assert.equal(notification.state, 'due', JSON.stringify(notification));
        assert.equal(notification.attempts, 1);
        const wait = Date.parse(notification.due_at) - Date.parse(notification.tries[0].at);
        assert.ok(55_000 <= wait && wait <= 65_000, `it comes again after ${wait} ms`);
      } finally {
        receiver.stop();
      }
    });
  }
});

describe('a merchant of its own', () => {
  let folder;
  let merchant;
  let key;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gerai-ayolinx-'));
    key = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    const file = path.join(folder, 'public.pem');
    await writeFile(file, key.publicKey.export({ type: 'spki', format: 'pem' }));
    merchant = await gateway.operate(
      'merchant',
      'add',
      'Toko Sendiri',
      '--dialect',
      'ayolinx',
      '--public-key',
      file,
      '--option',
      'indomaret=true',
    );
    SnapBiConfig.snapBiClientId = SnapBiConfig.snapBiPartnerId = merchant.merchant_id;
    SnapBiConfig.snapBiClientSecret = merchant.keys.find(({ secret }) => secret).secret;
    SnapBiConfig.snapBiPrivateKey = key.privateKey.export({ type: 'pkcs8', format: 'pem' });
    SnapBiConfig.snapBiPublicKey = merchant.told.platform_public_key;
  });
  after(async () => {
    SnapBiConfig.snapBiClientId = SnapBiConfig.snapBiPartnerId = demo.clientKey;
    SnapBiConfig.snapBiClientSecret = demo.clientSecret;
    SnapBiConfig.snapBiPrivateKey = demo.merchantPrivateKey;
    SnapBiConfig.snapBiPublicKey = demo.platformPublicKey;
    await rm(folder, { recursive: true });
  });

  it('does not see another\'s payments, and may use another\'s references and external ids', async () => {
    const wanted = order();
    const id = newId();
    assert.equal((await create(wanted, id)).responseCode, '00');
    SnapBiConfig.snapBiClientId = SnapBiConfig.snapBiPartnerId = demo.clientKey;
    SnapBiConfig.snapBiClientSecret = demo.clientSecret;
    SnapBiConfig.snapBiPrivateKey = demo.merchantPrivateKey;
    try {
      assertRefused(await status(query(wanted)), '4045501', /^Transaction Not Found/);
      assert.equal((await create(wanted, id)).responseCode, '00');
    } finally {
      SnapBiConfig.snapBiClientId = SnapBiConfig.snapBiPartnerId = merchant.merchant_id;
      SnapBiConfig.snapBiClientSecret = merchant.keys.find(({ secret }) => secret).secret;
      SnapBiConfig.snapBiPrivateKey = key.privateKey.export({ type: 'pkcs8', format: 'pem' });
    }
  });

  it('cannot use another\'s token', async () => {
    SnapBiConfig.snapBiClientId = demo.clientKey;
    SnapBiConfig.snapBiPrivateKey = demo.merchantPrivateKey;
    const { accessToken } = await SnapBi.directDebit().getAccessToken();
    SnapBiConfig.snapBiClientId = merchant.merchant_id;
    SnapBiConfig.snapBiPrivateKey = key.privateKey.export({ type: 'pkcs8', format: 'pem' });
    assert.match(accessToken, /^[0-9a-f]+$/);
    const answer = await SnapBi.directDebit()
      .withAccessToken(accessToken)
      .withBody(order())
      .createPayment(newId());
    assertRefused(answer, '4015400', /^Unauthorized\. \[Unknown client\]$/);
  });

  it('has Indomaret where the operator offers it, and hears of a reversal there', async () => {
    const ok = { status: 200, body: '{"responseCode":"2005600","responseMessage":"Successful"}' };
    const receiver = await new Receiver(() => ok).start();
    try {
      const wanted = order({ channel: 'RETAIL_INDOMARET', notify: `${receiver.base}/own/hook` });
      const { vaNumber } = await open(wanted);
      const told = [];
      for (const button of ['pay', 'reverse']) {
        await gateway.press(button, vaNumber);
        const { headers, body } = await receiver.next();
        const verified = SnapBi.notification()
          .withNotificationPayload(JSON.parse(body))
          .withSignature(headers['x-signature'])
          .withTimeStamp(headers['x-timestamp'])
          .withNotificationUrlPath('/own/hook')
          .isWebhookNotificationVerified();
        assert.ok(verified, `the news of ${button} does not verify`);
        told.push(JSON.parse(body).latestTransactionStatus);
      }
      assert.deepEqual(told, ['00', '06']);
      assert.equal((await status(query(wanted))).latestTransactionStatus, '06');
    } finally {
      receiver.stop();
    }
  });

  it('may have seven digits for success', async () => {
    await gateway.operate('merchant', 'set', merchant.merchant_id, '--option', 'success_code=snap');
    const wanted = order();
    assert.equal((await create(wanted)).responseCode, '2005400');
    assert.equal((await status(query(wanted))).responseCode, '2005500');
  });
});
