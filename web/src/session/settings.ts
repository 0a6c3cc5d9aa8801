import { reactive, watch } from 'vue'
import { access } from '@/api/client'
import { setLanguage } from '@/i18n'

export type Language = 'zh' | 'en'
export type Theme = 'system' | 'light' | 'dark'

/** Text sizes, as multiples of the browser's own (16 px unless the member has set another). */
export const TEXT_SIZES = { standard: 1.0625, large: 1.25, larger: 1.5, largest: 2 } as const
export type TextSize = keyof typeof TEXT_SIZES

const KEPT = 'qianti.settings'

interface Settings {
  language: Language
  theme: Theme
  textSize: TextSize
}

function kept(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Settings>
  } catch {
    return {}
  }
}

/** What the member has set on this phone. */
export const settings = reactive<Settings>({ language: 'zh', theme: 'system', textSize: 'standard', ...kept() })

const darkSystem = matchMedia('(prefers-color-scheme: dark)')

function show(): void {
  const root = document.documentElement
  const dark = settings.theme === 'dark' || (settings.theme === 'system' && darkSystem.matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  root.style.setProperty('--text-scale', String(TEXT_SIZES[settings.textSize] ?? TEXT_SIZES.standard))
  root.lang = settings.language === 'en' ? 'en' : 'zh-CN'
  access.language = settings.language
}

/** Shows the app as it is set, now and at each change. */
export async function applySettings(): Promise<void> {
  darkSystem.addEventListener?.('change', show)
  watch(settings, () => {
    show()
    void setLanguage(settings.language)
    try {
      localStorage.setItem(KEPT, JSON.stringify(settings))
    } catch {
      // Holds until the page is closed.
    }
  })
  show()
  await setLanguage(settings.language)
}
