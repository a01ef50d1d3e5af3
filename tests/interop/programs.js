// SPDX-License-Identifier: GPL-3.0-or-later
// Starts our programs for the interop tests, waits until they say that they are ready, and ends them.
'use strict'
const { mkdtempSync, rmSync } = require('node:fs')
const { createServer } = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { once } = require('node:events')
const { spawn } = require('node:child_process')
const { createInterface } = require('node:readline')

const PATIENCE = 60000

/// A port of loopback that nobody listens on.
async function freePort () {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

function temporaryFolder (name) {
  const path = mkdtempSync(join(tmpdir(), name))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/// A child whose first line of output matching `ready` is awaited; what it printed is shown when it ends too early.
async function start (program, args, ready) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const seen = []
  const match = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${args[0]} did not get ready: ${seen.join('\n')}`)), PATIENCE)
    lines.on('line', line => {
      seen.push(line)
      const found = ready.exec(line)
      if (!found) return
      clearTimeout(timer)
      resolve(found)
    })
    child.once('error', reject)
    child.once('exit', code => {
      clearTimeout(timer)
      reject(new Error(`${args[0]} ended with ${code}: ${seen.join('\n')}`))
    })
  })
  return { child, match }
}

/// Asks a child to end and gives its exit code.
async function end (child) {
  if (child.exitCode !== null) return child.exitCode
  child.stdin.end()
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  return code
}

/// Repeats `attempt` until it gives something, or fails after PATIENCE with `what`.
async function until (what, attempt) {
  const deadline = Date.now() + PATIENCE
  let last
  while (Date.now() < deadline) {
    try {
      const result = await attempt()
      if (result) return result
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not happen${last ? ': ' + last.message : ''}`)
}

/// slsk-client, with a sentence about what to do where it is not installed.
function slskClient () {
  try {
    return require('slsk-client')
  } catch {
    throw new Error('tests/interop/node_modules is missing: run ./dev setup, which runs npm ci in tests/interop.')
  }
}

function connect (slsk, options) {
  return new Promise((resolve, reject) => {
    slsk.connect({ host: '127.0.0.1', timeout: 20000, ...options }, (error, client) => error ? reject(error) : resolve(client))
  })
}

module.exports = { freePort, temporaryFolder, start, end, until, slskClient, connect }
