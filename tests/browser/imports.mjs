// What is seen of a file before it is loaded: questions as they were read, and who changes what.
import { axe, layout, prepared } from './access.mjs'
import { DESK, press, says } from './admin.mjs'
import { ADMIN_PASSWORD, check, logIn } from './harness.mjs'

const upload = (page, name, text) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) })

/** A page of the desk that axe can look at. */
async function office(world) {
  const page = await prepared(world, { theme: 'light', textSize: 'standard' }, DESK)
  await logIn(page, 'admin', ADMIN_PASSWORD)
  await page.getByRole('navigation', { name: '工作台菜单' }).waitFor()
  return page
}

export const tests = {
  async 'a paper is seen as it was read, before it is loaded'(world) {
    const page = await office(world)
    await page.goto('/desk/banks/1000?tab=import')
    // Options in one line, which a reader may well take for something else.
    await upload(page, 'paper.txt', '一、单项选择题\n1. 预览里的第一题是（ ）。\nA. 甲一 B. 乙二\n答案：B\n解析：乙二才对。\n\n二、判断题\n2. 预览里的第二题。（×）\n')
    await says(page, '“paper.txt”检查完毕，没有问题')
    const [lines, phone] = [page.locator('.read .line'), page.locator('.read .phone')]
    check((await lines.count()) === 2, `${await lines.count()} questions are shown`)
    await lines.first().getByText('新增').waitFor()
    await phone.locator('.stem', { hasText: '1. 预览里的第一题是' }).waitFor()
    await phone.getByText('乙二才对。').waitFor()
    await phone.locator('.answers').getByText('B', { exact: false }).first().waitFor()
    await lines.nth(1).click()
    await phone.locator('.stem', { hasText: '预览里的第二题' }).waitFor()
    await phone.locator('.answers').getByText('错误').first().waitFor()
    await press(page, '答题时')
    await phone.locator('.choice').first().waitFor()
    await axe(page, 'the preview of a paper')
    await layout(page, 'the preview of a paper')
    check((await world.admin.get('/banks/1000/questions?q=预览里的')).items.length === 0, 'the paper was loaded')
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },

  async 'of a question that the bank has otherwise the preview tells what differs'(world) {
    const [{ id: _, ...known }] = (await world.admin.get('/banks/1000/questions?q=dzy-001')).items
    const page = await office(world)
    await page.goto('/desk/banks/1000?tab=import')
    await upload(page, 'bank.json', JSON.stringify([{ ...known, explanation: `预览里改过的解析${known.explanation}` }]))
    await says(page, '“bank.json”检查完毕，没有问题')
    await page.locator('.read .line').getByText('更新').waitFor()
    await page.locator('.read .changes ins', { hasText: '预览里改过的解析' }).waitFor()
    check((await page.locator('.read .changes tbody tr').count()) === 1, 'more is told than what differs')
  },

  async 'a roster tells who changes what, before it is loaded'(world) {
    const login = await world.someone('旧名字')
    const { code, name } = (await world.admin.get(`/units?limit=200`)).items.find(({ id }) => id === world.branches[1].id)
    const page = await office(world)
    await page.goto('/desk/people/import?what=members')
    await upload(page, 'members.csv', `账号,姓名,组织编码,角色\n${login},新名字,${code},负责人\n`)
    await says(page, '检查完毕，没有问题')
    const row = (field) => page.locator('.changes tr', { has: page.getByRole('rowheader', { name: field, exact: true }) })
    await row('名称').locator('del', { hasText: '旧' }).waitFor()
    await row('名称').locator('ins', { hasText: '新' }).waitFor()
    for (const [field, words] of [['所在组织', name], ['职责', `负责人（${name}）`]]) {
      const said = await row(field).innerText()
      check(said.includes(words), `${field} says ${said}`)
    }
    await axe(page, 'the preview of a roster')
    await layout(page, 'the preview of a roster')
    const [member] = (await world.admin.get(`/members?q=${login}`)).items
    check(member.name === '旧名字', 'the roster was loaded')
    check(page.context().faults.length === 0, page.context().faults.join('\n'))
  },
}
