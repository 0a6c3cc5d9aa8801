// A server that is busy, away, or has ended the session: told in plain words, and no answer is lost.
import { answer, begin, Caller, check, logIn, onServer, PASSWORD, saveState } from './harness.mjs'

const answersOnServer = async (world, login) => (await onServer(world, login)).attempt.answers.length

export const tests = {
  async 'a session that ends in the middle of a quiz: log in again, and every answer arrives'(world) {
    const login = await world.someone()
    const page = await world.phone()
    await logIn(page, login)
    await begin(page, world.contest.title)
    await answer(page)
    await saveState(page, '已保存')
    const other = await Caller.logIn(world.base, login, PASSWORD)
    await other.send('DELETE', '/me/sessions')
    await page.getByRole('button', { name: '下一题' }).click()
    await answer(page)
    await page.getByText('请重新登录，刚才的答案都在手机里').waitFor()
    await page.getByLabel('账号', { exact: true }).fill(login)
    await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.locator('.stem', { hasText: /^2\. / }).waitFor()
    await saveState(page, '已保存')
    check((await answersOnServer(world, login)) === 2, 'an answer is lost')
  },

  async 'an access token that is over in the middle is renewed unseen'(world) {
    const login = await world.someone()
    const page = await world.phone()
    await logIn(page, login)
    await begin(page, world.contest.title)
    let refused = 0
    await page.route('**/answers', (route) => {
      if (refused > 0) return route.continue()
      refused += 1
      return route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"type":"/problems/unauthenticated","title":"","status":401,"detail":""}' })
    })
    await answer(page)
    await saveState(page, '已保存')
    check(refused === 1 && (await answersOnServer(world, login)) === 1, 'the answer did not arrive')
  },

  async 'a busy server is left alone for a while, in plain words'(world) {
    const login = await world.someone()
    const page = await world.phone()
    await logIn(page, login)
    await begin(page, world.contest.title)
    const refusals = [[429, '3'], [503, '1']]
    await page.route('**/answers', (route) => {
      const [status, after] = refusals.shift() ?? []
      if (!status) return route.continue()
      return route.fulfill({ status, headers: { 'Retry-After': after, 'Content-Type': 'application/problem+json' }, body: '{}' })
    })
    await answer(page)
    await saveState(page, '稍后自动保存')
    await page.getByText('现在使用的人多，答案已存在手机里').first().waitFor()
    await saveState(page, '已保存')
    check((await answersOnServer(world, login)) === 1, 'the answer did not arrive')
  },

  async 'a server that does not answer is told on each page, with a way to try again'(world) {
    const page = await world.phone()
    await logIn(page, await world.someone())
    await page.getByRole('button', { name: '开始今日答题' }).waitFor()
    await page.route('**/api/v1/leaderboards/**', (route) => route.abort('connectionrefused'))
    await page.getByRole('link', { name: '排行' }).click()
    await page.getByText('网络不通，请看看信号，再试一次。').waitFor()
    await page.unroute('**/api/v1/leaderboards/**')
    await page.getByRole('button', { name: '再试一次' }).click()
    await page.locator('ol.lines li').first().waitFor()
  },

  async 'the wrong password is told as such'(world) {
    const page = await world.phone()
    await logIn(page, await world.someone(), 'not-this-one')
    await page.getByText('账号或密码不对').waitFor()
  },

  async "somebody else's attempt is not found"(world) {
    const [owner, other] = [await world.someone(), await world.someone()]
    const caller = await Caller.logIn(world.base, owner, PASSWORD)
    const { id } = await caller.post(`/quizzes/${world.contest.id}/attempts`)
    const page = await world.phone()
    await logIn(page, other)
    await page.getByRole('button', { name: '开始今日答题' }).waitFor()
    await page.goto(`/attempt/${id}`)
    await page.getByText('没有找到这份答卷').waitFor()
  },
}
