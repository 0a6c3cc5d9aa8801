// The load budget.
import { budget } from './budget.mjs'

export const tests = {
  async 'the first screen is light; how soon it can be used is told, and judged by budget.mjs run alone'(world) {
    await budget(world.base, await world.someone(), false)
  },
}
