// One demonstration county for all browser tests: starts `suyuan up --demo` on free ports with a
// data folder of its own, waits until it is ready, and stops what it started, by process id.

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const READY_WITHIN_MS = 180_000;
const STOP_WITHIN_MS = 20_000;

/** Where cargo puts the executable. */
export const built = fileURLToPath(new URL('../../../target/debug/suyuan', import.meta.url));

/** A port of the loopback interface that nobody listens on at this moment. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Polls `probe` until it returns something true; the deadline names what was waited for. */
export async function until(what, probe, withinMs = 15_000, everyMs = 100) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export class County {
  /** Starts the executable and waits for `/readyz`. */
  static async start() {
    const [http, mqtt] = [await freePort(), await freePort()];
    const county = new County();
    county.url = `http://127.0.0.1:${http}`;
    county.mqttPort = mqtt;
    county.data = mkdtempSync(join(tmpdir(), 'suyuan-browser-'));
    chmodSync(county.data, 0o755); // started by root, PostgreSQL runs as someone else
    county.output = '';
    const args = ['up', '--demo', '--data', county.data, '--http', `127.0.0.1:${http}`,
      '--mqtt', `127.0.0.1:${mqtt}`];
    const env = { ...process.env, SUYUAN_PUBLIC_URL: county.url };
    delete env.DATABASE_URL;
    delete env.SUYUAN_MQTT_URL;
    const binary = process.env.SUYUAN_BIN || built;
    county.child = spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [county.child.stdout, county.child.stderr]) {
      stream.on('data', (chunk) => { county.output = (county.output + chunk).slice(-20_000); });
    }
    county.exited = new Promise((resolve) => county.child.once('exit', resolve));
    county.child.once('error', (error) => { county.output += String(error); });
    try {
      await until('/readyz', () => county.ready(), READY_WITHIN_MS);
    } catch (error) {
      await county.stop();
      throw new Error(`${error.message}\n${county.output}`);
    }
    return county;
  }

  async ready() {
    if (this.child.exitCode !== null) throw new Error(`suyuan ended: ${this.output}`);
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** Ends it as a power cut does. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks it to stop, insists after a while, and leaves neither process nor file behind. */
  async stop() {
    if (this.child.exitCode === null && this.child.pid) {
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
      await this.exited;
      clearTimeout(late);
    }
    this.stopPostgres();
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** After a hard kill the private cluster may still run: its own file says which process it is. */
  stopPostgres() {
    for (const entry of [this.data, ...subfolders(this.data)]) {
      const file = join(entry, 'postmaster.pid');
      if (!existsSync(file)) continue;
      const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
      try {
        process.kill(pid, 'SIGINT');
      } catch {
        // Already gone.
      }
    }
  }
}

function subfolders(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory());
  return entries.flatMap((e) => {
    const path = join(folder, e.name);
    return [path, ...(e.name === 'base' ? [] : subfolders(path))];
  });
}
