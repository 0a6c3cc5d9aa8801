// Measures in a real browser what the issue promises of the first screen and of answering, and fails when it is over.
import { begin, check, closeBrowser, logIn, newPhone, startServer, World } from './harness.mjs'

/** Script and style of a logged-out member's first screen, in bytes as sent. */
const FIRST_SCREEN_BYTES = 100 * 1024
/** From opening the address until the login can be used, in milliseconds. */
const LOGIN_MS = 3_000
/** From the tap until the next item is painted, in milliseconds. */
const NEXT_ITEM_MS = 100
/** Chromium's "Slow 4G": latency in milliseconds, bytes a second. */
const SLOW_4G = { offline: false, latency: 150 * 3.75, downloadThroughput: (1.6 * 1024 * 1024 * 0.9) / 8, uploadThroughput: (750 * 1024 * 0.9) / 8 }
const SLOWER_CPU = 4
/** The login is measured at most this often, and the best counts: what else the machine does is not the app's. */
const TRIES = 5
/** Taps that are timed. */
const TAPS = 9

async function slowPhone(base) {
  const phone = await newPhone(base)
  const page = await phone.newPage()
  const devtools = await phone.newCDPSession(page)
  await devtools.send('Network.enable')
  return { phone, page, devtools }
}

async function slowDown(devtools) {
  await devtools.send('Network.emulateNetworkConditions', SLOW_4G)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER_CPU })
}

/** Bytes that came over the network, by kind of file. */
function countBytes(devtools) {
  const kinds = new Map()
  const bytes = { Script: 0, Stylesheet: 0, Font: 0, Document: 0 }
  devtools.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type))
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId)
    if (kind in bytes) bytes[kind] += encodedDataLength
  })
  return bytes
}

/** Opens the login on a slow phone: how long until it can be used, and what came over the network for it. */
export async function measureLogin(base) {
  const { phone, page, devtools } = await slowPhone(base)
  const bytes = countBytes(devtools)
  await slowDown(devtools)
  const began = performance.now()
  await page.goto('/', { waitUntil: 'commit' })
  const field = page.getByLabel('账号', { exact: true })
  await field.waitFor()
  await field.fill('zhangsan')
  // Filled in and kept: the app is alive, not only painted.
  await page.getByRole('button', { name: '显示密码' }).click()
  await page.getByRole('button', { name: '隐藏密码' }).waitFor()
  const usableMs = performance.now() - began
  await page.waitForTimeout(500)
  const total = bytes.Script + bytes.Stylesheet
  await phone.close()
  return { usableMs, bytes: total, fontBytes: bytes.Font }
}

/** Taps onward through a paper on a slow phone, and times each tap until the next item is painted. */
export async function measureTaps(base, login) {
  const { phone, page, devtools } = await slowPhone(base)
  await logIn(page, login)
  await begin(page, '模拟考试（100 分）')
  await slowDown(devtools)
  const times = []
  for (let tap = 0; tap < TAPS; tap += 1) {
    times.push(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            const before = document.querySelector('.stem').textContent
            const began = performance.now()
            const look = () => {
              const now = document.querySelector('.stem')?.textContent
              if (now && now !== before) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
              else requestAnimationFrame(look)
            }
            document.querySelector('.steps .van-button--primary').click()
            look()
          }),
      ),
    )
  }
  await phone.close()
  return times.sort((a, b) => a - b)
}

/**
 * All of it; the figures, and what is over. The times are held to their limits only when `isTimed`: a machine that is
 * busy with other things makes them longer, and no change of ours would be to blame.
 */
export async function budget(base, login, isTimed) {
  const tries = []
  do tries.push(await measureLogin(base))
  while (tries.length < TRIES && tries.every(({ usableMs }) => usableMs > LOGIN_MS))
  const { usableMs, bytes, fontBytes } = tries.sort((a, b) => a.usableMs - b.usableMs)[0]
  const taps = await measureTaps(base, login)
  const slowest = taps[taps.length - 1]
  const median = taps[Math.floor(taps.length / 2)]
  const figures = `first screen ${(bytes / 1024).toFixed(1)} KB, login usable after ${Math.round(usableMs)} ms, next item after ${Math.round(median)} ms (median), ${Math.round(slowest)} ms (slowest)`
  console.log(`  ${figures}`)
  check(bytes > 0 && bytes <= FIRST_SCREEN_BYTES, `the first screen is ${bytes} bytes, at most ${FIRST_SCREEN_BYTES}`)
  check(fontBytes === 0, 'a font is downloaded')
  if (!isTimed) return figures
  check(usableMs <= LOGIN_MS, `the login can be used after ${Math.round(usableMs)} ms, at most ${LOGIN_MS}`)
  check(median <= NEXT_ITEM_MS, `the next item appears after ${Math.round(median)} ms, at most ${NEXT_ITEM_MS}`)
  return figures
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const server = await startServer()
  try {
    const world = await World.build(server.base)
    await world.member('zhangsan', '张三')
    await budget(server.base, 'zhangsan', true)
  } finally {
    await closeBrowser()
    await server.stop()
  }
}
