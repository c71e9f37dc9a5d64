'use strict';

const { once } = require('node:events');
const http = require('node:http');

/** A local gateway is not slower than Midtrans promises to be with a settlement. */
const SECONDS_MAX = 20;

/** A server that keeps whatever arrives, as it arrived, and answers as it is told. */
class Receiver {
  #arrived = [];
  #waiting = [];

  /** `answer` gets what arrived and gives `{ status, body }`; the body is text. */
  constructor(answer) {
    this.server = http.createServer(async (request, response) => {
      const { method, url: path, headers } = request;
      const body = Buffer.concat(await request.toArray()).toString();
      const received = { method, path, headers, body };
      const { status, body: text } = answer(received);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
      const taker = this.#waiting.shift();
      if (taker) taker(received);
      else this.#arrived.push(received);
    });
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.base = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** How many have arrived beyond those taken. */
  untaken() {
    return this.#arrived.length;
  }

  /** What arrived first and was not taken yet. */
  next() {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`nothing within ${SECONDS_MAX} seconds`));
      const tooLate = setTimeout(late, SECONDS_MAX * 1000);
      this.#waiting.push((received) => {
        clearTimeout(tooLate);
        resolve(received);
      });
    });
  }
}

module.exports = { Receiver, SECONDS_MAX };
