import { watch } from 'vue'
import { i18n } from '@/i18n'
import { zh } from './zh'

export type DeskWords = typeof zh

const { global } = i18n
const there = new Set<string>()

/** Brings the desk's words in the language of the app; the Chinese ones always, for what the other lacks. */
export async function loadDeskWords(): Promise<void> {
  const language = global.locale.value
  if (!there.has('zh')) global.mergeLocaleMessage('zh', { desk: zh })
  there.add('zh')
  if (language === 'zh' || there.has(language)) return
  const { en } = await import('./en')
  global.mergeLocaleMessage('en', { desk: en })
  there.add(language)
}

watch(global.locale, () => void loadDeskWords())
