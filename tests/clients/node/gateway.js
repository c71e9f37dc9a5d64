'use strict';

// Where the gateway under test is, what a cashier does there, and what an operator is told.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { SECONDS_MAX } = require('./receiver.js');

const url = (process.env.GERAI_URL ?? '').replace(/\/+$/, '');
if (!/^https?:\/\//.test(url)) {
  throw new Error(
    "GERAI_URL is not set to the gateway's base URL. Start one, for example with " +
      '`gerai sandbox --listen 127.0.0.1:0 --data FOLDER`, and set GERAI_URL to the address ' +
      'that it prints after `listening on`.',
  );
}
const program = process.env.GERAI_PROGRAM;
const data = process.env.GERAI_DATA;
if (!program || !data) {
  throw new Error(
    "GERAI_PROGRAM and GERAI_DATA are not set to the program and the gateway's data folder.",
  );
}
// The gateway and the receivers are local: a proxy of the machine has no part in this.
process.env.NO_PROXY = process.env.no_proxy = '*';

/** Does at once what a cashier would: `press('pay', code)`, or `'reverse'`. */
async function press(button, paymentCode) {
  const answer = await fetch(`${url}/sandbox/v1/payments/${paymentCode}/${button}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  assert.equal(JSON.parse(text).code, '00', text);
}

/** Runs an operator's command; gives back what it says in JSON. */
async function operate(...words) {
  const { stdout } = await promisify(execFile)(program, [...words, '--json', '--data', data]);
  return JSON.parse(stdout);
}

/** The payment's only notification, once it was tried. */
async function tried(paymentCode) {
  const deadline = Date.now() + SECONDS_MAX * 1000;
  for (;;) {
    const { notifications } = await operate('payment', 'show', paymentCode);
    assert.equal(notifications.length, 1, JSON.stringify(notifications));
    if (notifications[0].attempts > 0) return notifications[0];
    assert.ok(Date.now() < deadline, 'the notification is not tried in time');
  }
}

module.exports = { url, press, operate, tried };
