'use strict';

// A developer's desk: the counter that can let everything go wrong, and the inbox. Screenshots are left
// in artefacts/ for whoever wants to look.

const assert = require('node:assert/strict');
const { createHash, createHmac, randomUUID } = require('node:crypto');
const { test } = require('node:test');

const { operate, url } = require('../clients/node/gateway.js');
const { PHONE, DESK, open, charge, assertAccessible, assertFits, shoot } = require('./eyes.js');

const SECONDS = 20_000;

/** A page of its own; whatever it complains of fails the test that closes it. */
async function look(address, viewport = DESK, settings = {}) {
  const context = await open({ viewport, locale: 'en-GB', ...settings });
  const page = await context.newPage();
  const complaints = [];
  const strangers = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) strangers.push(request.url());
  });
  page.on('console', (message) => {
    const isAbout = !/favicon|status of 409/.test(message.text() + message.location().url);
    if (['error', 'warning'].includes(message.type()) && isAbout) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const answer = await page.goto(address, { waitUntil: 'load' });
  assert.equal(answer.status(), 200);
  assert.match(answer.headers()['content-security-policy'], /^default-src 'none'/);
  const close = async () => {
    await context.close();
    assert.deepEqual({ complaints, strangers }, { complaints: [], strangers: [] });
  };
  return { page, close };
}

/** A page that is loaded again forgets this. */
const mark = (page) => page.evaluate(() => { window.isMarked = true; });
const isMarked = (page) => page.evaluate(() => window.isMarked === true);

/** Sends what a till of the demo partner would; gives back what it is told. */
async function tell(call, message) {
  const key = 'counter-demo';
  const target = `/counter/v1/${call}`;
  const body = JSON.stringify({
    outlet: 'T-0001', terminal: '1', sale_at: new Date().toISOString(), retailer: 'alfamart', ...message,
  });
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomUUID()];
  const digest = createHash('sha256').update(body).digest('hex');
  const signed = ['v1', key, 'POST', target, timestamp, nonce, digest].join('\n');
  const signature = createHmac('sha256', 'gerai-demo-counter-secret').update(signed).digest('hex');
  const answer = await fetch(url + target, {
    method: 'POST',
    headers: {
      'gerai-key': key,
      'gerai-timestamp': timestamp,
      'gerai-nonce': nonce,
      'gerai-signature': `v1=${signature}`,
    },
    body,
  });
  return answer.json();
}

/** Presses a button of the simulator; gives back the codes of the answers, the first first. */
async function press(page, code, act, count) {
  await page.fill('#code', code);
  const before = await page.locator('#counter > li').count();
  await page.click(`button[data-act="${act}"]`);
  await page.waitForFunction(
    (wanted) => document.querySelectorAll('#counter > li').length === wanted,
    before + count,
    { timeout: SECONDS },
  );
  const verdicts = await page.locator('#counter > li .verdict').allInnerTexts();
  return verdicts.slice(0, count).reverse();
}

test('a payer pays at the counter, and everybody hears of it', async () => {
  const { code, page: address } = await charge();
  const payer = await look(address);
  const inbox = await look(`${url}/inbox`);
  const { page, close } = await look(`${url}/simulator`);
  await assertAccessible(page);
  for (const other of [inbox.page, page]) await mark(other);

  assert.deepEqual(await press(page, code, 'inquire', 1), ['Answer 00']);
  const till = page.locator('.till[data-code="00"]');
  await till.waitFor();
  assert.match(await till.innerText(), /Toko Demo[\s\S]*Rp 1\.250\.000/);
  assert.match(await page.innerText('.receipt'), /ALFAMART[\s\S]*BELUM DIBAYAR/);

  assert.deepEqual(await press(page, code, 'pay', 1), ['Answer 00']);
  await page.waitForFunction(() => /BUKTI PEMBAYARAN/.test(document.querySelector('.receipt')?.innerText));
  assert.match(await page.innerText('.receipt'), /PERSETUJUAN\s+\d{20}/);
  const widest = Math.max(...(await page.innerText('.receipt')).split('\n').map((line) => line.length));
  assert.ok(widest <= 40, `${widest} columns`);

  await payer.page.waitForSelector('[data-standing=final], [data-standing=paid]', { timeout: SECONDS });
  const mails = inbox.page.locator(`article[data-code="${code}"]`);
  await inbox.page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll(`article[data-code="${wanted}"]`)].some((mail) =>
        /"transaction_status": "settlement"/.test(mail.innerText)),
    code,
    { timeout: SECONDS },
  );
  for (const right of await mails.evaluateAll((all) => all.map((mail) => mail.dataset.right))) {
    assert.equal(right, 'true');
  }
  await page.waitForFunction(() => /HTTP 200/.test(document.getElementById('merchant').innerText), null, {
    timeout: SECONDS,
  });
  assert.match(await page.innerText('#merchant'), /transaction_status/);
  // Nobody loaded a page again.
  for (const other of [inbox.page, page]) assert.equal(await isMarked(other), true);

  for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
    for (const [what, other] of [['simulator', page], ['inbox', inbox.page]]) {
      await other.setViewportSize(viewport);
      await assertFits(other);
      await assertAccessible(other);
      await shoot(other, `${what}-${name}`);
    }
  }
  await Promise.all([payer.close(), inbox.close(), close()]);
});

// The answers that each act should have: a code, or what became of it.
const LOST = 'The answer below was lost on its way';
const MISHAPS = [
  ['timeout', [[LOST], ['advice', ['Answer 00']], ['reverse', ['Answer 00']]], 'indomaret'],
  ['twice', [['Answer 00', 'Answer 00', 'Answer 54']]],
  ['wrong-amount', [['Answer 13']]],
  ['wrong-chain', [['Answer 57', 'Answer 57']]],
  // Alfamart's contract knows no reversals; Indomaret's does.
  ['void', [['Answer 00', 'Answer 00']], 'indomaret'],
  ['void', [['Answer 00', 'Answer 12']]],
  ['two-counters', [['Answer 00', 'Answer 54']]],
  ['wrong-clock', [['Answer 00']]],
  ['overtaken', [['Answer 00', 'Answer 76']]],
];

test('every button is pressed by one of these tests', async () => {
  const { page, close } = await look(`${url}/simulator`);
  const buttons = await page.$$eval('button[data-act]', (all) => all.map((one) => one.dataset.act));
  const pressed = [...MISHAPS.map(([act]) => act), 'inquire', 'pay', 'reverse', 'advice', 'late'];
  assert.deepEqual(buttons.filter((act) => !pressed.includes(act)), []);
  await close();
});

for (const [act, [expected, ...following], store] of MISHAPS) {
  test(`what goes wrong: ${act}`, async () => {
    const { code } = await charge(store);
    const { page, close } = await look(`${url}/simulator`);
    const told = await press(page, code, act, expected.length);
    assert.deepEqual(act === 'two-counters' ? told.sort() : told, expected);
    assert.ok((await page.innerText('#told')).length > 20);
    for (const [next, answers] of following) {
      assert.deepEqual(await press(page, code, next, answers.length), answers);
    }
    await assertAccessible(page);
    await shoot(page, `simulator-${act}`);
    await close();
  });
}

test('what nobody opened and what nobody paid is said in a sentence', async () => {
  const { code } = await charge('indomaret');
  const { page, close } = await look(`${url}/simulator?code=${code}`);
  await page.click('button[data-act="reverse"]');
  await page.waitForFunction(() => /no counter has taken cash/.test(document.getElementById('told').innerText));
  await close();
  const api = (act, body) =>
    fetch(`${url}/sandbox/v1/payments/${code}/${act}`, { method: 'POST', body: JSON.stringify(body) });
  const played = await (await api('timeout', { then: 'reversal' })).json();
  assert.deepEqual(
    played.messages.map(({ call, arrived, answer }) => [call, arrived, answer.code]),
    [
      ['POST /counter/v1/payment', false, '00'],
      ['POST /counter/v1/reversal', true, '00'],
    ],
  );
});

test('on a phone the answer comes into view, and the receipt is as wide as the paper', async () => {
  const { code } = await charge('indomaret');
  const { page, close } = await look(`${url}/simulator`, PHONE);
  const isSeen = () => page.$eval('#screen', (screen) => {
    const { top, bottom } = screen.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  });
  await page.locator('button[data-act="overtaken"]').scrollIntoViewIfNeeded();
  assert.equal(await isSeen(), false);
  await press(page, code, 'overtaken', 2);
  await page.waitForSelector('.till[data-code="76"]');
  assert.equal(await isSeen(), true);
  await close();
  const other = await look(`${url}/simulator`, PHONE);
  await press(other.page, (await charge('indomaret')).code, 'pay', 1);
  await other.page.waitForSelector('.receipt');
  const slip = other.page.locator('.receipt');
  const [wide, seen] = await slip.evaluate((one) => [one.scrollWidth, one.clientWidth]);
  assert.ok(wide <= seen, `${wide} pixels on a slip of ${seen}`);
  await shoot(other.page, 'simulator-phone-paid');
  await other.close();
});

test('without scripts the inbox shows what has come, and the counter says what it needs', async () => {
  const { code } = await charge();
  const plain = { javaScriptEnabled: false };
  // The notification is on its way; whoever has no script loads the page again.
  const inbox = await look(`${url}/inbox`, PHONE, plain);
  const mail = inbox.page.locator(`article[data-code="${code}"]`);
  const deadline = Date.now() + SECONDS;
  while ((await mail.count()) === 0 && Date.now() < deadline) await inbox.page.reload();
  assert.match(await mail.first().innerText(), /pending/);
  assert.match(await inbox.page.innerText('main'), /when it is loaded again/);
  await assertFits(inbox.page);
  await shoot(inbox.page, 'inbox-no-script');
  await inbox.close();
  const counter = await look(`${url}/simulator`, PHONE, plain);
  assert.match(await counter.page.innerText('main'), /needs its script/);
  await counter.close();
});

test('cash that was paid twice is given back for a refund code', async () => {
  const { code } = await charge('alfamart', 50000);
  const sale = (name) => ({ payment_code: code, sale: `${name}-${code}`, amount: 50000 });
  for (const [call, name] of [['inquiry', 'i'], ['payment', 'a'], ['advice', 'b']]) {
    assert.equal((await tell(call, sale(name))).code, '00', call);
  }
  const cash = (await operate('unapplied', 'list')).find((one) => one.code === code);
  const why = ['--code', '--reason', 'paid twice'];
  const { pin } = await operate('unapplied', 'refund', String(cash.no), ...why);
  const refund = (await operate('unapplied', 'show', String(cash.no))).refund_codes[0].code;

  const { page, close } = await look(`${url}/simulator`);
  await page.click('text=Cash back for a refund code');
  await page.fill('#refund', refund);
  const step = (name) => page.locator(`button[data-step="${name}"]`);
  assert.equal(await step('commit').isDisabled(), true);
  const verdict = async (count) => {
    await page.waitForFunction(
      (wanted) => document.querySelectorAll('#counter > li').length === wanted, count,
    );
    return page.locator('#counter > li .verdict').first().innerText();
  };
  await page.fill('#pin', pin === '000000' ? '000001' : '000000');
  await step('payout').click();
  assert.equal(await verdict(2), 'Answer 79');
  assert.equal(await step('commit').isDisabled(), true);
  await page.fill('#pin', pin);
  await step('payout').click();
  assert.equal(await verdict(4), 'Answer 00');
  // Kept after all, and reserved once more.
  await step('reverse').click();
  assert.equal(await verdict(5), 'Answer 00');
  await page.fill('#pin', pin);
  await step('payout').click();
  assert.equal(await verdict(7), 'Answer 00');
  await step('commit').click();
  assert.equal(await verdict(8), 'Answer 00');
  await page.waitForFunction(() => /PENGEMBALIAN/.test(document.querySelector('.receipt')?.innerText));
  assert.equal((await operate('unapplied', 'show', String(cash.no))).state, 'paid_out');
  assert.ok(!(await page.innerText('#counter')).includes(pin), 'a PIN is shown');
  await assertAccessible(page);
  await shoot(page, 'simulator-refund');
  await close();
});

test('the inbox for programs, and a notification that somebody forged', async () => {
  const newest = (await (await fetch(`${url}/sandbox/v1/inbox`)).json()).newest;
  const forged = { order_id: 'nobody', status_code: '200', gross_amount: '1.00', signature_key: 'ab' };
  await fetch(`${url}/inbox/hook/1`, { method: 'POST', body: JSON.stringify(forged) });
  const { notifications } = await (await fetch(`${url}/sandbox/v1/inbox?after=${newest}`)).json();
  const caught = notifications.find((one) => one.body === JSON.stringify(forged));
  assert.equal(caught.signature_right, false);
  assert.ok(caught.differences.length > 0);
  const { page, close } = await look(`${url}/inbox`);
  assert.match(await page.innerText(`article[data-no="${caught.no}"]`), /Signature wrong/);
  await close();
});

// The last: it moves the clock for everybody.
test('who pays late is refused, and the merchant is told', async () => {
  const { code } = await charge();
  const { page, close } = await look(`${url}/simulator`);
  assert.deepEqual(await press(page, code, 'late', 1), ['Answer 55']);
  await page.waitForFunction(() => /"expire"/.test(document.getElementById('merchant').innerText), null, {
    timeout: SECONDS,
  });
  await assertAccessible(page);
  await shoot(page, 'simulator-late');
  await close();
});
