// The stock programs that stand at both ends: mosquitto_pub as a device, zbarimg as a scanner.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Publishes one SenML pack as the demo gateway, QoS 1; resolves after the broker's PUBACK. */
export async function publish(county, pack) {
  await run('mosquitto_pub', [
    '-h', '127.0.0.1', '-p', String(county.mqttPort), '-q', '1',
    '-i', 'demo-gw', '-u', 'demo-gw', '-P', 'suyuan-demo',
    '-t', 'suyuan/v1/demo-gw/demo-probe/telemetry', '-m', JSON.stringify(pack),
  ], { timeout: 20_000 });
}

/** What an independent reader sees in a picture: the text of each code. */
export async function scan(png) {
  const folder = mkdtempSync(join(tmpdir(), 'suyuan-scan-'));
  const file = join(folder, 'label.png');
  try {
    writeFileSync(file, png);
    const { stdout } = await run('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', file],
      { timeout: 20_000 });
    return stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
