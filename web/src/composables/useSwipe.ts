/** From this length on, in CSS pixels, a stroke across is a swipe. */
const LEAST = 56

/** Listeners that call back when a finger goes across the element, and not up or down. */
export function useSwipe(onward: () => void, backward: () => void) {
  let from: { x: number; y: number } | null = null
  return {
    touchstart(event: TouchEvent) {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined
      from = touch ? { x: touch.clientX, y: touch.clientY } : null
    },
    touchend(event: TouchEvent) {
      const touch = event.changedTouches[0]
      if (!from || !touch) return
      const [x, y] = [touch.clientX - from.x, touch.clientY - from.y]
      from = null
      if (Math.abs(x) < LEAST || Math.abs(x) < 2 * Math.abs(y)) return
      if (x < 0) onward()
      else backward()
    },
  }
}
