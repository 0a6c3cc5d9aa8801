import { watch, type WatchSource } from 'vue'
import { useLoad } from '@/composables/useLoad'

/** Loads what a part of a page shows, and again whenever what it depends on changes; what was shown before goes at once. */
export function useReload<T>(load: () => Promise<T>, on: WatchSource | WatchSource[]) {
  const loaded = useLoad(load)
  watch(on, () => {
    loaded.data.value = null
    void loaded.reload()
  })
  return loaded
}
