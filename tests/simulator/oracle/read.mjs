// Reads a pool with Xen Orchestra's own client, and prints what it understood as one line of JSON.
//
//   node read.mjs FOLDER URL USER PASSWORD [watch]
//
// FOLDER has `xen-api` in its node_modules. With `watch` the client also fetches every object it is told of, and waits
// until it has an event of a host.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, url, user, password, watch] = process.argv.slice(2)
const { createClient } = await import(pathToFileURL(join(folder, 'node_modules', 'xen-api', 'index.mjs')))

const xapi = createClient({
  url,
  auth: { user, password },
  allowUnauthorized: true,
  watchEvents: watch === 'watch',
})

try {
  await xapi.connect()
} catch (error) {
  console.log(JSON.stringify({ error: [error.code, ...(error.params ?? [])] }))
  process.exit(0)
}

const hosts = await xapi.getAllRecords('host')
const read = {
  pool: xapi.pool.name_label,
  coordinator: hosts.find(host => host.$ref === xapi.pool.master)?.name_label,
  hosts: hosts.map(host => [host.name_label, host.software_version.product_brand, host.software_version.product_version]),
}
if (watch === 'watch') {
  await xapi.objectsFetched
  read.objects = Object.values(xapi.objects.all).map(object => object.$type)
  console.log('watching')
  await new Promise(resolve => xapi.objects.once('update', resolve))
  read.changed = xapi.getObject(hosts[0].$ref).software_version.product_version
}
await xapi.disconnect()
console.log(JSON.stringify(read))
if (watch === 'watch') {
  process.exit(0) // else its last wait for events keeps it for a minute; without one it stays until it has logged out
}
