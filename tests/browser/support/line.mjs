// A line between the browser and the county that can be cut and mended: a browser's own “offline”
// does not reach its service workers reliably, a refused connection does.

import { connect, createServer } from 'node:net';

export class Line {
  /** A line to the county's HTTP port. */
  static async to(url) {
    const line = new Line();
    line.open = new Set();
    const { port, hostname } = new URL(url);
    line.server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [end, other] of [[near, far], [far, near]]) {
        line.open.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => { line.open.delete(end); other.destroy(); });
        end.pipe(other);
      }
    });
    await line.mend();
    return line;
  }

  async mend() {
    await new Promise((resolve) => this.server.listen(this.port ?? 0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Everything on it breaks off, and nothing connects any more. */
  async cut() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const end of this.open) end.destroy();
    await closed;
  }
}
