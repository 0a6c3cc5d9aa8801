// A member's whole day, on a large and on a small phone.
import { answer, begin, check, kindOf, logIn, saveState } from './harness.mjs'

const KINDS = ['单选题', '多选题', '判断题', '填空题']

async function day(world, size) {
  const login = `day${size.width}`
  const { initial_password: initial } = await world.member(login, '周敏', 0, null)
  const page = await world.phone(size)

  // The initial password has to be changed before anything else.
  await logIn(page, login, initial)
  await page.getByRole('heading', { name: '请先设置自己的密码' }).waitFor()
  await page.goto('/ranks')
  await page.getByRole('heading', { name: '请先设置自己的密码' }).waitFor()
  await page.getByLabel('初始密码', { exact: true }).fill(initial)
  await page.getByLabel('新密码', { exact: true }).fill('short')
  await page.getByLabel('再输一次', { exact: true }).fill('other')
  await page.getByRole('button', { name: '保存新密码' }).click()
  await page.getByText('新密码至少 8 位').waitFor()
  await page.getByText('两次输入的新密码不一样').waitFor()
  await page.getByLabel('新密码', { exact: true }).fill('study-with-joy-26')
  await page.getByLabel('再输一次', { exact: true }).fill('study-with-joy-26')
  await page.getByRole('button', { name: '保存新密码' }).click()

  // The first screen.
  await page.getByRole('heading', { name: '周敏，您好' }).waitFor()
  await page.getByRole('img', { name: /已学 0 题，共 1000 题/ }).waitFor()
  await page.getByText(/距结束还有 1 天/).waitFor()
  await page.getByRole('link', { name: /我在本支部\s*暂无/ }).waitFor()
  await page.getByRole('link', { name: /支部在园区\s*第 \d 名/ }).waitFor()

  // Today's quiz, with every kind.
  await page.getByRole('button', { name: '开始今日答题' }).click()
  const seen = new Set()
  for (let no = 1; no <= 5; no += 1) {
    await page.locator('.stem', { hasText: `${no}. ` }).waitFor()
    await page.getByRole('timer').waitFor()
    seen.add(await kindOf(page))
    // The third stays empty, and is marked.
    if (no === 3) await page.getByRole('button', { name: '标记' }).click()
    else await answer(page)
    if (no < 5) await page.getByRole('button', { name: '下一题' }).click()
  }
  check(KINDS.every((kind) => seen.has(kind)), `only ${[...seen].join()} came`)
  await saveState(page, '已保存')
  await page.getByRole('button', { name: /答题卡.*已答 4 题，共 5 题/ }).click()
  await page.getByRole('button', { name: '第 3 题，未答，标记' }).click()
  await page.locator('.stem', { hasText: '3. ' }).waitFor()
  await page.getByRole('button', { name: /答题卡/ }).click()
  await page.getByRole('dialog', { name: '答题卡' }).getByRole('button', { name: '交卷' }).click()
  await page.getByText('还有 1 道题没有答').waitFor()
  await page.getByRole('button', { name: '再看看' }).click()
  await answer(page)
  await page.getByRole('button', { name: '下一题' }).click()
  await page.getByRole('button', { name: '下一题' }).click()
  await page.getByRole('button', { name: '交卷' }).click()
  await page.getByText('5 道题都答完了').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: '交卷' }).click()

  // The result, and from a wrong item to its chapter.
  await page.getByRole('heading', { name: '答题成绩' }).waitFor()
  await page.getByText(/支部内第 \d 名/).waitFor()
  check((await page.locator('article').count()) === 5, 'not every item is reviewed')
  check((await page.getByText('正确答案').count()) === 5, 'not every key is shown')
  check((await page.getByText('出处：').count()) === 5, 'not every source is shown')
  await page.getByRole('button', { name: '只看错题' }).click()
  await page.getByRole('link', { name: '练习这一章' }).first().click()
  await page.locator('fieldset .stem').waitFor()
  await page.getByRole('button', { name: '收藏' }).click()
  await page.getByRole('button', { name: '已收藏' }).waitFor()
  await answer(page)
  const confirm = page.getByRole('button', { name: '确定' })
  if (await confirm.isVisible()) await confirm.click()
  await page.locator('.verdict[role=status]', { hasText: /答对了|答错了|部分正确/ }).waitFor()

  // The rankings, with my row in sight.
  await page.goto('/ranks')
  const mine = page.getByRole('complementary', { name: '我' })
  await mine.getByText(/\d+ 分/).waitFor()
  check(await mine.isVisible(), 'my row is not in sight')
  for (const period of ['今日', '本周', '总榜']) {
    await page.getByRole('button', { name: period }).click()
    await page.locator('li.mine', { hasText: '周敏' }).waitFor()
  }
  await page.getByRole('button', { name: '园区各支部' }).click()
  await page.locator('li.mine', { hasText: '创业大厦第一党支部' }).waitFor()
  await page.getByLabel('选择竞赛或考试').selectOption({ label: '第一期“学党章”知识竞赛' })
  await page.getByText(/参与 \d\/\d+ 人/).first().waitFor()

  // My page: what of the day is there.
  await page.goto('/me')
  await page.getByRole('link', { name: '我的收藏' }).click()
  await page.getByRole('button', { name: '取消收藏' }).click()
  await page.getByText('还没有收藏').waitFor()
  await page.goto('/me/wrong')
  await page.getByText(/错过 1 次/).first().waitFor()
  await page.goto('/me/history')
  await page.getByRole('link', { name: /每日一练/ }).click()
  await page.getByRole('heading', { name: '答题成绩' }).waitFor()
  await page.goto('/')
  await page.getByText('今日已完成').waitFor()
  await page.goto('/me')
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('button', { name: '登录', exact: true }).waitFor()
  check(page.context().faults.length === 0, page.context().faults.join('\n'))
}

export const tests = {
  'a whole day on 390 × 844': (world) => day(world, { width: 390, height: 844 }),
  'a whole day on 360 × 640': (world) => day(world, { width: 360, height: 640 }),

  async 'a swipe turns the page, and a long press does not'(world) {
    const page = await world.phone()
    await logIn(page, await world.someone())
    await begin(page, '模拟考试（100 分）')
    const swipe = (from, to) =>
      page.locator('main.paper').evaluate(
        (paper, [from, to]) => {
          const touch = (x) => new Touch({ identifier: 1, target: paper, clientX: x, clientY: 300 })
          paper.dispatchEvent(new TouchEvent('touchstart', { touches: [touch(from)], changedTouches: [touch(from)], bubbles: true }))
          paper.dispatchEvent(new TouchEvent('touchend', { touches: [], changedTouches: [touch(to)], bubbles: true }))
        },
        [from, to],
      )
    await swipe(300, 80)
    await page.locator('.stem', { hasText: /^2\. / }).waitFor()
    await swipe(300, 290)
    await page.locator('.stem', { hasText: /^2\. / }).waitFor()
    await swipe(80, 300)
    await page.locator('.stem', { hasText: /^1\. / }).waitFor()
  },

  async 'a whole round in English'(world) {
    const login = await world.someone('Zhang San')
    const page = await world.phone({ width: 360, height: 640 })
    await page.goto('/login')
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByLabel('Account', { exact: true }).fill(login)
    await page.getByLabel('Password', { exact: true }).fill('wrong-password')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('Wrong login or password').waitFor()
    await page.getByLabel('Password', { exact: true }).fill('study-every-day-26')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: 'Hello, Zhang San' }).waitFor()
    await page.getByRole('button', { name: "Start today's quiz" }).click()
    for (let no = 1; no <= 5; no += 1) {
      await page.locator('.stem', { hasText: `${no}. ` }).waitFor()
      await answer(page)
      await page.getByRole('button', { name: no < 5 ? 'Next' : 'Hand in' }).click()
    }
    await page.getByRole('dialog').getByRole('button', { name: 'Hand in' }).click()
    await page.getByRole('heading', { name: 'Result' }).waitFor()
    await page.getByText(/No\. \d in the branch/).waitFor()
    check((await page.locator('html').getAttribute('lang')) === 'en', 'the page is not said to be English')
    for (const [path, heading] of [['/ranks', 'Rankings'], ['/practice', 'Practice'], ['/me/settings', 'Settings'], ['/me/devices', 'My devices'], ['/me/history', 'My attempts'], ['/nowhere', 'No such page']]) {
      await page.goto(path)
      await page.getByRole('heading', { name: heading, exact: true }).first().waitFor()
    }
  },
}
