// The load budget.
import { budget } from './budget.mjs'

export const tests = {
  async 'the first screen is light and soon usable, and the next item appears at once'(world) {
    await budget(world.base, await world.someone())
  },
}
