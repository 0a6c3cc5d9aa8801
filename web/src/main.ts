import './styles/base.css'
import './styles/vant.css'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './i18n'
import { router } from './router'
import { applySettings } from './session/settings'

/** What is not needed for the first screen waits this long, in milliseconds. */
const LATER_MS = 2_000

/** Reloaded at most once in this time, in milliseconds, when a file of the app is missing. */
const RELOAD_MS = 30_000

// After an update the files of the version before are gone: the page is fetched anew, which loses nothing.
router.onError((_error, to) => {
  const last = Number(sessionStorage.getItem('qianti.reloaded') ?? 0)
  if (!navigator.onLine || Date.now() - last < RELOAD_MS) return
  sessionStorage.setItem('qianti.reloaded', String(Date.now()))
  location.assign(to.fullPath)
})

async function open(): Promise<void> {
  await applySettings()
  createApp(App).use(i18n).use(router).mount('#app')
  await router.isReady()
  setTimeout(() => {
    void import('./offline/leftovers').then(({ deliverLeftovers }) => deliverLeftovers())
    void import('./offline/worker').then(({ register }) => register())
  }, LATER_MS)
}

void open()
