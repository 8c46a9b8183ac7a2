// Settings of the Node-RED baseline: no editor, no log, the database driver for the flow's
// function, and the counts that `suyuan bench ingest --baselines` asks for on standard input.
const pg = require('pg')

const state = { ready: false, count: 0 }
const pool = new pg.Pool({ connectionString: process.env.BENCH_DATABASE, max: 8 })

require('readline')
  .createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(JSON.stringify(state) + '\n'))
  .on('close', () => process.exit(0))

module.exports = {
  flowFile: 'flow.json',
  httpAdminRoot: false,
  httpNodeRoot: false,
  uiHost: '127.0.0.1',
  uiPort: 0,
  logging: { console: { level: 'off', metrics: false, audit: false } },
  functionGlobalContext: { pool, state },
}
