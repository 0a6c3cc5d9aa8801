import { watch } from 'vue'
import { i18n } from '@/i18n'
import { zh } from './zh'

export type DeskWords = typeof zh
export type AdminWords = (typeof import('./adminZh'))['adminZh']

/** Words that are fetched together: those of the whole desk, and those of its administration, which leaders never read. */
type Part = 'desk' | 'admin'

const WORDS: Record<Part, Record<'zh' | 'en', () => Promise<object>>> = {
  desk: { zh: async () => zh, en: async () => (await import('./en')).en },
  admin: { zh: async () => (await import('./adminZh')).adminZh, en: async () => (await import('./adminEn')).adminEn },
}
const { global } = i18n
const wanted = new Set<Part>()
const there = new Set<string>()

/** Brings the desk's words in the language of the app; the Chinese ones always, for what the other lacks. */
export async function loadDeskWords(parts: Part[]): Promise<void> {
  for (const part of parts) {
    wanted.add(part)
    for (const language of new Set(['zh', global.locale.value] as const)) {
      const name = `${language}.${part}`
      if (there.has(name)) continue
      global.mergeLocaleMessage(language, { [part]: await WORDS[part][language]() })
      there.add(name)
    }
  }
}

watch(global.locale, () => void loadDeskWords([...wanted]))
