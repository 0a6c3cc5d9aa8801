// Leaders at their desk: down from the zone to a branch and its members, files whose figures are those of the API, and
// nothing of what another leads.
import { createRequire } from 'node:module'
import { axe, layout, prepared } from './access.mjs'
import { ADMIN_PASSWORD, Caller, check, logIn, newPhone, PASSWORD, startServer } from './harness.mjs'

const web = createRequire(new URL('../../web/package.json', import.meta.url))
const { readSheet } = web('read-excel-file/node')

const DESKTOP = { width: 1280, height: 800, isMobile: false, hasTouch: false }
/** Longest that the statistics of a result are waited for, in milliseconds. */
const COUNTED_MS = 30_000

/** The password of everybody whom `qianti demo` makes. */
const DEMO_PASSWORD = 'qianti-demo-2026'
/** Units below the zone, more than the sheet has lines for. */
const MANY_UNITS = 45

/** Half of what times are rounded to in a file, in seconds. */
const TENTH = 0.05

const HIGH_TECH = '高新技术产业园党委'
const MEDICINE = '生物医药产业园党委'

/** Two committees with branches below them, their members, a contest of each, and who leads what. Built once. */
function zone(world) {
  world.led ??= build(world)
  return world.led
}

async function build(world) {
  const { admin } = world
  const unit = (parent_id, kind, code, name) => admin.post('/units', { parent_id, kind, code, name })
  const member = (login, name, unit_id, roles = []) => admin.post('/members', { login, name, unit_id, password: PASSWORD, roles })
  const committee = await unit(world.zone, 'committee', 'K1', HIGH_TECH)
  const other = await unit(world.zone, 'committee', 'K2', MEDICINE)
  const general = await unit(committee.id, 'general_branch', 'K1G', '云谷孵化器党总支')
  const branch = await unit(general.id, 'branch', 'K1G1', '云谷软件党支部')
  const sibling = await unit(committee.id, 'branch', 'K1B1', '科技馆党支部')
  const foreign = await unit(other.id, 'branch', 'K2B1', '药谷第一党支部')
  await member('zhou-shuji', '周书记', world.zone, [{ role: 'leader', unit_id: world.zone }])
  await member('gao-shuji', '高书记', committee.id, [{ role: 'leader', unit_id: committee.id }])
  const contest = await world.quiz({ title: '高新园知识竞赛', kind: 'contest', unit_id: committee.id, attempts_allowed: 1 })
  const foreignContest = await world.quiz({ title: '医药园知识竞赛', kind: 'contest', unit_id: other.id, attempts_allowed: 1 })
  const people = [
    ['led-an', '安静', branch, contest], ['led-bai', '白雪', branch, contest], ['led-cao', '曹操', branch, null],
    ['led-guo', '郭靖', general, null], ['led-deng', '邓林', sibling, contest], ['led-fan', '范成', sibling, null], ['led-gu', '顾城', foreign, foreignContest], ['led-he', '何其', foreign, null],
  ]
  for (const [login, name, { id }, quiz] of people) {
    await member(login, name, id)
    if (quiz) await world.take(login, quiz.id)
  }
  const top = await Caller.logIn(world.base, 'zhou-shuji', PASSWORD)
  const leader = await Caller.logIn(world.base, 'gao-shuji', PASSWORD)
  await counted(leader, `quiz=${contest.id}&unit=${committee.id}`, 3)
  return { committee, other, general, branch, sibling, foreign, contest, foreignContest, top, leader }
}

/** Waits until the results have been taken into the statistics, which follow a moment later. */
async function counted(leader, query, results) {
  const until = Date.now() + COUNTED_MS
  for (;;) {
    const { days } = await leader.get(`/reports/trend?${query}`)
    if (days.reduce((sum, day) => sum + day.results, 0) === results) return
    check(Date.now() < until, `the statistics never have ${results} results: ${JSON.stringify(days)}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Logs in, as far as the first screen. */
async function enter(page, login) {
  await logIn(page, login)
  await page.locator('.ring').waitFor()
}

/** 80.85 is 80.9 to whoever reads it; `toFixed` takes the binary fraction below it and says 80.8. */
const rounded = (value, digits, least = 0) => value.toLocaleString('en', { minimumFractionDigits: least, maximumFractionDigits: digits, useGrouping: false })
const percent = (value) => (value === null ? '—' : `${rounded(value, 1, 1)}%`)
const rate = (value) => percent(value === null ? null : value * 100)
const mean = (value) => (value === null ? '—' : value.toLocaleString('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 }))
const words = async (locator) => (await locator.allInnerTexts()).map((text) => text.trim())
const equal = (found, wanted, what) => check(JSON.stringify(found) === JSON.stringify(wanted), `${what}: ${JSON.stringify(found)} and not ${JSON.stringify(wanted)}`)
/** Pages of a print. */
const pages = (pdf) => (pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length

/** The figures of the overview of the monthly report, in the order of its lines. */
const measures = (of) => [
  of.active_members, of.participants, of.participation, of.results, of.mean_score, of.mean_percent, of.pass_rate, of.excellence_rate, of.mean_elapsed_ms === null ? null : of.mean_elapsed_ms / 1000,
]
/** What has changed, in the same order: what the answer says, and differences of what it only counts. */
function changes({ figures, before, change }) {
  if (before === null) return measures(figures).map(() => null)
  const times = figures.mean_elapsed_ms === null || before.mean_elapsed_ms === null ? null : (figures.mean_elapsed_ms - before.mean_elapsed_ms) / 1000
  return [
    figures.active_members - before.active_members, figures.participants - before.participants, change.participation, figures.results - before.results,
    change.mean_score, change.mean_percent, change.pass_rate, change.excellence_rate, times,
  ]
}

/** The overview of the workbook is the API's. */
function sameOverview(rows, report) {
  const lines = rows.slice(rows.findIndex(([number]) => Number(number) === 1))
  const [before, changed] = [report.before === null ? measures(report.figures).map(() => null) : measures(report.before), changes(report)]
  for (const [at, value] of measures(report.figures).entries()) {
    const [number, label, now, then, change] = lines[at]
    equal(Number(number), at + 1, 'a line of the overview')
    // The last is a time.
    const step = at === 8 ? TENTH : 1e-6
    near(now, value, label, step)
    near(then, before[at], `${label}, the month before`, step)
    near(change, changed[at], `${label}, the change`, step)
  }
}

/** What the page says of a change: an arrow and, read aloud, words. */
function mark(change, points) {
  if (change === null) return '—'
  const told = Number(rounded(change, points ? 1 : 2))
  if (told === 0) return '＝持平'
  const size = Math.abs(told).toLocaleString('zh-CN', { maximumFractionDigits: points ? 1 : 2 })
  return `${told > 0 ? '▲升' : '▼降'} ${size}${points ? ' 个百分点' : ''}${size}`
}

/** A card of the page by its heading. */
const card = (page, title) => page.locator('section.card', { has: page.getByRole('heading', { name: title, exact: true }) })
const asTable = (page, title) => card(page, title).getByRole('button', { name: '表', exact: true }).click()
const isAt = (page, unit) => page.locator('.unit-picker .picked', { hasText: unit }).waitFor()

/** The board of a unit on the page is the API's. */
async function sameBoard(page, board) {
  const now = page.locator('.figures > div')
  const value = (title) => now.filter({ hasText: title }).locator('.value').innerText()
  equal(
    [await value('参与率'), await value('人均得分'), await value('合格率'), await value('优秀率')],
    [rate(board.now.participation), mean(board.now.mean_score), rate(board.now.pass_rate), rate(board.now.excellence_rate)],
    'the key figures',
  )
  if (board.children.length === 0) return
  await asTable(page, '下级组织排名')
  const rows = card(page, '下级组织排名').locator('tbody tr')
  const cells = await Promise.all((await rows.all()).map((row) => words(row.locator('th, td'))))
  equal(
    cells.map(([rank, unit, score, , participation, people, passed, excellent]) => [rank, unit, score, participation, people, passed, excellent]),
    board.children.map(({ rank, unit, figures }) => [
      String(rank), unit.name, mean(figures.mean_score), rate(figures.participation), `${figures.participants}/${figures.active_members}`, rate(figures.pass_rate), rate(figures.excellence_rate),
    ]),
    'the ranking',
  )
}

/** Saves the file of a button and reads its first sheet. */
async function saved(page, name = '导出 Excel') {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()])
  check(download.suggestedFilename().endsWith('.xlsx'), `the file is called ${download.suggestedFilename()}`)
  return readSheet(await download.path())
}

/** Figures of a file and of the API are the same; times are written in tenths of a second. */
function near(found, wanted, what, step = 1e-6) {
  // Nothing is no 0: neither a cell that is empty nor one that is not there.
  const same = wanted === null ? found === null : typeof found === 'number' && Math.abs(found - wanted) <= step
  check(same, `${what}: ${found} in the file, ${wanted} by the API`)
}

export const tests = {
  async 'a leader drills down from the zone to a branch and its members'(world) {
    const { committee, general, branch, top } = await zone(world)
    const page = await world.phone(DESKTOP)
    await enter(page, 'zhou-shuji')
    await page.goto('/me')
    await page.getByRole('link', { name: '工作台' }).click()
    await page.getByRole('heading', { name: '学习看板' }).waitFor()
    await page.locator('.figures').waitFor()
    await sameBoard(page, await top.get('/reports/board?period=month'))

    // By the table to the committee, by its bar to the general branch, by the table again to the branch.
    await card(page, '下级组织排名').getByRole('button', { name: HIGH_TECH }).click()
    await isAt(page, HIGH_TECH)
    await card(page, '下级组织排名').locator('.echart svg').waitFor()
    const below = await top.get(`/reports/board?period=month&unit=${committee.id}`)
    const name = card(page, '下级组织排名').locator('.echart svg text', { hasText: '云谷' }).first()
    const label = await name.boundingBox()
    await page.mouse.click(label.x + label.width + 16, label.y + label.height / 2)
    await isAt(page, '云谷孵化器党总支')
    await page.locator('.figures').waitFor()
    await sameBoard(page, await top.get(`/reports/board?period=month&unit=${general.id}`))
    // Those who belong to the general branch itself, and not those of its branches.
    const direct = card(page, '直属成员情况')
    equal(await words(direct.locator('.names li')), ['郭靖'], 'who belongs to it and did not take part')
    check((await direct.locator('tbody th').count()) === 0, 'others took part for the general branch itself')
    await card(page, '下级组织排名').getByRole('button', { name: '云谷软件党支部' }).click()
    await isAt(page, '云谷软件党支部')

    // Its members: those who took part, and the one who did not.
    const members = card(page, '成员情况')
    await members.getByText('已参加 2 人').waitFor()
    equal((await words(members.locator('tbody th'))).sort(), ['安静', '白雪'], 'who took part')
    const shown = await words(members.locator('tbody tr td:nth-child(2)'))
    const { items } = await top.get(`/reports/members?period=month&unit=${branch.id}&taken_part=true`)
    equal(shown, items.map(({ score }) => score).sort((a, b) => b - a).map(String), 'their scores')
    equal(await words(members.locator('.names li')), ['曹操'], 'who did not')

    // Back up by the path, and by the browser.
    const path = page.getByRole('navigation', { name: '上级组织' })
    equal(await words(path.getByRole('link')), [below.path[0].name, HIGH_TECH, '云谷孵化器党总支'], 'the path')
    await path.getByRole('link', { name: HIGH_TECH }).click()
    await isAt(page, HIGH_TECH)
    await page.goBack()
    await isAt(page, '云谷软件党支部')
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'the days and the chapters of a contest, as tables'(world) {
    const { committee, contest, leader } = await zone(world)
    const page = await world.phone(DESKTOP)
    await enter(page, 'gao-shuji')
    await page.goto(`/desk?quiz=${contest.id}`)
    await page.locator('.figures').waitFor()
    const query = `quiz=${contest.id}&unit=${committee.id}`
    await asTable(page, '每日走势')
    const { days } = await leader.get(`/reports/trend?${query}`)
    const busy = days.filter(({ results }) => results > 0)
    equal([busy.length, busy[0].participants], [1, 3], 'the days of the contest')
    const row = card(page, '每日走势').locator('tbody tr').last()
    equal((await words(row.locator('td'))).slice(0, 4), ['3', '3', percent(busy[0].mean_percent), rate(busy[0].pass_rate)], 'today')

    await asTable(page, '各章节掌握情况')
    const report = await leader.get(`/reports/chapters?${query}`)
    const rows = card(page, '各章节掌握情况').locator('tbody tr')
    equal(await rows.count(), report.chapters.length, 'chapters')
    for (const line of await rows.all()) {
      const [chapter, total, ...units] = await words(line.locator('th, td'))
      const at = report.chapters.indexOf(chapter)
      const plain = (text) => text.replace('弱', '').trim()
      equal(plain(total), percent(report.total[at].percent), `${chapter} of all`)
      equal(units.map(plain), report.rows.map(({ cells }) => percent(cells[at].percent)), `${chapter} of each unit`)
    }
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'who has not taken part: found, copied for the group, and exported as the API tells it'(world) {
    const { committee, leader } = await zone(world)
    const page = await world.phone(DESKTOP)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(world.base).origin })
    await enter(page, 'gao-shuji')
    await page.goto('/desk')
    await page.getByRole('link', { name: '未参加' }).click()
    const names = page.locator('.table-box tbody th')
    await names.filter({ hasText: '曹操' }).waitFor()
    const { items } = await leader.get(`/reports/members?period=month&unit=${committee.id}&taken_part=false`)
    equal((await words(names)).map((text) => text.split(/\s/)[0]), items.map(({ name }) => name), 'the list')

    const rows = await saved(page)
    equal(rows.slice(1).map(([login, name, code, unit]) => [login, name, code, unit]), items.map(({ login, name, unit }) => [login, name, unit.code, unit.name]), 'the file')

    await page.getByRole('button', { name: '复制提醒' }).click()
    const sheet = page.getByRole('dialog', { name: '发到微信群的提醒' })
    await sheet.getByRole('button', { name: '复制' }).click()
    await sheet.getByText('已复制').waitFor()
    const text = await page.evaluate(() => navigator.clipboard.readText())
    check(text.startsWith('【学习提醒】') && text.includes(`${HIGH_TECH}还有 4 位同志没有参加答题：`), `the reminder says ${text}`)
    check(text.includes('云谷软件党支部（1 人）：曹操') && text.includes('科技馆党支部（1 人）：范成'), `the reminder does not name everybody: ${text}`)
    check(!/安静|白雪|邓林|何其/.test(text), `the reminder names others: ${text}`)
    await sheet.getByRole('button', { name: '关闭' }).click()

    // Those who took part, with what they reached.
    await page.getByRole('button', { name: /已参加/ }).click()
    await names.filter({ hasText: '安静' }).waitFor()
    await page.getByLabel('姓名或账号').fill('白')
    await names.filter({ hasText: '安静' }).waitFor({ state: 'detached' })
    equal((await words(names)).map((each) => each.split(/\s/)[0]), ['白雪'], 'the one who was looked for')
    const [found] = (await leader.get(`/reports/members?period=month&unit=${committee.id}&taken_part=true&q=${encodeURIComponent('白')}`)).items
    const [, file] = await saved(page)
    equal([file[0], file[1]], ['led-bai', '白雪'], 'the one in the file')
    near(file[4], found.score, 'the score')
    near(file[5], found.elapsed_ms / 1000, 'the time', TENTH)
    near(file[6], found.attempts, 'the attempts')
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'the monthly report, as a page, as a sheet of A4 and as a workbook'(world) {
    const { committee, leader } = await zone(world)
    const page = await world.phone(DESKTOP)
    await enter(page, 'gao-shuji')
    await page.goto('/desk/monthly')
    await page.locator('.sheet').waitFor()
    const month = new URL(page.url()).searchParams.get('month') ?? new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 7)
    const report = await leader.get(`/reports/monthly?unit=${committee.id}&month=${month}`)
    const overview = page.locator('.figures tbody tr')
    const shown = async (title) => (await words(overview.filter({ has: page.getByRole('rowheader', { name: title, exact: true }) }).locator('td')))[0]
    equal(
      [await shown('应参加人数'), await shown('参与人数'), await shown('参与率'), await shown('人均得分'), await shown('合格率')],
      [String(report.figures.active_members), String(report.figures.participants), rate(report.figures.participation), mean(report.figures.mean_score), rate(report.figures.pass_rate)],
      'the overview',
    )
    equal(await words(page.locator('.ranking tbody th')), report.ranking.map(({ unit }) => unit.name), 'the ranking')

    equal(pages(await page.pdf({ preferCSSPageSize: true })), 1, 'pages of the print')

    const rows = await saved(page)
    sameOverview(rows, report)
    for (const { unit, figures: reached } of report.ranking) {
      const line = rows.find((row) => row[1] === unit.name)
      check(line, `${unit.name} is not in the file`)
      near(line[2], reached.active_members, `${unit.name}: members`)
      near(line[3], reached.participation, `${unit.name}: participation`)
      near(line[4], reached.mean_score, `${unit.name}: mean score`)
      near(line[5], reached.pass_rate, `${unit.name}: pass rate`)
    }
    check(report.best_members.length === 3, 'not everybody who took part is among the best')
    for (const { name, score } of report.best_members) near(rows.find((row) => row[1] === name)?.[2], score, `${name}: score`)
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'the month before: its column, the marks of what has changed, and one page also for many units in the largest text'() {
    const sample = await startServer({ demo: true })
    const contexts = []
    try {
      const leader = await Caller.logIn(sample.base, 'leader', DEMO_PASSWORD)
      const world = {
        async phone(options) {
          contexts.push(await newPhone(sample.base, options))
          return contexts.at(-1).newPage()
        },
      }
      const page = await prepared(world, { theme: 'light', textSize: 'standard' }, DESKTOP)
      await logIn(page, 'leader', DEMO_PASSWORD)
      await page.waitForURL((url) => url.pathname !== '/login')
      await page.goto('/desk/monthly')
      await page.locator('.sheet').waitFor()
      const report = await leader.get('/reports/monthly')
      const { figures, before, change } = report
      check(before !== null && before.results > 0 && before.results !== figures.results, `the month before has no results: ${JSON.stringify(before)}`)
      const count = (value) => value.toLocaleString('zh-CN')
      const told = (of) => [
        count(of.active_members), count(of.participants), rate(of.participation), count(of.results), mean(of.mean_score), percent(of.mean_percent), rate(of.pass_rate), rate(of.excellence_rate),
      ]
      const points = (value) => (value === null ? null : value * 100)
      const marks = [
        mark(figures.active_members - before.active_members), mark(figures.participants - before.participants), mark(points(change.participation), true), mark(figures.results - before.results),
        mark(change.mean_score), mark(change.mean_percent, true), mark(points(change.pass_rate), true), mark(points(change.excellence_rate), true),
      ]
      const lines = await Promise.all((await page.locator('.figures tbody tr').all()).map((row) => row.locator('td').allTextContents()))
      equal(lines.map(([now]) => now.trim()), told(figures), 'this month')
      equal(lines.map(([, then]) => then.trim()), told(before), 'the month before')
      equal(lines.map(([, , changed]) => changed.trim()), marks, 'what has changed')
      sameOverview(await saved(page), report)

      // More units than the sheet has lines for.
      const admin = await Caller.logIn(sample.base, 'admin', ADMIN_PASSWORD)
      const zone = report.unit.id
      for (let number = report.ranking.length; number < MANY_UNITS; number += 1) {
        const name = `第${number}产业园区综合党委（含两新组织联合党支部）`
        const { id } = await admin.post('/units', { parent_id: zone, kind: 'committee', code: `MANY${number}`, name })
        await admin.post('/members', { login: `many${number}`, name: `新同志${number}`, unit_id: id, password: PASSWORD })
      }
      const many = await leader.get('/reports/monthly')
      equal([many.ranking.length, many.best_members.length, many.weak_chapters.length], [MANY_UNITS, 10, 5], 'units, best members and weak chapters')
      const large = await prepared(world, { theme: 'light', textSize: 'largest' }, DESKTOP)
      await logIn(large, 'leader', DEMO_PASSWORD)
      await large.waitForURL((url) => url.pathname !== '/login')
      await large.goto('/desk/monthly')
      await large.locator('.sheet').waitFor()
      equal((await words(large.locator('.ranking tbody th'))).length, 40, 'units on the sheet')
      await large.getByText('中间 5 个组织见导出的 Excel').waitFor()
      const pdf = await large.pdf({ preferCSSPageSize: true })
      equal(pages(pdf), 1, 'pages of the print')
      await layout(large, 'the report of many units')
      for (const context of contexts) check(context.faults.length === 0, context.faults.join('\n'))
    } finally {
      for (const context of contexts) await context.close()
      await sample.stop()
    }
  },

  async 'item analysis: what was chosen, the formulas behind a tap, and the workbook'(world) {
    const { contest, leader } = await zone(world)
    const page = await world.phone(DESKTOP)
    await enter(page, 'gao-shuji')
    await page.goto('/desk/items')
    await page.getByLabel('答题活动').selectOption({ label: '高新园知识竞赛' })
    await page.waitForURL(/quiz=/)
    await page.locator('article').first().waitFor()
    const { items } = await leader.get(`/reports/items?bank=1000&quiz=${contest.id}`)
    check(items.length > 0, 'no item is analysed')
    await page.getByText(items[0].stem).first().waitFor()
    const first = page.locator('article').first()
    equal((await words(first.locator('.options .number'))).length, items[0].options.length, 'options')
    for (const [at, { chosen, share }] of items[0].options.entries()) equal(await first.locator('.options .number').nth(at).innerText(), `${chosen} 人次 · ${rate(share)}`, 'a choice')
    equal(await first.locator('.numbers b').first().innerText(), percent(items[0].facility_percent), 'the facility')
    check(!(await page.getByRole('math').first().isVisible()), 'the formulas are in the way')
    await page.getByText('怎么算的？').click()
    await page.getByText('Σxy').waitFor()

    const rows = await saved(page)
    equal(rows.length - 1, items.length, 'items in the file')
    for (const [at, item] of items.entries()) {
      const row = rows[at + 1]
      equal([row[0], row[4]], [item.code, item.stem], 'an item of the file')
      near(row[5], item.shown, `${item.code}: shown`)
      near(row[6], item.answered, `${item.code}: answered`)
      near(row[7], item.facility_percent, `${item.code}: facility`)
      near(row[8], item.discrimination_percent, `${item.code}: discrimination`)
    }

    // With a second bank one chooses between their names.
    await world.admin.post('/banks', { code: 'gx-items', title: '高新区党建知识' })
    await world.admin.post('/banks/gx-items/questions', { code: 'g-1', kind: 'judge', chapter: '党章', difficulty: 1, stem: '本区设有党工委。', options: [], key: ['true'] })
    const own = await world.quiz({ title: '本区知识', kind: 'practice', bank: 'gx-items', sections: [{ title: '', kinds: ['judge'], count: 1, points: 100 }] })
    try {
      await page.goto('/desk/items')
      await page.getByLabel('题库').selectOption({ label: '高新区党建知识' })
      await page.waitForURL(/bank=gx-items/)
      equal(await page.getByLabel('题库').locator('option').allInnerTexts().then((names) => names.sort()), ['党员干部应知应会1000题', '高新区党建知识'].sort(), 'the names of the banks')
    } finally {
      await world.admin.send('DELETE', `/quizzes/${own.id}`)
    }
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'a leader of one committee sees nothing of another, by page and by call'(world) {
    const { committee, other, foreign, foreignContest, leader } = await zone(world)
    const calls = ['board?period=month', 'members?period=month', 'members/export?period=month', 'trend?period=month', 'chapters?period=month', 'monthly?month=2026-01', 'monthly/export?month=2026-01']
    const refused = async (path) => {
      const response = await fetch(`${world.base}/api/v1${path}`, { headers: { Authorization: `Bearer ${leader.token}` } })
      const body = await response.text()
      check([403, 404].includes(response.status), `${path} is answered ${response.status}: ${body.slice(0, 200)}`)
      check(!/顾城|何其|药谷/.test(body), `${path} tells of the other committee: ${body.slice(0, 200)}`)
    }
    for (const unit of [other.id, foreign.id, world.zone]) for (const call of calls) await refused(`/reports/${call}&unit=${unit}`)
    for (const call of ['board', 'members', 'members/export', 'trend', 'chapters']) await refused(`/reports/${call}?quiz=${foreignContest.id}&unit=${other.id}`)
    // Without a unit it is their own, and a quiz of the others has nothing of theirs.
    equal((await leader.get('/reports/board?period=month')).unit.id, committee.id, 'the unit that is meant')
    const analysed = await fetch(`${world.base}/api/v1/reports/items?bank=1000&quiz=${foreignContest.id}`, { headers: { Authorization: `Bearer ${leader.token}` } })
    check(!analysed.ok || (await analysed.json()).items.length === 0, "the items of the other committee's quiz are told")

    const page = await world.phone(DESKTOP)
    await enter(page, 'gao-shuji')
    await page.goto('/desk')
    await page.locator('.figures').waitFor()
    await isAt(page, HIGH_TECH)
    check((await page.getByRole('navigation', { name: '上级组织' }).count()) === 0, 'there is a way up')
    // The list of contests comes later than the page.
    await page.locator('.period-picker option', { hasText: '高新园知识竞赛' }).waitFor({ state: 'attached' })
    equal(await words(page.locator('.period-picker option')).then((titles) => titles.includes('医药园知识竞赛')), false, "the other committee's contest to choose")
    await page.locator('.unit-picker .picked').click()
    const units = page.getByRole('dialog').locator('.units')
    await units.getByText('云谷软件党支部').waitFor()
    equal((await words(units.locator('button .grow'))).sort(), [HIGH_TECH, '云谷孵化器党总支', '云谷软件党支部', '科技馆党支部'].sort(), 'units to choose')
    for (const path of [`/desk?unit=${other.id}`, `/desk?unit=${foreign.id}`, `/desk/members?unit=${other.id}`, `/desk/members?unit=${foreign.id}&taken=1`, `/desk/monthly?unit=${other.id}`, `/desk?quiz=${foreignContest.id}&unit=${other.id}`]) {
      await page.goto(path)
      await page.locator('.desk-page [role=alert]').first().waitFor()
      const text = await page.locator('.desk-page').innerText()
      check(!/顾城|何其|药谷/.test(text), `${path} shows something of the other committee: ${text}`)
    }

    // Who leads nothing has no desk.
    const plain = await world.phone()
    await enter(plain, 'led-an')
    await plain.goto('/me')
    await plain.locator('.links').waitFor()
    check((await plain.getByRole('link', { name: '工作台' }).count()) === 0, 'a member is led to the desk')
    await plain.goto('/desk/members')
    await plain.locator('.ring').waitFor()
    const member = await Caller.logIn(world.base, 'led-an', PASSWORD)
    for (const call of calls) {
      const response = await fetch(`${world.base}/api/v1/reports/${call}`, { headers: { Authorization: `Bearer ${member.token}` } })
      check(response.status === 403, `a member is answered ${response.status} by ${call}`)
    }
  },

  'axe finds nothing on the leader’s pages': (world) => everyPage(world, { theme: 'light', textSize: 'standard' }, {}),
  'axe finds nothing on the leader’s pages in the dark, on a wide screen': (world) => everyPage(world, { theme: 'dark', textSize: 'standard' }, DESKTOP),
  'nothing of the leader’s pages is lost at 200 % text': (world) => everyPage(world, { theme: 'light', textSize: 'largest' }, {}),
}

/** Each page, its charts as pictures and as tables. */
async function everyPage(world, settings, size) {
  const { committee, general, branch, contest } = await zone(world)
  const page = await prepared(world, settings, size)
  await enter(page, 'zhou-shuji')
  const charts = (at) => at.locator('.echart svg').first().waitFor()
  for (const [path, there] of [
    ['/desk', charts],
    [`/desk?unit=${committee.id}&quiz=${contest.id}`, charts],
    [`/desk?unit=${general.id}&period=all`, charts],
    [`/desk?unit=${branch.id}&period=week`, (at) => at.locator('.names').waitFor()],
    ['/desk/members', (at) => at.locator('.table-box').waitFor()],
    ['/desk/members?taken=1', (at) => at.locator('.table-box').waitFor()],
    ['/desk/monthly', (at) => at.locator('.sheet').waitFor()],
    ['/desk/items', (at) => at.locator('article, .empty').first().waitFor()],
  ]) {
    await page.goto(path)
    await there(page)
    await axe(page, path)
    await layout(page, path)
    const tables = page.getByRole('button', { name: '表', exact: true })
    for (const table of await tables.all()) await table.click()
    if ((await tables.count()) > 0) {
      await axe(page, `${path} as tables`)
      await layout(page, `${path} as tables`)
    }
  }
  await page.goto('/desk')
  await page.locator('.unit-picker .picked').click()
  await page.getByRole('dialog').locator('.units li').first().waitFor()
  await axe(page, 'the units to choose')
  await layout(page, 'the units to choose')
  check(page.context().faults.length === 0, page.context().faults.join('\n'))
}
