// One member, two devices.
import { answer, begin, check, logIn, saveState, submit } from './harness.mjs'

export const tests = {
  async 'two devices go on with the same attempt, and one submits it'(world) {
    const login = await world.someone()
    const [one, two] = [await world.phone(), await world.phone({ width: 360, height: 640 })]
    await logIn(one, login)
    await begin(one, world.contest.title)
    await answer(one)
    await saveState(one, '已保存')
    await logIn(two, login)
    await begin(two, world.contest.title)
    await two.locator('.choice.chosen').first().waitFor()
    await two.getByRole('button', { name: '下一题' }).click()
    await answer(two, 1)
    await saveState(two, '已保存')
    await one.reload()
    await one.getByRole('button', { name: /答题卡.*已答 2 题，共 5 题/ }).waitFor()
    await submit(two)
    await two.getByRole('heading', { name: '答题成绩' }).waitFor()
    // The first device hears of it with its next answer.
    await one.getByRole('button', { name: '下一题' }).click()
    await answer(one)
    await one.getByText('这份答卷已在另一台设备上交卷').waitFor()
    await one.getByRole('heading', { name: '答题成绩' }).waitFor()
  },

  async 'a device is logged out from the list of devices'(world) {
    const login = await world.someone()
    const [one, two] = [await world.phone(), await world.phone()]
    await logIn(one, login)
    await one.getByRole('button', { name: '开始今日答题' }).waitFor()
    await logIn(two, login)
    await two.getByRole('button', { name: '开始今日答题' }).waitFor()
    await one.goto('/me/devices')
    await one.getByText('本机', { exact: true }).waitFor()
    await one.getByRole('button', { name: '让它退出' }).click()
    await one.getByText('只有这一台设备登录着。').waitFor()
    await two.getByRole('link', { name: '排行' }).click()
    await two.getByRole('button', { name: '登录', exact: true }).waitFor()
    await two.goto('/')
    await two.getByRole('button', { name: '登录', exact: true }).waitFor()
    await one.reload()
    await one.getByText('只有这一台设备登录着。').waitFor()
  },

  async 'a phone stays logged in when it is opened again, in two tabs at once'(world) {
    const page = await world.phone()
    await logIn(page, await world.someone())
    await page.getByRole('button', { name: '开始今日答题' }).waitFor()
    const tab = await page.context().newPage()
    await Promise.all([page.reload(), tab.goto('/me')])
    await page.getByRole('button', { name: '开始今日答题' }).waitFor()
    await tab.getByRole('button', { name: '退出登录' }).waitFor()
  },

  async 'the ranking is live'(world) {
    const page = await world.phone()
    await logIn(page, await world.someone())
    await page.getByRole('button', { name: '开始今日答题' }).waitFor()
    await page.goto(`/ranks?quiz=${world.contest.id}`)
    await page.locator('li', { hasText: '李芳' }).waitFor()
    const other = await world.someone('新来的')
    await world.take(other, world.contest.id)
    await page.locator('li', { hasText: '新来的' }).waitFor({ timeout: 12_000 })
  },
}
