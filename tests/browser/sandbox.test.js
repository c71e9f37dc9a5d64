'use strict';

// A developer's desk: the counter that can let everything go wrong, and the inbox. Screenshots are left
// in artefacts/ for whoever wants to look.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { url } = require('../clients/node/gateway.js');
const { PHONE, DESK, open, charge, assertAccessible, assertFits, shoot } = require('./eyes.js');

const SECONDS = 20_000;

/** A page of its own; whatever it complains of fails the test that closes it. */
async function look(address, viewport = DESK) {
  const context = await open({ viewport, locale: 'en-GB' });
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
