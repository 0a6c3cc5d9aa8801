import { type Ref, onUnmounted, watch } from 'vue'

/** Calls back when somebody has stopped typing for a moment. */
export function useTyped<T>(typed: Ref<T>, told: (value: T) => void, restMs = 400): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(typed, (value) => {
    clearTimeout(timer)
    timer = setTimeout(() => told(value), restMs)
  })
  onUnmounted(() => clearTimeout(timer))
}
