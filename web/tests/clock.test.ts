import { describe, expect, it } from 'vitest'
import { APART_MS, ServerClock } from '@/offline/clock'

/** A phone whose two clocks are set by the test. */
function phoneAt(wall: number) {
  const clocks = { wallMs: wall, steadyMs: 0, wall: () => clocks.wallMs, steady: () => clocks.steadyMs }
  return {
    clocks,
    passes: (ms: number) => {
      clocks.wallMs += ms
      clocks.steadyMs += ms
    },
  }
}

const SERVER = 1_800_000_000_000

describe("the server's clock", () => {
  it('is the server’s, whatever the phone is set to', () => {
    const { clocks, passes } = phoneAt(12_345)
    const clock = new ServerClock(clocks)
    clock.sync(SERVER)
    passes(90_000)
    expect(clock.now()).toBe(SERVER + 90_000)
    expect(clock.isDoubtful()).toBe(false)
  })

  it('goes on while the phone sleeps and its steady clock stands still', () => {
    const { clocks, passes } = phoneAt(SERVER)
    const clock = new ServerClock(clocks)
    clock.sync(SERVER)
    passes(1_000)
    clocks.wallMs += 600_000
    expect(clock.now()).toBe(SERVER + 601_000)
    expect(clock.isDoubtful()).toBe(true)
  })

  it('gains no time when the phone is set back', () => {
    const { clocks, passes } = phoneAt(SERVER)
    const clock = new ServerClock(clocks)
    clock.sync(SERVER)
    passes(60_000)
    clocks.wallMs -= 3_600_000
    expect(clock.now()).toBe(SERVER + 60_000)
    expect(clock.isDoubtful()).toBe(true)
  })

  it('is right again once the server is heard', () => {
    const { clocks } = phoneAt(SERVER)
    const clock = new ServerClock(clocks)
    clock.sync(SERVER)
    clocks.wallMs += 3_600_000
    clock.sync(SERVER + 5_000)
    expect(clock.now()).toBe(SERVER + 5_000)
    expect(clock.isDoubtful()).toBe(false)
  })

  it('does not doubt small differences', () => {
    const { clocks } = phoneAt(SERVER)
    const clock = new ServerClock(clocks)
    clocks.wallMs += APART_MS
    expect(clock.isDoubtful()).toBe(false)
    clocks.wallMs += 1
    expect(clock.isDoubtful()).toBe(true)
  })
})
