// Whether an Ayolinx notification is genuine. Node 18 or newer, no packages.
//
// Copy `isGenuine` into your endpoint; give it the request's headers, its body byte for byte (with
// Express: `express.raw({ type: '*/*' })`), the path of your own URL as it stands on the request line
// (without the query), and the platform's public key in PEM.
//
//     PLATFORM_PUBLIC_KEY="$(cat platform_public.pem)" NOTIFY_PATH=/hook \
//         node ayolinx.js body.json headers.txt

'use strict';

const { createHash, verify } = require('node:crypto');
const { readFileSync } = require('node:fs');

function isGenuine(headers, body, path, publicKey) {
  const hash = createHash('sha256').update(body).digest('hex');
  const signed = `POST:${path}:${hash}:${headers['x-timestamp'] ?? ''}`;
  const signature = Buffer.from(headers['x-signature'] ?? '', 'base64');
  return verify('RSA-SHA256', Buffer.from(signed), publicKey, signature);
}

function readHeaders(path) {
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }));
}

const [body, headers] = [readFileSync(process.argv[2]), readHeaders(process.argv[3])];
const { NOTIFY_PATH, PLATFORM_PUBLIC_KEY } = process.env;
const genuine = isGenuine(headers, body, NOTIFY_PATH, PLATFORM_PUBLIC_KEY);
console.log(genuine ? 'genuine' : 'not genuine');
process.exitCode = genuine ? 0 : 1;
