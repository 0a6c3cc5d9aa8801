import { watch } from 'vue'
import { i18n } from '@/i18n'
import { adminZh } from './adminZh'
import { zh } from './zh'

export type DeskWords = typeof zh
export type AdminWords = typeof adminZh

const { global } = i18n
const there = new Set<string>()

/** Brings the desk's words in the language of the app; the Chinese ones always, for what the other lacks. */
export async function loadDeskWords(): Promise<void> {
  const language = global.locale.value
  if (!there.has('zh')) global.mergeLocaleMessage('zh', { desk: zh, admin: adminZh })
  there.add('zh')
  if (language === 'zh' || there.has(language)) return
  const [{ en }, { adminEn }] = await Promise.all([import('./en'), import('./adminEn')])
  global.mergeLocaleMessage('en', { desk: en, admin: adminEn })
  there.add(language)
}

watch(global.locale, () => void loadDeskWords())
