'use strict';

// Why a request was not believed, as a developer sees it: a page without scripts.

const assert = require('node:assert/strict');
const { createHash, createHmac } = require('node:crypto');
const { test } = require('node:test');

const { url } = require('../clients/node/gateway.js');
const { PHONE, DESK, AUTHORIZATION, open, assertAccessible, assertFits, shoot } = require('./eyes.js');

const CLIENT_KEY = 'CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666';
const TOKEN = 'jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t';
const PROJECT = 'SC-KRW9ESNZUUKQXOOX';
const COUNTER = { id: 'counter-demo', secret: 'gerai-demo-counter-secret' };

/** A page; whatever it complains of, and whoever else it asks, fails the test that closes it. */
async function look(path, { viewport = DESK, javaScriptEnabled = true } = {}) {
  const context = await open({ viewport, locale: 'en-GB', javaScriptEnabled });
  const page = await context.newPage();
  const complaints = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(request.url());
  });
  page.on('console', (message) => {
    const isAbout = !/favicon/.test(message.text() + message.location().url);
    if (['error', 'warning'].includes(message.type()) && isAbout) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const answer = await page.goto(`${url}${path}`, { waitUntil: 'load' });
  assert.equal(answer.status(), 200);
  assert.match(answer.headers()['content-security-policy'], /^default-src 'none'/);
  assert.doesNotMatch(answer.headers()['content-security-policy'], /script-src/);
  const close = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return { page, close };
}

/** What was not believed after a number. */
const told = async (after) => (await fetch(`${url}/sandbox/v1/signatures?after=${after}`)).json();

/** Sends a request that is refused; gives back what is said of it. */
async function refused(path, settings) {
  const { newest } = await told(0);
  const answer = await fetch(`${url}${path}`, settings);
  assert.equal(answer.status, 401, await answer.text());
  const { signatures } = await told(newest);
  assert.equal(signatures.length, 1, JSON.stringify(signatures));
  return signatures[0];
}

/** A counter's lines, and its request with a signature over `signed(lines)`. */
function counter(signed) {
  const at = Math.floor(Date.now() / 1000).toString();
  const nonce = createHash('sha256').update(`${at}${Math.random()}`).digest('hex').slice(0, 20);
  const hash = createHash('sha256').update('').digest('hex');
  const lines = ['v1', COUNTER.id, 'GET', '/counter/v1/echo', at, nonce, hash];
  const text = signed(lines);
  const headers = {
    'gerai-key': COUNTER.id,
    'gerai-timestamp': at,
    'gerai-nonce': nonce,
    'gerai-signature': `v1=${createHmac('sha256', COUNTER.secret).update(text).digest('hex')}`,
  };
  return { headers, text, lines };
}

test('each brand: the mistake is named on the list, with a page of its own', async () => {
  const body = '{"reference":"r-1","callback":"https://shop.example/é"}';
  const cronos = {
    'on-key': PROJECT,
    'on-token': TOKEN,
    'on-signature': createHmac('sha512', TOKEN).update(PROJECT + body).digest('base64'),
  };
  const found = [
    await refused('/v2/charge', {
      method: 'POST',
      headers: { authorization: AUTHORIZATION.replace(/=*$/, '').slice(0, -2) },
      body: '{}',
    }),
    await refused('/api/retail', { method: 'POST', headers: cronos, body }),
    await refused('/v1.0/access-token/b2b', {
      method: 'POST',
      headers: {
        'x-client-key': CLIENT_KEY,
        'x-timestamp': new Date(Date.now() - 3_600_000).toISOString(),
        'x-signature': Buffer.alloc(256, 7).toString('base64'),
      },
    }),
    await refused('/counter/v1/echo', { headers: counter((lines) => `${lines.join('\n')}\n`).headers }),
  ];
  const sentences = [/server key of G000000001|without the colon/, /in base64/, /60 minutes behind/, /a line end behind the last line/];
  found.forEach((one, index) => assert.match(one.finding, sentences[index]));

  const { page, close } = await look('/signature');
  for (const one of found) {
    const line = page.locator(`article[data-no="${one.no}"]`);
    // People read a sentence, with a capital and code in it.
    const sentence = one.finding.replaceAll('`', '').toLowerCase();
    assert.ok((await line.innerText()).toLowerCase().includes(sentence), sentence);
  }
  assert.equal(await page.locator('nav a[aria-current=page]').innerText(), 'Signatures');
  for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
    await page.setViewportSize(viewport);
    await assertFits(page);
    await assertAccessible(page);
    await shoot(page, `signatures-${name}`);
  }
  await page.click(`article[data-no="${found[1].no}"] a`);
  await page.waitForURL(`**/signature/${found[1].no}`);
  assert.match(await page.innerText('main'), /This was it: the signature is in base64/);
  assert.ok(!(await page.content()).includes(TOKEN));
  for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
    await page.setViewportSize(viewport);
    await assertFits(page);
    await assertAccessible(page);
    await shoot(page, `signature-${name}`);
  }
  await close();
});

test('a text of one\'s own is compared without scripts', async () => {
  // A path that the list of usual mistakes does not have.
  const { headers, text } = counter((lines) => lines.map((line) => line.replace('echo', 'ping\there')).join('\n'));
  const one = await refused('/counter/v1/echo', { headers });
  assert.match(one.finding, /nothing that is usual/);
  const { page, close } = await look(`/signature/${one.no}`, { javaScriptEnabled: false });
  await page.fill('#string', text);
  await page.click('form button');
  await page.waitForSelector('#compared');
  const compared = await page.innerText('#compared');
  assert.match(compared, /only the text differs/);
  assert.match(compared, /in the path with query/);
  const [ours, theirs] = await page.locator('#compared mark').allInnerTexts();
  assert.match(ours, /^echo↵/);
  assert.match(theirs, /^ping→here↵/);
  assert.equal(await page.inputValue('#string'), text);
  for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
    await page.setViewportSize(viewport);
    await shoot(page, `signature-compared-${name}`);
  }
  await close();

  const again = await look(`/signature/${one.no}`);
  await again.page.fill('#string', text);
  await again.page.click('form button');
  await again.page.waitForSelector('#compared');
  await again.page.setViewportSize(PHONE);
  await assertFits(again.page);
  await assertAccessible(again.page);
  await again.close();
});

test('who is believed is not on the list', async () => {
  const { newest } = await told(0);
  const { headers } = counter((lines) => lines.join('\n'));
  assert.equal((await fetch(`${url}/counter/v1/echo`, { headers })).status, 200);
  const answer = await fetch(`${url}/v2/nobody/status`, { headers: { authorization: AUTHORIZATION } });
  assert.equal(answer.status, 200);
  assert.deepEqual((await told(newest)).signatures, []);
});
