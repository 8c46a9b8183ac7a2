// A label printer for the browser tests: it listens on TCP, understands TSPL as far as the server
// writes it, keeps the last label as a picture, and jams when it is told to.

import { createServer } from 'node:net';

const BITMAP = /^BITMAP \d+,\d+,(\d+),(\d+),0,/;

export class Printer {
  /** Starts a printer that jams after so many labels, until it is mended. */
  static async start(jamsAfter = Infinity) {
    const printer = new Printer();
    printer.count = 0;
    printer.jamsAfter = jamsAfter;
    printer.isJammed = false;
    printer.server = createServer((socket) => {
      let bytes = Buffer.alloc(0);
      socket.on('data', (chunk) => { bytes = printer.hear(Buffer.concat([bytes, chunk]), socket); });
      socket.on('error', () => {});
    });
    await new Promise((resolve, reject) => {
      printer.server.once('error', reject);
      printer.server.listen(0, '127.0.0.1', resolve);
    });
    printer.address = `tcp://127.0.0.1:${printer.server.address().port}`;
    return printer;
  }

  /** Does every whole command; returns what is left. */
  hear(bytes, socket) {
    for (;;) {
      if (bytes.length >= 3 && bytes[0] === 0x1b) {
        socket.write(Buffer.from([this.isJammed ? 0x02 : 0x00]));
        bytes = bytes.subarray(3);
        continue;
      }
      const head = bytes.subarray(0, 64).toString('latin1');
      const bitmap = BITMAP.exec(head);
      if (bitmap) {
        const length = bitmap[0].length + Number(bitmap[1]) * Number(bitmap[2]);
        if (bytes.length < length) return bytes;
        this.rows = { width: Number(bitmap[1]) * 8, height: Number(bitmap[2]),
          dots: bytes.subarray(bitmap[0].length, length) };
        bytes = bytes.subarray(length);
        continue;
      }
      const end = head.indexOf('\r\n');
      if (end < 0 || (head.startsWith('BITMAP') && head.length < 64 && !bitmap)) return bytes;
      if (head.startsWith('PRINT ') && !this.isJammed) this.eject();
      bytes = bytes.subarray(end + 2);
    }
  }

  eject() {
    this.count += 1;
    this.isJammed = this.count === this.jamsAfter;
    // In TSPL a cleared bit is black, in PBM a set one.
    const dots = Buffer.from(this.rows.dots.map((byte) => byte ^ 0xff));
    this.last = Buffer.concat([Buffer.from(`P4\n${this.rows.width} ${this.rows.height}\n`), dots]);
  }

  /** Takes the jammed paper out. */
  mend() {
    this.isJammed = false;
  }

  async stop() {
    await new Promise((resolve) => this.server.close(resolve));
  }
}
