// What a browser is told and what it keeps.
import { answer, begin, check, logIn, saveState } from './harness.mjs'

export const tests = {
  async 'no token is kept where a script of another could read it'(world) {
    const page = await world.phone()
    const tokens = []
    page.on('response', async (response) => {
      if (response.url().endsWith('/auth/login')) tokens.push(await response.json())
    })
    await logIn(page, await world.someone())
    await begin(page, world.contest.title)
    await answer(page)
    await saveState(page, '已保存')
    const [{ access_token: token, refresh_token: refresh }] = tokens
    check(token.length > 40 && !refresh, 'a browser is given a refresh token in the body')
    const kept = await page.evaluate(async () => {
      const all = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie, location.href, JSON.stringify(history.state)]
      const open = indexedDB.open('qianti')
      const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)))
      for (const name of database.objectStoreNames) {
        const request = database.transaction(name).objectStore(name).getAll()
        all.push(JSON.stringify(await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))))
      }
      for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) all.push(request.url)
      return all.join('\n')
    })
    check(!kept.includes(token.slice(0, 40)) && !kept.includes(token.slice(-40)), 'the access token is kept')
    check(!/\/api\//.test(kept), 'an answer of the API is cached')
    const [cookie] = (await page.context().cookies(`${world.base}/api/v1/auth/refresh`)).filter(({ name }) => name === 'qianti_refresh')
    check(cookie.httpOnly && cookie.sameSite === 'Strict' && cookie.path === '/api/v1/auth', JSON.stringify(cookie))
  },

  async 'an inline script does not run'(world) {
    const page = await world.phone()
    await page.goto('/')
    const ran = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.ran = true'
      document.body.append(script)
      return window.ran === true
    })
    check(!ran, 'an inline script has run')
  },

  async 'the login leads back to pages of the app only'(world) {
    const login = await world.someone()
    for (const back of ['//example.org/', '/\\example.org', 'https://example.org/', 'javascript:alert(1)']) {
      const page = await world.phone()
      await page.goto(`/login?back=${encodeURIComponent(back)}`)
      await page.getByLabel('账号', { exact: true }).fill(login)
      await page.getByLabel('密码', { exact: true }).fill('study-every-day-26')
      await page.getByRole('button', { name: '登录', exact: true }).click()
      await page.getByRole('button', { name: '开始今日答题' }).waitFor()
      check(new URL(page.url()).origin === world.base && new URL(page.url()).pathname === '/', page.url())
    }
  },

  async 'the app can be installed'(world) {
    const page = await world.phone()
    await page.goto('/')
    const manifest = await page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json())
    check(manifest.display === 'standalone' && manifest.start_url === '/', JSON.stringify(manifest))
    for (const { src, sizes } of manifest.icons) {
      const icon = await page.evaluate(async (src) => {
        const image = new Image()
        image.src = src
        await image.decode()
        return `${image.naturalWidth}x${image.naturalHeight}`
      }, src)
      check(icon === sizes, `${src} is ${icon}`)
    }
  },
}
