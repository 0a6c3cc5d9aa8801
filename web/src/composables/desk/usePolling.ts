import { onMounted, onUnmounted } from 'vue'

/** Calls again and again while the page is looked at. */
export function usePolling(call: () => void, everyMs: number): void {
  let timer: ReturnType<typeof setInterval> | undefined
  const look = () => {
    if (document.visibilityState === 'visible') call()
  }
  onMounted(() => {
    timer = setInterval(look, everyMs)
    document.addEventListener('visibilitychange', look)
  })
  onUnmounted(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  })
}
