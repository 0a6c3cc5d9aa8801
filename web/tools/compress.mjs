// Packs every file of the built app with brotli and gzip, so that the server only hands them out.
// node tools/compress.mjs FOLDER
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const PACKABLE = /\.(html|js|css|svg|json|webmanifest|txt)$/
const [folder = 'dist'] = process.argv.slice(2)
const [brotli, gz] = [promisify(brotliCompress), promisify(gzip)]

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name)
  if (!entry.isFile() || !PACKABLE.test(entry.name)) continue
  const content = await readFile(file)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  }
  const packed = { '.br': await brotli(content, { params }), '.gz': await gz(content, { level: 9 }) }
  for (const [ending, bytes] of Object.entries(packed)) {
    // A file that does not shrink is sent as it is.
    if (bytes.length < content.length) await writeFile(file + ending, bytes)
    else await rm(file + ending, { force: true })
  }
}
