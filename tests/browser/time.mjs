// Time that runs out, and phones with a wrong clock.
import { answer, begin, check, logIn, saveState } from './harness.mjs'

const SECONDS = 12

export const tests = {
  async 'when the time is up the paper is handed in with what was answered'(world) {
    const quiz = await world.quiz({ title: '限时快答', kind: 'contest', duration_seconds: SECONDS, attempts_allowed: 1 })
    const page = await world.phone()
    await logIn(page, await world.someone())
    await begin(page, quiz.title)
    await answer(page)
    await saveState(page, '已保存')
    await page.getByText('答题时间已到').waitFor()
    await page.getByText('答对').first().waitFor()
    check((await page.getByText('未作答').count()) === 4, 'the answer that was saved in time is not in the review')
  },

  async 'answers that come back from a tunnel after the deadline are told to be late'(world) {
    const quiz = await world.quiz({ title: '隧道快答', kind: 'contest', duration_seconds: SECONDS, attempts_allowed: 1 })
    const page = await world.phone()
    await logIn(page, await world.someone())
    await begin(page, quiz.title)
    await answer(page)
    await saveState(page, '已保存')
    await page.context().setOffline(true)
    await page.getByRole('button', { name: '下一题' }).click()
    await answer(page)
    await page.getByText('网络一恢复就自动交卷').waitFor()
    // The server's grace is five seconds.
    await page.waitForTimeout(7_000)
    await page.context().setOffline(false)
    await page.getByText('答题时间已到').waitFor()
    await page.getByText('第 2 题的答案在截止之后才送到，没有计分。').waitFor()
  },

  async 'the time left is right on a phone whose clock is wrong, and after it slept'(world) {
    const page = await world.phone()
    await page.addInitScript(() => {
      const real = Date.now.bind(Date)
      window.shift = 3 * 3_600_000
      Date.now = () => real() + window.shift
    })
    await logIn(page, await world.someone())
    // The paper is shown at once, and the server asked how it stands: its answer sets the clock, so it is waited for.
    const asked = page.waitForResponse((response) => /\/api\/v1\/attempts\/[^/]+$/.test(response.url()))
    await begin(page, world.contest.title)
    await (await asked).finished()
    await page.waitForTimeout(500)
    const minutes = async () => Number((await page.getByRole('timer').innerText()).split(':')[0])
    const shown = await minutes()
    check(shown === 19 || shown === 20, `it shows ${shown} minutes`)
    // Set ahead by ten minutes, as a phone's clock goes on while its timers sleep: shown at once, and put right by the server,
    // whose answer is held back until the wrong time was seen.
    let letGo
    const seen = new Promise((resolve) => (letGo = resolve))
    await page.route('**/api/v1/attempts/*', async (route) => {
      await seen
      await route.continue()
    })
    const showing = (pattern) => page.waitForFunction((text) => new RegExp(text).test(document.querySelector('[role=timer]').textContent), pattern)
    await page.evaluate(() => (window.shift += 600_000))
    await showing('^9:|^10:')
    letGo()
    await showing('^19:|^20:')
  },
}
