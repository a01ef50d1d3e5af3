// SPDX-License-Identifier: GPL-3.0-or-later
// An independent client (slsk-client) registers at our server, comes back, and is refused with a wrong password.
'use strict'
const assert = require('node:assert')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { once } = require('node:events')
const { spawn } = require('node:child_process')
const { createInterface } = require('node:readline')

let slsk
try {
  slsk = require('slsk-client')
} catch {
  console.error('tests/interop/node_modules is missing: run ./dev setup, which runs npm ci in tests/interop.')
  process.exit(1)
}

const folder = mkdtempSync(join(tmpdir(), 'interop-server-'))

async function startServer (program) {
  const child = spawn(program, [join(folder, 'server')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const port = Number(/^PORT (\d+)$/.exec(line)[1])
  return { child, port }
}

function connect (port, user, pass) {
  return new Promise((resolve, reject) => {
    slsk.connect({ host: '127.0.0.1', port, user, pass, incomingPort: 22999, timeout: 20000 }, (error, client) => error ? reject(error) : resolve(client))
  })
}

async function main () {
  const { child, port } = await startServer(process.argv[2])
  try {
    await connect(port, 'interop one', 'secret')
    slsk.disconnect()
    await assert.rejects(connect(port, 'interop one', 'guess'), /INVALIDPASS/)
    slsk.disconnect()
    await assert.rejects(connect(port, ' padded', 'secret'), /INVALIDUSERNAME/)
    slsk.disconnect()
    const client = await connect(port, 'interop one', 'secret')
    const found = await new Promise((resolve, reject) => {
      client.search({ req: 'nothing of this name', timeout: 500 }, (error, results) => error ? reject(error) : resolve(results))
    })
    assert.deepStrictEqual(found, [])
    slsk.disconnect()
  } finally {
    child.stdin.end()
    const [code] = await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
    assert.strictEqual(code, 0)
  }
}

main().then(() => { console.log('ok'); process.exit(0) }, error => { console.error(error); process.exit(1) })
