// Every test in a real browser, against the program that ships. node tests/browser/run.mjs [WORD…]: only tests whose
// name has one of the words. Prints "N passed, N failed" and fails when one has.
import { closeBrowser, startServer, World } from './harness.mjs'
import * as access from './access.mjs'
import * as admin from './admin.mjs'
import * as day from './day.mjs'
import * as devices from './devices.mjs'
import * as faults from './faults.mjs'
import * as imports from './imports.mjs'
import * as leader from './leader.mjs'
import * as network from './network.mjs'
import * as privacy from './privacy.mjs'
import * as safety from './safety.mjs'
import * as speed from './speed.mjs'
import * as time from './time.mjs'

const words = process.argv.slice(2)
const suites = { access, admin, day, devices, faults, imports, leader, network, privacy, safety, speed, time }
const tests = Object.entries(suites).flatMap(([suite, { tests }]) => Object.entries(tests).map(([name, test]) => [`${suite}: ${name}`, test]))
const chosen = tests.filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)))

const server = await startServer()
let [passed, failed] = [0, 0]
try {
  const world = await World.build(server.base)
  await world.fill()
  for (const [name, test] of chosen) {
    const began = performance.now()
    try {
      await test(world)
      passed += 1
      console.log(`ok   ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
    } catch (error) {
      failed += 1
      console.log(`FAIL ${name}\n${brief(error)}`)
    } finally {
      await world.closePhones()
    }
  }
} finally {
  await closeBrowser()
  await server.stop()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** What went wrong and where, without what the browser logs. */
function brief(error) {
  const lines = String(error.stack ?? error).split('\n')
  return lines.filter((line) => !/^\[pid=|^<launch|^Browser logs/.test(line)).slice(0, 14).join('\n')
}
