import { createI18n } from 'vue-i18n'
import { zh } from './zh'

export type Messages = typeof zh

export const i18n = createI18n<[Messages], 'zh' | 'en', false>({
  legacy: false,
  locale: 'zh',
  fallbackLocale: 'zh',
  messages: { zh } as unknown as { zh: Messages; en: Messages },
})

/** Shows the app in a language; the words of one that is not the first are fetched when they are wanted. */
export async function setLanguage(language: 'zh' | 'en'): Promise<void> {
  if (language === 'en' && !i18n.global.availableLocales.includes('en' as never)) {
    try {
      i18n.global.setLocaleMessage('en', (await import('./en')).en)
    } catch {
      // Without network the words stay Chinese.
      return
    }
  }
  i18n.global.locale.value = language
  document.title = i18n.global.t('app.name')
}
