import { computed, ref, shallowRef } from 'vue'
import { useFailure } from './useFailure'
import { useLoad } from './useLoad'

interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

/** A list that is loaded a page at a time. */
export function usePages<T>(load: (cursor: string | null) => Promise<Page<T>>) {
  const words = useFailure()
  const items = shallowRef<T[]>([])
  const cursor = ref<string | null>(null)
  const [loadingMore, moreFailure] = [ref(false), ref('')]
  let latest = 0
  const first = useLoad(async () => {
    const turn = (latest += 1)
    const page = await load(null)
    // A slower answer to an earlier question does not take the place of a later one.
    if (turn === latest) [items.value, cursor.value] = [page.items, page.next_cursor ?? null]
    return true
  })

  async function more(): Promise<void> {
    if (loadingMore.value || cursor.value === null) return
    const turn = latest
    loadingMore.value = true
    moreFailure.value = ''
    try {
      const page = await load(cursor.value)
      if (turn !== latest) return
      items.value = [...items.value, ...page.items]
      cursor.value = page.next_cursor ?? null
    } catch (thrown) {
      moreFailure.value = words(thrown)
    } finally {
      loadingMore.value = false
    }
  }

  return {
    items,
    loaded: computed(() => first.data.value !== null),
    loading: first.loading,
    failure: first.failure,
    reload: first.reload,
    hasMore: computed(() => cursor.value !== null),
    more,
    loadingMore,
    moreFailure,
  }
}
