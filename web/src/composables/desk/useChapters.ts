import { ref, watch } from 'vue'
import { getProgress } from '@/api/practice'
import type { Progress } from '@/api/types'

/** The chapters of a bank and how many questions each has; empty until they are there, and for a bank without questions. */
export function useChapters(bank: () => string) {
  const chapters = ref<Progress['chapters']>([])
  watch(
    bank,
    async (code) => {
      if (!code) return
      try {
        const progress = await getProgress(code)
        if (code === bank()) chapters.value = progress.chapters
      } catch {
        // The list only helps to choose.
      }
    },
    { immediate: true },
  )
  return { chapters }
}
