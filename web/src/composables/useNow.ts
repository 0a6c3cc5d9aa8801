import { onMounted, onUnmounted, ref } from 'vue'
import { serverClock } from '@/offline/clock'

/** The server's time, told anew every second while the page is there. */
export function useNow() {
  const now = ref(serverClock.now())
  const tick = () => {
    now.value = serverClock.now()
  }
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => {
    timer = setInterval(tick, 1000)
    document.addEventListener('visibilitychange', tick)
  })
  onUnmounted(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', tick)
  })
  return now
}
