// SPDX-License-Identifier: GPL-3.0-or-later
// An independent client (slsk-client) registers at our server, comes back, and is refused with a wrong password.
'use strict'
const assert = require('node:assert')
const { once } = require('node:events')
const { join } = require('node:path')
const { temporaryFolder, start, freePort, slskClient, connect } = require('./programs')

async function main () {
  const slsk = slskClient()
  const folder = temporaryFolder('interop-server-')
  const { child, match } = await start(process.argv[2], [join(folder.path, 'server')], /^PORT (\d+)$/)
  const options = { port: Number(match[1]), user: 'interop one', pass: 'secret', incomingPort: await freePort() }
  try {
    await connect(slsk, options)
    slsk.disconnect()
    await assert.rejects(connect(slsk, { ...options, pass: 'guess' }), /INVALIDPASS/)
    slsk.disconnect()
    await assert.rejects(connect(slsk, { ...options, user: ' padded' }), /INVALIDUSERNAME/)
    slsk.disconnect()
    const client = await connect(slsk, options)
    const found = await new Promise((resolve, reject) => {
      client.search({ req: 'nothing of this name', timeout: 500 }, (error, results) => error ? reject(error) : resolve(results))
    })
    assert.deepStrictEqual(found, [])
    slsk.disconnect()
  } finally {
    child.stdin.end()
    const [code] = await once(child, 'exit')
    folder.remove()
    assert.strictEqual(code, 0)
  }
}

main().then(() => { console.log('ok'); process.exit(0) }, error => { console.error(error); process.exit(1) })
