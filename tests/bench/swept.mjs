// The same as swept.py with npm's xen-api: node swept.mjs FOLDER CONCURRENCY
//
// FOLDER has `xen-api` in its node_modules.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, concurrency] = process.argv.slice(2)
const { createClient } = await import(pathToFileURL(join(folder, 'node_modules', 'xen-api', 'index.mjs')))
const hosts = JSON.parse(readFileSync(0, 'utf8'))

async function ask([address, , user, password]) {
  const xapi = createClient({
    url: `https://${address}`,
    auth: { user, password },
    allowUnauthorized: true,
    watchEvents: false,
  })
  await xapi.connect()
  await xapi.getAllRecords('host')
  await xapi.disconnect()
}

let next = 0
async function worker() {
  while (next < hosts.length) {
    await ask(hosts[next++])
  }
}

const begun = performance.now()
await Promise.all(Array.from({ length: Number(concurrency) }, worker))
const took = (performance.now() - begun) / 1000
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] / 1024
console.log(JSON.stringify({ hosts: hosts.length, wall_s: took, peak_mb: peak }))
process.exit(0) // its agents would keep connections open for a while
