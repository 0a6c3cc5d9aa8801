import { ref, watch } from 'vue'
import { getProgress } from '@/api/practice'

/** What banks are called, for somebody who leads but looks after no bank: a bank of which nothing is known goes by its code. */
export function useBankTitles(codes: () => string[]) {
  const titles = ref(new Map<string, string>())
  watch(
    codes,
    (wanted) => {
      for (const code of wanted) {
        if (titles.value.has(code)) continue
        titles.value.set(code, code)
        getProgress(code).then(({ title }) => titles.value.set(code, title), () => {
          // The code has to do.
        })
      }
    },
    { immediate: true },
  )
  return { titleOf: (code: string) => titles.value.get(code) ?? code }
}
