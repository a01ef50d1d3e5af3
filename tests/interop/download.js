// SPDX-License-Identifier: GPL-3.0-or-later
// An independent client (slsk-client) that nobody can connect to logs in to our server, finds a file of our daemon, and downloads it.
'use strict'
const assert = require('node:assert')
const { mkdirSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { randomBytes } = require('node:crypto')
const net = require('node:net')
const { temporaryFolder, start, end, until, freePort, slskClient, connect } = require('./programs')

const KEY = randomBytes(24).toString('hex')
const NAME = 'Interop Album\\01 opening tune.mp3'

function configuration (folder, ports, serverPort) {
  return `
shares:
  directories:
    - "[Music]${join(folder, 'music')}"
web:
  port: ${ports.web}
  ip_address: 127.0.0.1
  authentication:
    api_keys:
      interop:
        key: "${KEY}"
        role: administrator
        cidr: 127.0.0.0/8
soulseek:
  address: 127.0.0.1
  port: ${serverPort}
  username: uploader
  password: "its password"
  listen_ip_address: 127.0.0.1
  listen_port: ${ports.listen}
`
}

async function ask (port, path) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'X-API-Key': KEY } })
  return response.ok ? response.json() : undefined
}

/// The daemon is logged in and its shares are scanned.
async function ready (port) {
  await until('login of the daemon', async () => (await ask(port, '/api/v0/server'))?.isLoggedIn)
  await until('scan of the shares', async () => (await ask(port, '/api/v0/application'))?.shares?.files === 1)
}

function search (client, words) {
  return new Promise((resolve, reject) => {
    client.once('found', resolve)
    client.search({ req: words, timeout: 20000 }, (error, results) => {
      if (error || results.length === 0) reject(error || new Error('nothing was found'))
    })
  })
}

function download (client, file, path) {
  return new Promise((resolve, reject) => {
    client.download({ file, path }, (error, done) => error ? reject(error) : resolve(done.buffer))
  })
}

async function exchange (slsk, folder, ports, serverPort, content) {
  const client = await connect(slsk, { port: serverPort, user: 'downloader', pass: 'secret', incomingPort: ports.closed })
  const file = await search(client, 'opening tune')
  assert.strictEqual(file.user, 'uploader')
  assert.strictEqual(file.size, content.length)
  assert.ok(file.file.endsWith(NAME), file.file)
  const got = await download(client, file, join(folder, 'got.mp3'))
  assert.ok(content.equals(got), 'the bytes differ')
  const finished = await until('end of the upload', async () => {
    const users = await ask(ports.web, '/api/v0/transfers/uploads')
    const transfers = users.flatMap(user => user.directories.flatMap(directory => directory.files))
    return transfers.find(transfer => transfer.state.startsWith('Completed'))
  })
  assert.strictEqual(finished.state, 'Completed, Succeeded')
  slsk.disconnect()
}

async function main () {
  const program = process.argv[2]
  const folder = temporaryFolder('interop-download-')
  const content = randomBytes(3_000_001)
  mkdirSync(join(folder.path, 'music', 'Interop Album'), { recursive: true })
  writeFileSync(join(folder.path, 'music', ...NAME.split('\\')), content)
  const ports = { web: await freePort(), listen: await freePort(), closed: await freePort() }
  const children = []
  try {
    const server = await start(program, ['soulseek-server', '--dir', join(folder.path, 'server'), '--port', '0'], /listens on 127\.0\.0\.1:(\d+)/)
    children.push(server.child)
    const serverPort = Number(server.match[1])
    const home = join(folder.path, 'app')
    mkdirSync(home, { mode: 0o700 })
    writeFileSync(join(home, 'soulfabric.yml'), configuration(folder.path, ports, serverPort), { mode: 0o600 })
    const { spawn } = require('node:child_process')
    children.push(spawn(program, ['daemon', '--app-dir', home], { stdio: ['pipe', 'inherit', 'inherit'] }))
    await ready(ports.web)
    // from here on nothing in this process can listen: the client is behind a firewall
    net.Server.prototype.listen = function () { return this }
    await exchange(slskClient(), folder.path, ports, serverPort, content)
  } finally {
    for (const child of children.reverse()) {
      child.removeAllListeners('exit')
      await end(child)
    }
    folder.remove()
  }
}

main().then(() => { console.log('ok'); process.exit(0) }, error => { console.error(error); process.exit(1) })
