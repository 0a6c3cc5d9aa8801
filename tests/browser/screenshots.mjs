// Writes the pictures of the README: node tests/browser/screenshots.mjs
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ADMIN_PASSWORD, answer, begin, Caller, check, closeBrowser, logIn, newPhone, PASSWORD, ROOT, saveState, startServer, submit, World } from './harness.mjs'

/** Largest picture, in bytes. */
const MOST_BYTES = 200 * 1024
const FOLDER = join(ROOT, 'docs/screenshots')

async function save(page, name) {
  const path = join(FOLDER, `${name}.png`)
  await page.waitForTimeout(400)
  await page.screenshot({ path })
  const { size } = await stat(path)
  check(size <= MOST_BYTES, `${name}.png is ${size} bytes`)
  console.log(`${name}.png ${(size / 1024).toFixed(0)} KB`)
}

/** Some days of practice, so that the pictures show something. */
async function practise(world, login, count) {
  const member = await Caller.logIn(world.base, login, PASSWORD)
  const { items } = await member.get(`/practice/questions?limit=${count}`)
  const bank = (await member.get('/me/progress')).bank
  for (const { code, kind, gaps } of items) {
    const answers = { judge: ['true'], blank: Array.from({ length: Math.max(gaps, 1) }, () => '党') }[kind] ?? ['A']
    await member.post('/practice/answers', { bank, code, answer: answers })
  }
}

/** The desk of an admin, at first with nobody to look after. */
async function admins(world) {
  const page = await world.phone({ width: 1280, height: 800, isMobile: false, hasTouch: false })
  await logIn(page, 'admin', ADMIN_PASSWORD)
  await page.locator('.step').first().waitFor()
  await save(page, 'desk-setup')
  return page
}

/** What an admin sees at the desk. */
async function administration(world, page) {
  await page.goto('/desk/banks/1000?tab=import')
  await page.locator('input[type=file]').setInputFiles(join(ROOT, 'tests/browser/files/questions-faulty.xlsx'))
  await page.locator('.problems').first().waitFor()
  await save(page, 'desk-import')
  await page.goto('/desk/banks/1000/questions/dzy-002')
  await page.locator('.preview .choice').first().waitFor()
  await save(page, 'desk-question')
  await page.goto('/desk/quizzes/new?kind=exam')
  await page.locator('.state .good').first().waitFor()
  await page.locator('.section').first().evaluate((section) => section.scrollIntoView())
  await page.mouse.wheel(0, -120)
  await save(page, 'desk-paper')
  await page.goto(`/desk/quizzes/${world.contest.id}`)
  await page.locator('.tiles').waitFor()
  await save(page, 'desk-live')
  await page.goto('/desk/audit')
  await page.locator('.entry').first().click()
  await save(page, 'desk-audit')
}

/** What a leader of the zone sees of the sample data: `qianti demo` tells the login. */
async function leaders() {
  const sample = await startServer({ demo: true })
  try {
    for (const [suffix, size] of [['', { width: 1280, height: 800, isMobile: false, hasTouch: false }], ['-phone', {}]]) {
      const context = await newPhone(sample.base, size)
      const page = await context.newPage()
      await logIn(page, 'leader', 'qianti-demo-2026')
      await page.waitForURL((url) => url.pathname !== '/login')
      for (const [name, path, there] of [
        [`desk-board${suffix}`, '/desk', ':text("参与率")'],
        [`desk-monthly${suffix}`, '/desk/monthly', 'table'],
        [`desk-analysis${suffix}`, '/desk/items', 'article'],
      ]) {
        await page.goto(path)
        await page.locator(`main ${there}`).first().waitFor()
        await save(page, name)
      }
      await context.close()
    }
  } finally {
    await sample.stop()
  }
}

await mkdir(FOLDER, { recursive: true })
await leaders()
const server = await startServer()
try {
  const world = await World.build(server.base)
  const desk = await admins(world)
  await world.fill()
  const login = await world.someone('周敏')
  await practise(world, login, 170)
  const page = await world.phone()
  await page.goto('/login')
  await page.getByRole('button', { name: '登录', exact: true }).waitFor()
  await save(page, 'login')
  await logIn(page, login)
  await page.locator('.ring').waitFor()
  await page.getByText('第 1 名').first().waitFor().catch(() => {})
  await save(page, 'home')
  await begin(page, world.contest.title)
  await answer(page, 1)
  await saveState(page, '已保存')
  await save(page, 'item')
  for (const no of [2, 3]) {
    await page.getByRole('button', { name: '下一题' }).click()
    await page.locator('.stem', { hasText: `${no}. ` }).waitFor()
    if (no === 2) await answer(page)
    else await page.getByRole('button', { name: '标记' }).click()
  }
  await page.getByRole('button', { name: /答题卡/ }).click()
  await page.getByRole('dialog', { name: '答题卡' }).waitFor()
  await save(page, 'sheet')
  await page.keyboard.press('Escape')
  await page.context().setOffline(true)
  await answer(page)
  await saveState(page, '等待网络')
  await save(page, 'tunnel')
  await page.context().setOffline(false)
  await saveState(page, '已保存')
  await submit(page)
  await page.locator('article').first().waitFor()
  await save(page, 'result')
  for (const [name, path, there] of [
    ['ranks', '/ranks', '.my-row'],
    ['units', '/ranks?scope=units', '.my-row'],
    ['practice', '/practice', '.bar'],
    ['wrong', '/me/wrong', 'article'],
    ['me', '/me', '.links'],
    ['settings', '/me/settings', '.chip'],
  ]) {
    await page.goto(path)
    await page.locator(there).first().waitFor()
    await save(page, name)
  }
  await page.evaluate(() => localStorage.setItem('qianti.settings', JSON.stringify({ language: 'en', theme: 'dark' })))
  await page.goto('/')
  await page.locator('.ring').waitFor()
  await save(page, 'home-dark-en')
  await administration(world, desk)
} finally {
  await closeBrowser()
  await server.stop()
}
