// Tunnels, reloads and killed apps in the middle of a contest.
import { answer, begin, check, logIn, onServer, PASSWORD, readyForOffline, saveState, submit } from './harness.mjs'

export const tests = {
  async 'a contest goes on in a tunnel, through a reload and a killed app, and loses nothing'(world) {
    const login = await world.someone()
    const page = await world.phone()
    const context = page.context()
    await logIn(page, login)
    await readyForOffline(page)
    await begin(page, world.contest.title)
    await answer(page)
    await saveState(page, '已保存')

    await context.setOffline(true)
    await page.getByRole('button', { name: '下一题' }).click()
    await answer(page, 1)
    await saveState(page, '等待网络')
    await page.getByText('答案已存在手机里').first().waitFor()
    check((await onServer(world, login)).attempt.answers.length === 1, 'the server has an answer that it cannot have')

    // Reloaded without network: the paper, the place and the answers are there.
    await page.reload()
    await page.locator('.stem', { hasText: /^2\. / }).waitFor()
    check(await page.locator('.choice').nth(1).locator('input').isChecked(), 'the answer is lost after a reload')
    await page.getByRole('timer').waitFor()
    await page.getByRole('button', { name: '下一题' }).click()
    await answer(page)
    await saveState(page, '等待网络')

    // Killed and opened anew, still without network.
    const address = page.url()
    await page.close()
    const again = await context.newPage()
    await again.goto('/')
    await again.getByText('现在连不上网络').waitFor()
    await again.getByRole('link', { name: /继续作答/ }).click()
    await again.waitForURL(address)
    await again.locator('.stem', { hasText: /^3\. / }).waitFor()

    await context.setOffline(false)
    await saveState(again, '已保存')
    const { attempt } = await onServer(world, login)
    check(attempt.answers.map(({ no }) => no).join() === '1,2,3', `the server has ${JSON.stringify(attempt.answers)}`)

    // Submitted in a tunnel: it is counted once the network is back, and once only.
    await context.setOffline(true)
    await submit(again)
    await again.getByText('网络一恢复就自动交卷').waitFor()
    await again.reload()
    await again.getByText('网络一恢复就自动交卷').waitFor()
    await context.setOffline(false)
    await again.getByRole('heading', { name: '答题成绩' }).waitFor()
    const { items } = await onServer(world, login)
    check(items.length === 1 && items[0].status === 'graded', `the server has ${JSON.stringify(items)}`)
  },

  async 'an answer that is lost on the way back is not sent twice as two'(world) {
    const login = await world.someone()
    const page = await world.phone()
    await logIn(page, login)
    await begin(page, world.contest.title)
    await answer(page)
    await saveState(page, '已保存')
    // The server grades, but the phone does not hear of it.
    let lost = 0
    await page.route('**/submit', async (route) => {
      if (lost > 0) return route.continue()
      lost += 1
      await route.fetch()
      return route.abort('connectionreset')
    })
    await submit(page)
    await page.getByRole('heading', { name: '答题成绩' }).waitFor()
    check(lost === 1, 'nothing was lost')
    const { items } = await onServer(world, login)
    check(items.length === 1, `${items.length} attempts were counted`)
  },

  async 'what an earlier visit has left is sent from the first screen'(world) {
    const login = await world.someone()
    const page = await world.phone()
    const context = page.context()
    await logIn(page, login)
    await readyForOffline(page)
    await begin(page, world.contest.title)
    await context.setOffline(true)
    await answer(page)
    await saveState(page, '等待网络')
    await page.close()
    await context.setOffline(false)
    const again = await context.newPage()
    await again.goto('/')
    await again.getByRole('button', { name: '继续作答' }).waitFor()
    const { caller, items } = await onServer(world, login)
    for (let turn = 0; turn < 100; turn += 1) {
      if ((await caller.get(`/attempts/${items[0].id}`)).answers.length === 1) return
      await again.waitForTimeout(100)
    }
    throw new Error('the answer was never sent')
  },

  async 'somebody new who opens the app without network is told so'(world) {
    const page = await world.phone()
    const context = page.context()
    await page.goto('/')
    await readyForOffline(page)
    await context.setOffline(true)
    await page.reload()
    await page.getByLabel('账号', { exact: true }).fill('somebody')
    await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByText('网络不通，请看看信号，再试一次。').waitFor()
  },
}
