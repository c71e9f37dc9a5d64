// Whether a notification of Cronos Engine or SenGo is genuine. Node 18 or newer, no packages.
//
// Copy `isGenuine` into your endpoint; give it the request's headers, its body byte for byte (with
// Express: `express.raw({ type: '*/*' })`), your key and your token.
//
//     KEY=SC-... TOKEN=... node cronos.js body.json headers.txt

'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');
const { readFileSync } = require('node:fs');

function isGenuine(headers, body, key, token) {
  // Cronos Engine calls its headers on-..., SenGo calls them x-...
  const told = headers['on-key'] ?? headers['x-client-key'];
  const signature = headers['on-signature'] ?? headers['x-signature'] ?? '';
  // The body as it arrived: parsed and written again it may be another text.
  const expected = createHmac('sha512', token).update(key).update(body).digest('hex');
  return told === key && same(expected, signature.toLowerCase());
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
const genuine = isGenuine(headers, body, process.env.KEY, process.env.TOKEN);
console.log(genuine ? 'genuine' : 'not genuine');
process.exitCode = genuine ? 0 : 1;
