// The program under test, which is the one that ships, on a fresh database; the people who use it; a browser.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const web = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = web('playwright-core')

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const ADMIN_PASSWORD = 'Yantai-2026-desk'
export const PASSWORD = 'study-every-day-26'
/** The axe-core script, to be run inside a page. */
export const AXE = web.resolve('axe-core/axe.min.js')
/** Longest that a step waits, in milliseconds. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 40_000)

/**
 * Starts the server on a free port and an empty database; `stop` ends it and removes both. Without a given password it
 * makes one for the first administrator, as on a real first start: that is `password`.
 */
export async function startServer({ given = true, demo = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'qianti-browser-'))
  const binary = process.env.QIANTI_BINARY ?? join(ROOT, 'target/debug/qianti')
  const environment = {
    ...process.env,
    QIANTI_LISTEN: '127.0.0.1:0',
    QIANTI_DATABASE_URL: `sqlite://${join(folder, 'test.db')}`,
  }
  delete environment.QIANTI_ADMIN_PASSWORD
  if (given) environment.QIANTI_ADMIN_PASSWORD = ADMIN_PASSWORD
  let password = ADMIN_PASSWORD
  if (demo) execFileSync(binary, ['demo'], { cwd: ROOT, env: environment, stdio: ['ignore', 'ignore', 'inherit'] })
  const child = spawn(binary, ['serve'], { cwd: ROOT, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const base = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      password = /login admin, password (\S+)/.exec(line)?.[1] ?? password
      const found = /ready: open (http:\/\/[^/]+)\//.exec(line)
      if (found) resolve(found[1])
    })
    child.once('error', reject)
    void gone.then((code) => reject(new Error(`the server ended with ${code}`)))
  })
  return {
    base,
    child,
    password,
    async stop() {
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Somebody who calls the API. */
export class Caller {
  constructor(base, token = null) {
    this.base = base
    this.token = token
  }

  static async logIn(base, login, password) {
    const { access_token } = await new Caller(base).post('/auth/login', { login, password })
    return new Caller(base, access_token)
  }

  async send(method, path, body) {
    const headers = { ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) }
    const response = await fetch(`${this.base}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text ? JSON.parse(text) : null
  }

  get = (path) => this.send('GET', path)
  post = (path, body = undefined) => this.send('POST', path, body)
  put = (path, body) => this.send('PUT', path, body)
}

/** A small zone: three branches with members, results of today, and quizzes of every kind. */
export class World {
  static async build(base) {
    const world = new World()
    world.base = base
    world.admin = await Caller.logIn(base, 'admin', ADMIN_PASSWORD)
    world.zone = (await world.admin.get('/units?limit=1')).items[0].id
    world.branches = []
    for (const [code, name] of [['B01', '创业大厦第一党支部'], ['B02', '生物医药产业园党支部'], ['B03', '软件园联合党支部']]) {
      world.branches.push(await world.admin.post('/units', { parent_id: world.zone, kind: 'branch', code, name }))
    }
    return world
  }

  /** Members with results of today; a daily quiz with every kind in the place of the ready one. */
  async fill() {
    for (const { id, kind } of (await this.admin.get('/quizzes')).items) if (kind === 'daily') await this.admin.send('DELETE', `/quizzes/${id}`)
    this.daily = await this.quiz({ title: '每日一练', kind: 'daily', duration_seconds: 900, attempts_allowed: 1 })
    const tomorrow = new Date(Date.now() + 26 * 3_600_000).toISOString()
    this.contest = await this.quiz({ title: '第一期“学党章”知识竞赛', kind: 'contest', closes_at: tomorrow, duration_seconds: 1200, attempts_allowed: 2 })
    const names = ['李芳', '王伟', '刘洋', '陈静', '赵磊', '孙丽']
    for (const [index, name] of names.entries()) {
      await this.member(`filler${index}`, name, index % this.branches.length)
      await this.take(`filler${index}`, this.contest.id)
      await this.take(`filler${index}`, this.daily.id)
    }
  }

  /** A member of the first branch whom no other test uses. */
  async someone(name = '张三') {
    this.count = (this.count ?? 0) + 1
    const login = `member${this.count}`
    await this.member(login, name)
    return login
  }

  /** A phone with nothing on it, and its one page; closed when the test is over. */
  async phone(options) {
    const context = await newPhone(this.base, options)
    this.phones = [...(this.phones ?? []), context]
    return context.newPage()
  }

  async closePhones() {
    for (const context of this.phones ?? []) await context.close()
    this.phones = []
  }

  /** A member; without a password they get an initial one, which is answered as `initial_password`. */
  member(login, name, branch = 0, password = PASSWORD) {
    const unit_id = this.branches[branch].id
    return this.admin.post('/members', { login, name, unit_id, ...(password ? { password } : {}) })
  }

  quiz(change) {
    const sections = [
      { title: '一、单项选择题', kinds: ['single'], count: 2, points: 10 },
      { title: '二、多项选择题', kinds: ['multiple'], count: 1, points: 10 },
      { title: '三、判断题', kinds: ['judge'], count: 1, points: 10 },
      { title: '四、填空题', kinds: ['blank'], count: 1, points: 10 },
    ]
    return this.admin.post('/quizzes', { bank: '1000', unit_id: this.zone, sections, ...change })
  }

  /** Somebody takes a quiz with the first option of everything. */
  async take(login, quiz, items = Infinity) {
    const member = await Caller.logIn(this.base, login, PASSWORD)
    const attempt = await member.post(`/quizzes/${quiz}/attempts`)
    const answers = attempt.questions.slice(0, items).map(({ no, kind, gaps }) => {
      const answer = { judge: ['true'], blank: Array.from({ length: Math.max(gaps, 1) }, () => '为人民服务') }[kind] ?? ['A']
      return { no, answer }
    })
    return member.post(`/attempts/${attempt.id}/submit`, { answers })
  }
}

let browser = null

/** A phone with nothing on it. */
export async function newPhone(base, { width = 390, height = 844, ...more } = {}) {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  const context = await browser.newContext({
    baseURL: base, viewport: { width, height }, deviceScaleFactor: 1, isMobile: true, hasTouch: true, locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce', ...more,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  context.faults = []
  context.on('weberror', (error) => context.faults.push(String(error.error())))
  context.on('console', (message) => {
    // What a policy blocks is only told on the console.
    if (/Content Security Policy/i.test(message.text())) context.faults.push(message.text())
  })
  return context
}

export async function closeBrowser() {
  await browser?.close()
  browser = null
}

/** Begins, or goes on with, the quiz of this title from the first screen. */
export async function begin(page, title) {
  const card = page.locator('article', { has: page.getByRole('heading', { name: title }) })
  await card.getByRole('button').click()
  await page.locator('.item').waitFor()
}

/** The kind of the item on the screen, in the member's words. */
export const kindOf = (page) => page.locator('.where .tag').innerText()

/** Answers the item on the screen: its first option, or some text in each gap. */
export async function answer(page, option = 0) {
  const choices = page.locator('label.choice')
  if ((await choices.count()) > 0) return choices.nth(option).click()
  for (const gap of await page.locator('.gaps input').all()) await gap.fill('为人民服务')
}

/** Waits until the answers are where this says. */
export async function saveState(page, words) {
  await page.locator('.save', { hasText: words }).waitFor()
}

/** Answers and confirms the question whether to submit. */
export async function submit(page) {
  await page.getByRole('button', { name: /答题卡/ }).click()
  const sheet = page.getByRole('dialog', { name: '答题卡' })
  await sheet.getByRole('button', { name: '交卷' }).click()
  const dialog = page.getByRole('dialog', { name: '确定交卷吗？' })
  await dialog.getByRole('button', { name: '交卷' }).click()
}

/** Waits until the service worker has everything that the app needs to open without network. */
export async function readyForOffline(page) {
  const ready = () => page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    return registration?.active?.state === 'activated' && navigator.serviceWorker.controller !== null
  })
  for (let turn = 0; turn < 200; turn += 1) {
    if (await ready()) return
    await page.waitForTimeout(100)
  }
  throw new Error('the service worker is never ready')
}

/** Logs in by the form. */
export async function logIn(page, login, password = PASSWORD) {
  await page.goto('/login')
  await page.getByLabel('账号', { exact: true }).fill(login)
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
}

/** Fails the test with these words unless it holds. */
export function check(holds, words) {
  if (!holds) throw new Error(words)
}

/** What the server has of a member's latest attempt. */
export async function onServer(world, login) {
  const caller = await Caller.logIn(world.base, login, PASSWORD)
  const { items } = await caller.get('/me/attempts')
  return { caller, items, attempt: await caller.get(`/attempts/${items[0].id}`) }
}
