// Fails when a package of the lock file has a licence that is not on the list: node tools/licences.mjs
import { readFile } from 'node:fs/promises'

const ALLOWED = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'CC-BY-4.0', 'Python-2.0', 'Unlicense', 'Zlib'])
/** Used in building or testing only; nothing of them is handed out with the product. */
const TOOLS_ONLY = new Set(['MPL-2.0'])

const { packages } = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'))
const faults = Object.entries(packages).flatMap(([path, { license, dev, devOptional }]) => {
  if (path === '') return []
  const choices = String(license).replace(/[()]/g, '').split(/ OR /)
  const allowed = choices.some((choice) => choice.split(/ AND /).every((each) => ALLOWED.has(each) || ((dev || devOptional) && TOOLS_ONLY.has(each))))
  return allowed ? [] : [`${path}: ${license}`]
})
for (const fault of faults) console.error(fault)
console.log(`${Object.keys(packages).length - 1} packages, ${faults.length} with a licence that is not allowed`)
process.exitCode = faults.length > 0 ? 1 : 0
