// For everybody: axe on each page, text at 200 %, targets, the keyboard alone.
import { readFile } from 'node:fs/promises'
import { answer, AXE, begin, check, logIn, saveState, submit } from './harness.mjs'

/** Least side of what is tapped, in CSS pixels. */
const TARGET = 44

const PAGES = {
  '/': (page) => page.locator('.ring').waitFor(),
  '/practice': (page) => page.locator('.bar').first().waitFor(),
  '/practice/run?from=sequence': (page) => page.locator('.stem').waitFor(),
  '/ranks': (page) => page.locator('.my-row').waitFor(),
  '/ranks?scope=units': (page) => page.locator('.my-row').waitFor(),
  '/me': (page) => page.locator('.links').waitFor(),
  '/me/wrong': (page) => page.locator('article').first().waitFor(),
  '/me/favourites': (page) => page.locator('.empty').waitFor(),
  '/me/history': (page) => page.locator('.link-row').first().waitFor(),
  '/me/devices': (page) => page.locator('.device').first().waitFor(),
  '/me/settings': (page) => page.locator('.chip').first().waitFor(),
  '/password': (page) => page.locator('form').waitFor(),
  '/nowhere': (page) => page.locator('.card').waitFor(),
}

export async function axe(page, name) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const words = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | ')}`)
  check(serious.length === 0, `${name}: ${words.join('\n')}`)
}

/** Nothing is wider than the screen, and nothing that is tapped is too small. */
export async function layout(page, name) {
  const faults = await page.evaluate((least) => {
    const found = []
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide on ${width}`)
    for (const each of document.querySelectorAll('button, a[href], select, input:not(.sr-only), label.choice, label.chip')) {
      // A box to tick is tapped by its label.
      const target = each.matches('[type=checkbox], [type=radio]') ? (each.closest('label') ?? each) : each
      const { width, height } = target.getBoundingClientRect()
      const inline = getComputedStyle(target).display === 'inline'
      if (width > 0 && !inline && (width < least - 0.5 || height < least - 0.5)) found.push(`${target.outerHTML.slice(0, 120)} is ${width} × ${height}`)
    }
    return found
  }, TARGET)
  check(faults.length === 0, `${name}: ${faults.join('\n')}`)
}

/** A member with something on every page; axe is in every page. */
export async function prepared(world, settings, size) {
  const page = await world.phone({ width: 360, height: 640, ...size })
  // As a debugger would put it in: the pages' own policy is not loosened for it.
  const source = await readFile(AXE, 'utf8')
  await page.addInitScript({ content: source })
  await page.addInitScript((kept) => localStorage.setItem('qianti.settings', kept), JSON.stringify(settings))
  return page
}

async function everyPage(world, settings, size) {
  const page = await prepared(world, settings, size)
  const each = async (name) => {
    await axe(page, name)
    await layout(page, name)
  }
  await page.goto('/login')
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.getByText('请输入密码').last().waitFor()
  await each('/login')
  await logIn(page, await world.someone())
  await page.getByRole('button', { name: '开始今日答题' }).click()
  for (let no = 1; no <= 5; no += 1) {
    await page.locator('.stem', { hasText: `${no}. ` }).waitFor()
    await answer(page)
    await each(`item ${no}`)
    if (no < 5) await page.getByRole('button', { name: '下一题' }).click()
  }
  await saveState(page, '已保存')
  await page.getByRole('button', { name: /答题卡/ }).click()
  await page.getByRole('dialog', { name: '答题卡' }).waitFor()
  await each('answer sheet')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: '答题卡' }).waitFor({ state: 'hidden' })
  await submit(page)
  await page.getByText('逐题回顾').waitFor()
  await page.locator('article').first().waitFor()
  await each('result')
  for (const [path, there] of Object.entries(PAGES)) {
    await page.goto(path)
    await there(page)
    await each(path)
  }
  check(page.context().faults.length === 0, page.context().faults.join('\n'))
}

export const tests = {
  'axe finds nothing serious on any page': (world) => everyPage(world, { theme: 'light', textSize: 'standard' }),
  'axe finds nothing serious in the dark': (world) => everyPage(world, { theme: 'dark', textSize: 'standard' }),
  'nothing is lost at 200 % text': (world) => everyPage(world, { theme: 'light', textSize: 'largest' }),

  async 'the keyboard alone is enough for a quiz'(world) {
    const page = await world.phone({ isMobile: false, hasTouch: false })
    const login = await world.someone()
    await page.goto('/login')
    await page.getByLabel('账号', { exact: true }).focus()
    await page.keyboard.type(login)
    await page.keyboard.press('Tab')
    await page.keyboard.type('study-every-day-26')
    await page.keyboard.press('Enter')
    const press = async (name, key = 'Enter') => {
      const wanted = page.getByRole('button', { name }).first()
      await wanted.waitFor()
      for (let turn = 0; turn < 60; turn += 1) {
        if (await wanted.evaluate((element) => element === document.activeElement)) return page.keyboard.press(key)
        await page.keyboard.press('Tab')
      }
      throw new Error(`the keyboard does not reach ${name}`)
    }
    await press('开始今日答题')
    await page.locator('.stem', { hasText: '1. ' }).waitFor()
    for (let no = 1; no <= 5; no += 1) {
      await page.locator('.stem', { hasText: `${no}. ` }).waitFor()
      const input = page.locator('fieldset input').first()
      for (let turn = 0; turn < 40 && !(await input.evaluate((element) => element === document.activeElement)); turn += 1) await page.keyboard.press('Tab')
      if ((await input.getAttribute('type')) === 'text') await page.keyboard.type('为人民服务')
      else await page.keyboard.press('Space')
      await press(no < 5 ? '下一题' : '交卷')
    }
    await page.getByText('5 道题都答完了').waitFor()
    // The keyboard stays inside the question.
    const yes = page.getByRole('dialog').getByRole('button', { name: '交卷' })
    for (let turn = 0; turn < 4 && !(await yes.evaluate((element) => element === document.activeElement)); turn += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '答题成绩' }).waitFor()
  },
}
