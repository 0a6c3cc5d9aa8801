// An admin's desk: the first hour of an empty system with files that a spreadsheet program made, and each page by itself.
// The workbooks under files/ were saved by LibreOffice Calc 7.4, the CSV in GBK as Chinese Excel saves it.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { axe, layout, prepared } from './access.mjs'
import { ADMIN_PASSWORD, answer, begin, Caller, check, logIn, newPhone, PASSWORD, startServer, submit } from './harness.mjs'

const { default: readExcel } = await import(createRequire(new URL('../../web/package.json', import.meta.url)).resolve('read-excel-file/node'))
const file = (name) => fileURLToPath(new URL(`files/${name}`, import.meta.url))
export const DESK = { width: 1280, height: 800, isMobile: false, hasTouch: false }

/** The table in a workbook's first sheet. */
const sheet = async (path) => {
  const found = await readExcel(await readFile(path))
  return Array.isArray(found[0]) ? found : found[0].data
}

/** Waits for words that the page says, as a whole or in part. */
export const says = (page, words) => page.getByText(words).first().waitFor()
export const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click()
const follow = (page, name) => page.getByRole('link', { name, exact: true }).first().click()
const upload = (page, name) => page.locator('input[type=file]').setInputFiles(file(name))
const dialog = (page) => page.locator('dialog[open]').last()

/** What a click brings among the downloads. */
async function downloaded(page, click) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()])
  return { name: download.suggestedFilename(), path: await download.path() }
}

/** The passwords of the slips that are shown, by login; printing is watched instead of done. */
async function takeSlips(page, count) {
  await dialog(page).getByRole('heading', { name: `初始密码（${count} 人）` }).waitFor()
  // The units are looked up, and then the slips are put in their order.
  await dialog(page).locator('tbody tr td:last-child').filter({ hasNotText: /\S/ }).first().waitFor({ state: 'detached' })
  const rows = await dialog(page).locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim())))
  const slips = new Map(rows.map(([name, login, password, unit]) => [login, { name, password, unit }]))
  check(slips.size === count, `${slips.size} slips instead of ${count}`)
  await press(dialog(page), '打印密码条')
  const printed = await page.evaluate(() => window.printed)
  check(printed.slips === count && printed.others === 0, `the paper has ${JSON.stringify(printed)}`)
  await press(dialog(page), '已经发好，关闭')
  await dialog(page).waitFor({ state: 'hidden' })
  return slips
}

/** A desk in the office; `print` notes what would be on the paper. */
async function desk(base) {
  const context = await newPhone(base, DESK)
  await context.addInitScript(() => {
    window.print = () => {
      const paper = [...document.body.children].filter((child) => !child.matches('.slips-paper, script, style'))
      const hides = [...document.styleSheets].flatMap((styles) => [...styles.cssRules]).some((rule) => rule.cssText.startsWith('@media print') && rule.cssText.includes('printing-slips'))
      window.printed = {
        slips: document.querySelectorAll('.slips-paper .slip').length,
        others: hides && document.body.classList.contains('printing-slips') ? 0 : paper.length,
      }
      window.dispatchEvent(new Event('afterprint'))
    }
  })
  return { context, page: await context.newPage() }
}

/** Changes an initial password, as everybody has to at first. */
async function choosePassword(page, initial, next) {
  await page.getByLabel('初始密码', { exact: true }).fill(initial)
  await page.getByLabel('新密码', { exact: true }).fill(next)
  await page.getByLabel('再输一次', { exact: true }).fill(next)
  await press(page, '保存新密码')
}

/** What the records call what was done in the first hour. */
const ACTIONS = {
  'units.imported': '批量导入组织', 'members.imported': '批量导入人员', 'bank.added': '新建题库', 'bank.imported': '上传题目',
  'question.added': '添加题目', 'bank.undone': '撤销题库改动', 'question.retired': '停用题目', 'quiz.added': '安排答题',
}

async function firstHour() {
  const server = await startServer({ given: false })
  const { context, page } = await desk(server.base)
  const phone = await newPhone(server.base)
  try {
    // The password of the first start has to be changed; then the desk says what comes next.
    await logIn(page, 'admin', server.password)
    await choosePassword(page, server.password, ADMIN_PASSWORD)
    await says(page, '已完成 2 步，共 5 步')
    const step = (title) => page.locator('li.step', { hasText: title })
    await step('修改初始密码').getByText('已完成').waitFor()
    await step('建立组织').getByText('下一步').waitFor()
    const template = await downloaded(page, () => press(step('建立组织'), '下载组织表格'))
    const [headings] = await sheet(template.path)
    check(template.name === '组织模板.xlsx' && headings.length >= 4, `${template.name}: ${headings}`)

    await follow(page, '上传组织表')
    await upload(page, 'units.xlsx')
    await says(page, '“units.xlsx”检查完毕，没有问题')
    await press(page, '写入组织')
    await says(page, '新增 5 个，更新 0 个')

    await follow(page, '批量导入党员')
    await upload(page, 'members.xlsx')
    await says(page, '检查完毕，没有问题')
    await press(page, '写入名册')
    const slips = await takeSlips(page, 12)
    check(slips.get('13800010001')?.unit === '创新一路党支部', `the slip says ${JSON.stringify(slips.get('13800010001'))}`)
    await press(page, '再传一个文件')
    await upload(page, 'members-gbk.csv')
    await says(page, '检查完毕，没有问题')
    await press(page, '写入名册')
    check((await takeSlips(page, 3)).get('hy002')?.name === '冯静怡', 'a name in GBK is not read')

    // A bank of one's own, with two mistakes in the file that are told at their cells.
    await follow(page, '初始设置')
    await step('录入党员').getByText('现有 15 名党员').waitFor()
    await follow(page, '题库')
    await press(page, '新建题库')
    await press(dialog(page), '建立题库')
    await dialog(page).getByText('请填写题库名称').waitFor()
    await dialog(page).getByLabel('题库名称').fill('高新区党建知识')
    await dialog(page).getByLabel('题库编号').fill('gx2026')
    await press(dialog(page), '建立题库')
    await upload(page, 'questions-faulty.xlsx')
    await says(page, '“questions-faulty.xlsx”里有些地方需要改')
    await page.locator('tr', { hasText: 'G4 单元格' }).getByText('答案 E 不是选项，选项是 A 到 D').waitFor()
    await page.locator('tr', { hasText: 'B13 单元格' }).getByText('不能为空').waitFor()
    const admin = await Caller.logIn(server.base, 'admin', ADMIN_PASSWORD)
    check((await admin.get('/banks/gx2026/questions')).items.length === 0, 'a faulty file was loaded')
    const rejected = await sheet((await downloaded(page, () => press(page, '下载有问题的题'))).path)
    check(rejected.length === 3 && rejected[1].join(' ').includes('答案 E 不是选项'), `the rejected rows are ${JSON.stringify(rejected)}`)
    await press(page, '换一个文件')
    await upload(page, 'questions.xlsx')
    await says(page, '“questions.xlsx”检查完毕，没有问题')
    check((await page.locator('.read .line').count()) === 20, 'the questions that were read are not shown')
    await page.locator('.read .phone .stem', { hasText: '党组织的设置由谁负责' }).waitFor()
    await press(page, '装入题库')
    await says(page, '新增 20 道，更新 0 道')
    await press(page, '撤销这次改动')
    await press(dialog(page), '撤销')
    await says(page, '已撤销，题库恢复到了上传之前的样子。')
    check((await admin.get('/banks/gx2026/questions')).items.length === 0, 'the load was not undone')
    await press(page, '再传一个文件')
    await upload(page, 'questions.xlsx')
    await press(page, '装入题库')
    await says(page, '题库现有 20 题')

    // A paper that is ready opens the form filled in, and the built-in bank has what it takes.
    await follow(page, '初始设置')
    for (const [use, title, total] of [['用“每日一练 5 题”', '每日一练（5 题）', 5], ['用“知识竞赛 20 题”', '第一期知识竞赛', 20], ['用“测试 50 题”', '党员应知应会测试', 50]]) {
      await step('安排第一次答题').getByRole('link', { name: use, exact: true }).click()
      await says(page, `共 ${total} 题，满分 100 分`)
      await says(page, '题库够用')
      const filled = await page.getByLabel('名称', { exact: true }).inputValue()
      check(filled === title, `the ready paper is called ${filled}`)
      await follow(page, '初始设置')
    }

    // The first quiz: the bank has fewer questions than usual, which is told while it is typed.
    await follow(page, '初始设置')
    await follow(page, '安排答题')
    await page.getByLabel('从哪个题库抽题').selectOption('gx2026')
    await says(page, '题库只有 10 题可抽，还差 10 题')
    const sections = page.locator('li.section')
    for (const [index, count] of [[0, '2'], [1, '1'], [2, '2']]) await sections.nth(index).getByLabel('题数').fill(count)
    await says(page, '题库够用')
    await press(page, '保存并发布')
    await says(page, '请填写名称')
    await page.getByLabel('名称', { exact: true }).fill('第一期党建知识竞赛')
    await page.getByLabel('开始时间').fill('')
    await press(page, '预览试卷')
    await dialog(page).locator('.item').nth(4).waitFor()
    check((await dialog(page).locator('.item').count()) === 5, 'the paper does not have five items')
    await dialog(page).getByRole('button', { name: '关闭' }).click()
    await press(page, '保存并发布')
    await says(page, '已保存，范围内的党员到时间就能答题。')

    // A member logs in with the slip, and takes it.
    const member = await phone.newPage()
    const initial = slips.get('13800010001').password
    await logIn(member, '13800010001', initial)
    await choosePassword(member, initial, PASSWORD)
    await begin(member, '第一期党建知识竞赛')
    // The desk sees it by itself.
    await page.locator('.tiles .running', { hasText: '1' }).waitFor()
    for (let no = 1; no <= 5; no += 1) {
      await member.locator('.stem', { hasText: `${no}. ` }).waitFor()
      await answer(member)
      if (no < 5) await press(member, '下一题')
    }
    await submit(member)
    await member.getByRole('heading', { name: '答题成绩' }).waitFor()
    await page.locator('.tiles .submitted', { hasText: '1' }).waitFor()
    await page.locator('.tiles .running', { hasText: '0' }).waitFor()
    await page.locator('tr', { hasText: '科技企业党委' }).getByText('11.1%').waitFor()

    await follow(page, '答卷')
    await page.locator('tr', { hasText: '王建国' }).getByText('5/5').waitFor()
    await page.getByRole('button', { name: '作废王建国的答卷' }).click()
    await press(dialog(page), '确认作废')
    await dialog(page).getByText('请写明原因').waitFor()
    await dialog(page).getByRole('textbox').fill('由同事代答，本人要求重答')
    await press(dialog(page), '确认作废')
    await page.locator('tr', { hasText: '王建国' }).getByText('由同事代答，本人要求重答').waitFor()
    await member.reload()
    await says(member, '这份答卷已由管理员作废，不计成绩。原因：由同事代答，本人要求重答')
    await member.goto('/me/history')
    await member.getByText('已作废').waitFor()
    await member.goto('/')
    await member.locator('article', { hasText: '第一期党建知识竞赛' }).getByText('还可答 2 次').waitFor()

    // All of it is on record.
    await follow(page, '操作记录')
    const entries = page.locator('ol.lines > li')
    await entries.nth(1).waitFor()
    await page.getByLabel('查找', { exact: true }).fill('代答')
    await page.waitForURL(/[?&]q=/)
    await entries.nth(1).waitFor({ state: 'detached' })
    await entries.first().getByText('作废答卷').waitFor()
    await entries.first().getByRole('button').click()
    await entries.first().getByRole('cell', { name: '由同事代答，本人要求重答' }).waitFor()
    const record = await sheet((await downloaded(page, () => press(page, '导出 Excel'))).path)
    check(record.length === 2 && JSON.stringify(record[1]).includes('代答'), `the exported records are ${JSON.stringify(record)}`)
    await page.getByLabel('查找', { exact: true }).fill('')
    await entries.nth(7).waitFor()
    for (const action of ['units.imported', 'members.imported', 'bank.added', 'bank.imported', 'question.added', 'bank.undone', 'question.retired', 'quiz.added']) {
      await page.getByLabel('做了什么').selectOption(action)
      await entries.getByText(ACTIONS[action], { exact: true }).first().waitFor()
    }
    await follow(page, '初始设置')
    await says(page, '五步都已完成')
    const faults = [...context.faults, ...phone.faults]
    check(faults.length === 0, faults.join('\n'))
  } finally {
    await context.close()
    await phone.close()
    await server.stop()
  }
}

/** A page of the desk, with the admin of everything logged in. */
async function admins(world, login = 'admin', password = ADMIN_PASSWORD) {
  const page = await world.phone(DESK)
  await logIn(page, login, password)
  await page.getByRole('navigation', { name: '工作台菜单' }).waitFor()
  return page
}

/** Every page of the desk's administration, each with what is on it when it is there. */
function pages(world) {
  return {
    '/desk/setup': '.step',
    '/desk/people': '.person',
    '/desk/people/import?what=units': '.drop',
    '/desk/people/import?what=members': '.drop',
    '/desk/banks': '.banks .card',
    '/desk/banks/1000': '.question',
    '/desk/banks/1000?tab=import': '.drop',
    '/desk/banks/1000?tab=revisions': 'ol.lines li',
    '/desk/banks/1000?tab=export': 'ul.lines li',
    '/desk/banks/1000/questions/dzy-001': '.history',
    '/desk/banks/1000/questions/new': '.preview .choice',
    '/desk/quizzes': '.quiz',
    '/desk/quizzes/new?kind=exam': '.state .good',
    [`/desk/quizzes/${world.contest.id}`]: '.tiles',
    [`/desk/quizzes/${world.contest.id}?tab=attempts`]: '.table-box tbody tr',
    [`/desk/quizzes/${world.contest.id}?tab=settings`]: '.settings',
    '/desk/audit': 'ol.lines li',
  }
}

async function everyPage(world, settings, size) {
  const page = await prepared(world, settings, size)
  await logIn(page, 'admin', ADMIN_PASSWORD)
  await page.waitForURL((address) => !address.pathname.startsWith('/login'))
  for (const [path, there] of Object.entries(pages(world))) {
    await page.goto(path)
    await page.locator(there).first().waitFor()
    await axe(page, path)
    await layout(page, path)
  }
  for (const [path, name] of [['/desk/people', '新增下级组织'], ['/desk/people', '添加人员'], ['/desk/banks', '新建题库'], [`/desk/quizzes/${world.contest.id}`, '提前结束'], ['/desk/quizzes/new', '预览试卷']]) {
    await page.goto(path)
    await page.getByRole('button', { name }).first().click()
    await dialog(page).locator('input, textarea, .item').first().waitFor()
    await axe(page, `${path}: ${name}`)
    await layout(page, `${path}: ${name}`)
  }
  check(page.context().faults.length === 0, page.context().faults.join('\n'))
}

export const tests = {
  'the first hour of an empty system': firstHour,

  'axe finds nothing serious on a wide screen': (world) => everyPage(world, { theme: 'light', textSize: 'standard' }, DESK),
  'axe finds nothing serious on a phone in the dark': (world) => everyPage(world, { theme: 'dark', textSize: 'standard' }, { width: 390, height: 844 }),

  async 'a question is edited as the phone will show it, and its history tells'(world) {
    const page = await admins(world)
    await page.goto('/desk/banks/1000?q=dzy-001')
    await page.locator('.question', { hasText: 'dzy-001' }).click()
    const stem = page.getByLabel('题干')
    await page.waitForFunction(() => document.querySelector('textarea')?.value)
    const before = await stem.inputValue()
    await stem.fill(`（改）${before}`)
    await page.locator('.phone .stem', { hasText: `1. （改）${before.trim()}` }).waitFor()
    await press(page, '看解析时')
    await page.locator('.phone .answers').getByText('正确答案').waitFor()
    await page.getByLabel('题干').fill('')
    await press(page, '保存')
    await page.locator('.field', { has: page.getByLabel('题干') }).getByText('不能为空').waitFor()
    await page.getByLabel('题干').fill(`（改）${before}`)
    await press(page, '保存')
    await page.locator('.history ins', { hasText: '（改）' }).waitFor()
    await page.goto('/desk/banks/1000?tab=revisions')
    await page.locator('ol.lines li').first().getByText('修改 1 题').waitFor()
    await press(page, '撤销这次改动')
    await press(dialog(page), '撤销')
    await page.locator('ol.lines li').first().getByText('撤销了第').waitFor()
    const [question] = (await world.admin.get('/banks/1000/questions?q=dzy-001')).items
    check(question.stem === before, `the question now says ${question.stem}`)
  },

  async 'a question is added and retired'(world) {
    const page = await admins(world)
    await page.goto('/desk/banks/1000/questions/new')
    await page.getByLabel('题型').selectOption('blank')
    await page.getByLabel('题干').fill('支部党员大会一般____召开一次，由____主持。')
    await page.getByLabel('第 1 空的答案').fill('每季度|每三个月')
    await press(page, '保存')
    await page.locator('.field', { has: page.getByLabel('第 2 空的答案') }).getByText('不能为空').waitFor()
    await page.getByLabel('第 2 空的答案').fill('支部书记')
    await press(page, '保存')
    await page.getByRole('heading', { name: /^题目 q\d+/ }).waitFor()
    const code = decodeURIComponent(new URL(page.url()).pathname.split('/').pop())
    const [added] = (await world.admin.get(`/banks/1000/questions?q=${code}`)).items
    check(added.key[0] === '每季度|每三个月' && added.key[1] === '支部书记', `the key is ${added.key}`)
    await press(page, '停用这道题')
    await press(dialog(page), '停用这道题')
    await page.waitForURL((address) => address.pathname === '/desk/banks/1000')
    check((await world.admin.get(`/banks/1000/questions?q=${code}`)).items.length === 0, 'the question is still there')
  },

  async 'a half-filled form outlives a reload and a lost login'(world) {
    const page = await admins(world)
    await page.goto('/desk/quizzes/new?kind=daily')
    await page.getByLabel('名称', { exact: true }).fill('填了一半的每日一练')
    await page.locator('li.section').getByLabel('题数').fill('7')
    await page.reload()
    await says(page, '上次没有保存的内容已经为您恢复')
    check((await page.getByLabel('名称', { exact: true }).inputValue()) === '填了一半的每日一练', 'the name is lost')
    check((await page.locator('li.section').getByLabel('题数').inputValue()) === '7', 'the count is lost')
    await page.context().clearCookies()
    await page.reload()
    await page.getByRole('button', { name: '登录', exact: true }).waitFor()
    await page.getByLabel('账号', { exact: true }).fill('admin')
    await page.getByLabel('密码', { exact: true }).fill(ADMIN_PASSWORD)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await says(page, '上次没有保存的内容已经为您恢复')
    check((await page.getByLabel('名称', { exact: true }).inputValue()) === '填了一半的每日一练', 'the name is lost with the login')
    await press(page, '不要了，恢复原样')
    check((await page.getByLabel('名称', { exact: true }).inputValue()) === '每日一练', 'the form is not as it was')
    await page.reload()
    await page.locator('li.section').waitFor()
    check((await page.getByText('上次没有保存的内容').count()) === 0, 'what was discarded came back')
    // A window asks before it loses something.
    await page.goto('/desk/people')
    await page.getByRole('button', { name: '添加人员' }).click()
    await dialog(page).getByLabel('姓名').fill('钱')
    await page.keyboard.press('Escape')
    await press(dialog(page), '接着填')
    check((await dialog(page).getByLabel('姓名').inputValue()) === '钱', 'the window has lost the name')
    await page.keyboard.press('Escape')
    await press(dialog(page), '不保存，关闭')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  },

  async 'units are added, renamed, moved and removed; members come, move, leave, return'(world) {
    const page = await admins(world)
    await page.goto('/desk/people')
    const tree = page.locator('.tree')
    await tree.getByText('生物医药产业园党支部').waitFor()
    const add = async (kind, name) => {
      await page.getByRole('button', { name: '新增下级组织' }).click()
      await dialog(page).getByLabel('类型').selectOption(kind)
      await dialog(page).getByLabel('组织名称').fill(name)
      await press(dialog(page), '保存')
      await says(page, `“${name}”已新增`)
    }
    await add('committee', '综合服务党委')
    await add('branch', '临时党支部')
    await tree.getByText('临时党支部').click()
    await press(page, '改名')
    await dialog(page).getByLabel('组织名称').fill('机关党支部')
    await press(dialog(page), '保存')
    await says(page, '“机关党支部”已保存')
    await press(page, '移动')
    await dialog(page).locator('.picked').click()
    const places = dialog(page).locator('.units button')
    check((await places.allInnerTexts()).every((words) => !words.includes('机关党支部') && !words.includes('生物医药')), 'a unit can be moved below itself or beside its like')
    await places.filter({ hasText: '综合服务党委' }).click()
    await press(dialog(page), '保存')
    await page.waitForFunction(() => !document.querySelector('dialog[open]'))
    const units = (await world.admin.get('/units?limit=200')).items
    const [moved, above] = [units.find(({ name }) => name === '机关党支部'), units.find(({ name }) => name === '综合服务党委')]
    check(moved.parent_id === above.id, 'the unit was not moved')

    await page.getByRole('button', { name: '添加人员' }).click()
    await dialog(page).getByLabel('姓名').fill('钱进')
    await dialog(page).getByLabel('账号').fill('filler0')
    await press(dialog(page), '保存')
    await dialog(page).getByRole('alert').waitFor()
    await dialog(page).getByLabel('账号').fill('qianjin')
    await press(dialog(page), '保存')
    await dialog(page).getByRole('heading', { name: '初始密码（1 人）' }).waitFor()
    await press(dialog(page), '已经发好，关闭')
    await dialog(page).getByText('还没有打印，确定关闭？').waitFor()
    await press(dialog(page), '关闭')
    const person = () => page.locator('.person', { hasText: 'qianjin' })
    await person().getByRole('button').click()
    await dialog(page).locator('.picked').first().click()
    await dialog(page).locator('.units button', { hasText: '软件园联合党支部' }).click()
    await dialog(page).getByText('从“机关党支部”转出').waitFor()
    await dialog(page).getByRole('button', { name: '增加职责' }).click()
    await press(dialog(page), '保存')
    await says(page, '钱进的资料已保存')
    await tree.getByText('软件园联合党支部').click()
    await person().getByText('负责人').waitFor()
    await person().getByRole('button').click()
    await dialog(page).getByLabel('状态').selectOption('left')
    await press(dialog(page), '保存')
    await press(dialog(page), '确认离开')
    await person().getByText('已离开').waitFor()
    await person().getByRole('button').click()
    await dialog(page).getByLabel('状态').selectOption('active')
    await press(dialog(page), '保存')
    await person().getByText('已离开').waitFor({ state: 'detached' })

    // Only a unit that nothing belongs to goes.
    await tree.getByText('生物医药产业园党支部').click()
    await press(page, '删除')
    await press(dialog(page), '删除')
    await page.locator('.notice.bad').waitFor()
    await tree.getByText('综合服务党委').click()
    await add('branch', '误建党支部')
    await tree.getByText('误建党支部').click()
    await press(page, '删除')
    await press(dialog(page), '删除')
    await says(page, '“误建党支部”已删除')
    await tree.getByText('误建党支部').waitFor({ state: 'detached' })
  },

  async 'many passwords are reset at once, and the old ones end'(world) {
    const [one, two] = [await world.someone('重置一'), await world.someone('重置二')]
    const { context, page } = await desk(world.base)
    try {
      await logIn(page, 'admin', ADMIN_PASSWORD)
      await page.getByRole('navigation', { name: '工作台菜单' }).waitFor()
      await page.goto('/desk/people')
      await page.getByPlaceholder('按姓名或账号查找').fill('重置')
      await page.waitForFunction(() => document.querySelectorAll('.person').length === 2)
      await page.getByText('选中列出的全部人员').click()
      await press(page, '重置所选 2 人的密码')
      await press(dialog(page), '重置')
      const slips = await takeSlips(page, 2)
      for (const login of [one, two]) {
        const refused = await Caller.logIn(world.base, login, PASSWORD).then(() => false, () => true)
        check(refused, `${login} still logs in with the old password`)
        await Caller.logIn(world.base, login, slips.get(login).password)
      }
    } finally {
      await context.close()
    }
  },

  async 'a quiz is copied, changed, extended, closed early'(world) {
    const page = await admins(world)
    await page.goto(`/desk/quizzes/${world.contest.id}`)
    await follow(page, '复制')
    await page.locator('.state .good').first().waitFor()
    await page.getByLabel('名称', { exact: true }).fill('第二期“学党章”知识竞赛')
    await page.getByLabel('开始时间').fill('')
    await press(page, '保存并发布')
    await says(page, '已保存')
    const id = Number(new URL(page.url()).pathname.split('/').pop())
    const [copy, first] = [await world.admin.get(`/quizzes/${id}`), await world.admin.get(`/quizzes/${world.contest.id}`)]
    check(JSON.stringify(copy.sections) === JSON.stringify(first.sections), 'the copy has another paper')
    await follow(page, '修改')
    await page.getByLabel('每份卷答题时间（分钟）').fill('45')
    await press(page, '保存')
    await says(page, '已保存')
    check((await world.admin.get(`/quizzes/${id}`)).duration_seconds === 2700, 'the time was not changed')
    await world.member('copier', '抄写员')
    const copier = await Caller.logIn(world.base, 'copier', PASSWORD)
    const attempt = await copier.post(`/quizzes/${id}/attempts`)
    await press(page, '延长时间')
    await press(dialog(page), '延长时间')
    await says(page, '结束时间已延长')
    check(Date.parse((await world.admin.get(`/quizzes/${id}`)).closes_at) > Date.parse(copy.closes_at), 'it was not extended')
    await page.getByRole('link', { name: '修改', exact: true }).waitFor({ state: 'detached' })
    await press(page, '提前结束')
    await dialog(page).getByRole('textbox').fill('会议改期')
    await press(dialog(page), '马上结束')
    await says(page, '已经结束')
    check((await world.admin.get(`/quizzes/${id}`)).state === 'closed', 'it is still open')
    await page.goto(`/desk/quizzes/${id}?tab=attempts`)
    for (let turn = 0; turn < 60 && (await copier.get(`/attempts/${attempt.id}`)).status === 'running'; turn += 1) await page.waitForTimeout(250)
    await press(page, '刷新')
    await page.locator('tr', { hasText: '抄写员' }).getByText('已交卷').waitFor()
  },

  async 'the records of one person, and those of one unit'(world) {
    const { admin, branches: [first, second] } = world
    const { id } = await admin.post('/members', { login: 'recorded', name: '记事员', unit_id: world.zone, password: PASSWORD, roles: [{ role: 'admin', unit_id: world.zone }] })
    const recorded = await Caller.logIn(world.base, 'recorded', PASSWORD)
    for (const [{ id: unit_id }, login] of [[first, 'rec-one'], [second, 'rec-two']]) await recorded.post('/members', { login, name: `新人${login}`, unit_id })
    await admin.post('/members', { login: 'rec-three', name: '新人rec-three', unit_id: first.id })
    const page = await admins(world)
    await page.goto('/desk/audit')
    const names = page.locator('ol.lines .entry')
    const same = async (query) => {
      await page.waitForURL((url) => Object.entries(query).every(([part, value]) => url.searchParams.get(part) === String(value)))
      const { items } = await admin.get(`/audit?limit=50&${new URLSearchParams(query)}`)
      await page.waitForFunction((wanted) => document.querySelectorAll('ol.lines .entry').length === wanted, items.length)
      const shown = await names.allInnerTexts()
      for (const [at, { subject }] of items.entries()) check(shown[at].includes(subject.name), `${shown[at]} and not ${subject.name}`)
      return items.length
    }
    await names.filter({ hasText: '新人rec-three' }).first().waitFor()
    await page.getByRole('button', { name: '谁做的' }).click()
    await dialog(page).getByRole('searchbox').fill('记事')
    await dialog(page).getByRole('button', { name: '记事员' }).click()
    check((await same({ actor: id })) === 2, 'not what this person did')
    await page.getByRole('button', { name: '谁做的 记事员' }).waitFor()
    await page.getByRole('button', { name: '组织', exact: false }).and(page.locator('.unit-picker .picked')).click()
    await dialog(page).getByRole('button', { name: first.name }).click()
    check((await same({ actor: id, unit: first.id })) === 1, 'not what this person did in this unit')
    // Everybody again.
    await page.getByRole('button', { name: '谁做的' }).click()
    await dialog(page).getByRole('button', { name: '全部' }).click()
    await page.waitForURL((url) => !url.searchParams.has('actor'))
    await names.filter({ hasText: '新人rec-three' }).first().waitFor()
    await page.getByLabel('做了什么').selectOption({ label: '　成员匿名化' })
    await page.waitForURL(/action=member\.anonymised/)
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'what the command line has loaded can be taken back'(world) {
    // The ready bank is in place before anybody has logged in.
    const [latest] = (await world.admin.get('/banks/1000/revisions')).items
    const page = await admins(world)
    await page.route('**/api/v1/banks/1000/revisions*', async (route) => {
      const response = await route.fetch()
      const body = await response.json()
      body.items[0].created_by = null
      await route.fulfill({ response, json: body })
    })
    await page.goto('/desk/banks/1000?tab=revisions')
    const line = page.locator('ol.lines li').first()
    await line.getByText(`第 ${latest.revision} 版`).waitFor()
    await line.getByText('系统').waitFor()
    await line.getByRole('button', { name: '撤销这次改动' }).waitFor()
  },

  async 'the admin of a branch sees what is theirs and no banks'(world) {
    const own = world.branches[1].id
    await world.admin.post('/members', { login: 'branchadmin', name: '支部管理员', unit_id: own, password: PASSWORD, roles: [{ role: 'admin', unit_id: own }] })
    const page = await admins(world, 'branchadmin', PASSWORD)
    const menu = page.getByRole('navigation', { name: '工作台菜单' })
    await menu.getByRole('link', { name: '组织与人员' }).click()
    await page.locator('.tree .pick').first().waitFor()
    check((await page.locator('.tree .pick').count()) === 1, 'other units are listed')
    check((await menu.getByRole('link', { name: '题库' }).count()) === 0, 'the banks are in the menu')
    check((await page.getByText('创业大厦第一党支部').count()) === 0, 'another branch is named')
    await page.goto('/desk/quizzes/new')
    await page.locator('li.section').first().waitFor()
    await page.getByText('题库够用').waitFor()
    await page.locator('.picked').first().click()
    check((await dialog(page).locator('.units button').count()) === 1, 'a quiz can be made for others')
    await page.goto('/desk/audit')
    await page.locator('ol.lines li, .empty').first().waitFor()
    check((await page.getByText('创业大厦').count()) === 0, 'records of another branch are shown')
  },
}
