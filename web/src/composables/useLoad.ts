import { onMounted, ref, shallowRef } from 'vue'
import { onArrivalWhileMounted } from './useArrival'
import { useFailure } from './useFailure'

/** Loads what a page shows: at once, again on demand, and when the network or the login is back. */
export function useLoad<T>(load: () => Promise<T>) {
  const words = useFailure()
  const data = shallowRef<T | null>(null)
  const failure = ref('')
  const loading = ref(false)
  let latest = 0

  async function reload(): Promise<void> {
    const turn = (latest += 1)
    loading.value = true
    try {
      const loaded = await load()
      // A slower, earlier answer does not undo a later one.
      if (turn !== latest) return
      data.value = loaded
      failure.value = ''
    } catch (thrown) {
      if (turn === latest) failure.value = words(thrown)
    } finally {
      if (turn === latest) loading.value = false
    }
  }

  onMounted(reload)
  onArrivalWhileMounted(() => void reload())
  return { data, failure, loading, reload }
}
