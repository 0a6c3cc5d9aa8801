import { onMounted, onUnmounted } from 'vue'
import { onArrival } from '@/session/session'

/** Calls back when the network or the login comes back while the page is there. */
export function onArrivalWhileMounted(callback: () => void): void {
  let forget = () => {}
  onMounted(() => {
    const off = onArrival(callback)
    addEventListener('online', callback)
    forget = () => {
      off()
      removeEventListener('online', callback)
    }
  })
  onUnmounted(() => forget())
}
