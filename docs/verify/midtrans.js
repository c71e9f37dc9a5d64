// Whether a Midtrans notification is genuine. Node 18 or newer, no packages.
//
// Copy `isGenuine` into your endpoint; give it the request's body and your server key.
//
//     SERVER_KEY=SB-Mid-server-... node midtrans.js body.json

'use strict';

const { createHash, timingSafeEqual } = require('node:crypto');
const { readFileSync } = require('node:fs');

function isGenuine(body, serverKey) {
  let news;
  try {
    news = JSON.parse(body);
  } catch {
    return false;
  }
  // The three texts as they stand in this body: `44000.00` is not 44000.
  const parts = [news?.order_id, news?.status_code, news?.gross_amount, news?.signature_key];
  if (!parts.every((part) => typeof part === 'string')) return false;
  const [order, code, amount, signature] = parts;
  const expected = createHash('sha512').update(order + code + amount + serverKey).digest('hex');
  return same(expected, signature);
}

function same(expected, given) {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const genuine = isGenuine(readFileSync(process.argv[2]), process.env.SERVER_KEY);
console.log(genuine ? 'genuine' : 'not genuine');
process.exitCode = genuine ? 0 : 1;
