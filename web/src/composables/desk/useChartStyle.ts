import { onMounted, onUnmounted, shallowRef } from 'vue'

/** Colours and sizes of the app, for what is drawn and not styled. */
export interface ChartStyle {
  ink: string
  ink2: string
  line: string
  card: string
  accent: string
  gold: string
  /** Pixels of 1 rem. */
  rem: number
  font: string
  dark: boolean
}

function read(): ChartStyle {
  const root = document.documentElement
  const style = getComputedStyle(root)
  const value = (name: string) => style.getPropertyValue(name).trim()
  return {
    ink: value('--ink'),
    ink2: value('--ink-2'),
    line: value('--line'),
    card: value('--card'),
    accent: value('--accent'),
    gold: value('--gold'),
    rem: Number.parseFloat(style.fontSize),
    font: value('--font'),
    dark: root.dataset.theme === 'dark',
  }
}

/** Told anew when the appearance or the text size changes. */
export function useChartStyle() {
  const style = shallowRef(read())
  const observer = new MutationObserver(() => (style.value = read()))
  onMounted(() => observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'style'] }))
  onUnmounted(() => observer.disconnect())
  return style
}
