import './styles/base.css'
import './styles/vant.css'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './i18n'
import { router } from './router'
import { applySettings } from './session/settings'

/** What is not needed for the first screen waits this long, in milliseconds. */
const LATER_MS = 2_000

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
