// Whether an event of Gerai's own is genuine (Standard Webhooks). Node 18 or newer, no packages.
//
// Copy `isGenuine` into your endpoint; give it the request's headers, its body byte for byte (with
// Express: `express.raw({ type: '*/*' })`), your secret and the time in seconds.
//
//     EVENTS_SECRET=whsec_... node gerai.js body.json headers.txt

'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');
const { readFileSync } = require('node:fs');

// How far the sender's clock and ours may be apart, in seconds; older ones may be sent by a thief.
const TOLERANCE = 5 * 60;

function isGenuine(headers, body, secret, now) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const timestamp = headers['webhook-timestamp'] ?? '';
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE) return false;
  const hmac = createHmac('sha256', key).update(`${headers['webhook-id'] ?? ''}.${timestamp}.`);
  const expected = `v1,${hmac.update(body).digest('base64')}`;
  // While a secret is replaced there are two.
  const given = (headers['webhook-signature'] ?? '').split(' ');
  return given.some((one) => same(expected, one));
}

function same(expected, given) {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function readHeaders(path) {
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }));
}

const [body, headers] = [readFileSync(process.argv[2]), readHeaders(process.argv[3])];
const genuine = isGenuine(headers, body, process.env.EVENTS_SECRET, Date.now() / 1000);
console.log(genuine ? 'genuine' : 'not genuine');
process.exitCode = genuine ? 0 : 1;
