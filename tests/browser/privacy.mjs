// What is recorded of a contest, one's own data, and somebody whose name is taken away.
import { readFile } from 'node:fs/promises'
import { ADMIN_PASSWORD, answer, begin, check, logIn, onServer, saveState, submit } from './harness.mjs'

const DESK = { width: 1280, height: 800, isMobile: false, hasTouch: false }
const EVENTS = '**/api/v1/attempts/*/events'
const dialog = (page) => page.locator('dialog[open]').last()

/** Hides the page or shows it again, as a phone does for a call. */
function show(page, state) {
  return page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)
}

/** Does something of which the server is told. */
async function told(page, act) {
  const answered = page.waitForResponse((response) => response.url().endsWith('/events') && response.request().method() === 'POST')
  await act()
  const response = await answered
  check(response.status() === 204, `events are answered ${response.status()}`)
}

export const tests = {
  async 'who begins a contest is told what is recorded; leaving is told, without network later, and counts nothing'(world) {
    const login = await world.someone('周敏')
    const page = await world.phone()
    await logIn(page, login)
    const card = page.locator('article', { has: page.getByRole('heading', { name: world.contest.title }) })
    await card.getByText('离开页面、换设备会被记录，供组织者查看，不影响得分').waitFor()
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/phone-home.png`, fullPage: true })
    await begin(page, world.contest.title)
    // Without network it is kept on the phone.
    let tried = 0
    await page.route(EVENTS, (route) => {
      tried += 1
      return route.abort()
    })
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events'))
    await show(page, 'hidden')
    await failed
    check(tried === 1, `${tried} tries`)
    await page.unroute(EVENTS)
    const kinds = async () => {
      const { attempt } = await onServer(world, login)
      const { items } = await world.admin.get(`/attempts/${attempt.id}/events`)
      return items.map(({ kind }) => kind).join()
    }
    check((await kinds()) === '', 'the server knows what it cannot know')
    await told(page, () => show(page, 'visible'))
    check((await kinds()) === 'left_page,came_back', await kinds())
    // Told once: what comes next is new.
    await told(page, () => show(page, 'hidden'))
    await told(page, () => show(page, 'visible'))
    await answer(page)
    await saveState(page, '已保存')
    await submit(page)
    await page.waitForURL(/result/)
    // Nothing is lost and nothing stands twice.
    check((await kinds()) === 'left_page,came_back,left_page,came_back', await kinds())
  },

  async 'of a daily quiz nothing is recorded and nothing is said'(world) {
    const login = await world.someone('吴磊')
    const page = await world.phone()
    await logIn(page, login)
    await page.getByRole('button', { name: /开始/ }).first().click()
    await page.locator('.item').waitFor()
    let tried = 0
    await page.route(EVENTS, (route) => {
      tried += 1
      return route.continue()
    })
    await show(page, 'hidden')
    await show(page, 'visible')
    await answer(page)
    await saveState(page, '已保存')
    check(tried === 0, `${tried} events of a daily quiz`)
  },

  async 'a member takes their data home as a file'(world) {
    const login = await world.someone('郑爽')
    await world.take(login, world.contest.id)
    const page = await world.phone()
    await logIn(page, login)
    await page.getByRole('link', { name: '我的' }).click()
    await page.getByRole('link', { name: '设置' }).click()
    // Held, so that what is said meanwhile is seen.
    let go = () => {}
    const gate = new Promise((resolve) => (go = resolve))
    await page.route('**/api/v1/me/data', async (route) => {
      await gate
      await route.continue()
    })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: '下载我的数据' }).click()
    await page.getByText('正在准备').waitFor()
    go()
    const file = await download
    check(file.suggestedFilename() === 'qianti-my-data.json', file.suggestedFilename())
    const data = JSON.parse(await readFile(await file.path(), 'utf8'))
    check(data.account.login === login && data.attempts.length === 1, JSON.stringify(data.account))
    await page.getByText('已保存为 qianti-my-data.json').waitFor()
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/phone-settings.png`, fullPage: true })
  },

  async 'an organiser sees what was recorded, without a verdict'(world) {
    const login = await world.someone('冯刚')
    await world.take(login, world.contest.id)
    const { caller, attempt } = await onServer(world, login)
    const events = [{ kind: 'left_page', report: 1, ms_ago: 0 }, { kind: 'came_back', report: 2, ms_ago: 0 }]
    await caller.post(`/attempts/${attempt.id}/events`, { events })
    const page = await world.phone(DESK)
    await logIn(page, 'admin', ADMIN_PASSWORD)
    await page.waitForURL(/desk/)
    await page.goto(`/desk/quizzes/${world.contest.id}?tab=attempts`)
    await page.getByText('只供人工判断').waitFor()
    await page.getByRole('searchbox').fill('冯刚')
    const row = page.getByRole('row', { name: /冯刚/ })
    await row.getByText('离开页面 1 次').waitFor()
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/desk-attempts.png`, fullPage: true })
    await row.getByRole('button', { name: '查看冯刚的备查记录' }).click()
    await dialog(page).getByText('离开答题页面').waitFor()
    await dialog(page).getByText('不说明有什么问题').waitFor()
    await dialog(page).getByText('来了电话或消息').waitFor()
    const words = await dialog(page).innerText()
    check(!/作弊|违规|舞弊|嫌疑/.test(words), words)
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/desk-events.png` })
  },

  async 'somebody who has left is anonymised once their name is typed'(world) {
    const login = await world.someone('沈一鸣')
    const { items } = await world.admin.get(`/members?q=${login}`)
    const member = items.find((item) => item.login === login)
    await world.take(login, world.contest.id)
    await world.admin.send('PATCH', `/members/${member.id}`, { status: 'left' })
    const page = await world.phone(DESK)
    await logIn(page, 'admin', ADMIN_PASSWORD)
    await page.waitForURL(/desk/)
    await page.goto(`/desk/people?unit=${member.unit_id}`)
    await page.locator('.person', { hasText: '沈一鸣' }).click()
    await dialog(page).getByRole('button', { name: '注销并匿名化' }).click()
    await dialog(page).getByText('不能撤销').waitFor()
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/desk-anonymise.png` })
    let sent = 0
    await page.route('**/anonymise', (route) => {
      sent += 1
      return route.continue()
    })
    const confirm = () => dialog(page).getByRole('button', { name: '确认匿名化' }).click()
    await confirm()
    await dialog(page).getByText('输入的姓名不一致').waitFor()
    check(sent === 0, 'sent without the name')
    await dialog(page).getByRole('textbox').fill('沈一鸣')
    await confirm()
    await page.getByText('已匿名化').waitFor()
    check(sent === 1, `${sent} calls`)
    await page.locator('.person', { hasText: '已注销成员' }).first().click()
    await dialog(page).getByText('不能再更改').waitFor()
    const board = await world.admin.get(`/leaderboards/members?quiz=${world.contest.id}&limit=200`)
    check(board.items.some(({ member_id, name }) => member_id === member.id && name === '已注销成员'), 'the result is gone')
  },
}
