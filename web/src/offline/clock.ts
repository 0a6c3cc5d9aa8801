/** Two clocks of the phone, in milliseconds. */
export interface PhoneClocks {
  /** The time of day: goes on while the phone sleeps, but can be set wrong, and be set anew at any moment. */
  wall(): number
  /** Never set by anybody, but stands still while some phones sleep. */
  steady(): number
}

const phone: PhoneClocks = { wall: () => Date.now(), steady: () => performance.now() }

/** From this difference on, in milliseconds, the two clocks have gone apart: the phone slept, or was set anew. */
export const APART_MS = 2_000

/**
 * The server's time, as far as the phone can tell. The server says what time it is; from then on the phone counts.
 * After a sleep the wall clock is right and the steady one may be late; after somebody has set the wall clock it is
 * the other way round. A clock that was set back is not believed; for one that went ahead the server is asked.
 */
export class ServerClock {
  private server = 0
  private wall = 0
  private steady = 0

  constructor(private readonly clocks: PhoneClocks = phone) {
    this.sync(clocks.wall())
  }

  /** The server has said that it is `serverMs` now. */
  sync(serverMs: number): void {
    this.server = serverMs
    this.wall = this.clocks.wall()
    this.steady = this.clocks.steady()
  }

  /** The server's time, in milliseconds since 1970. */
  now(): number {
    const wall = this.clocks.wall() - this.wall
    const steady = this.clocks.steady() - this.steady
    return this.server + Math.max(wall, steady)
  }

  /** Whether the phone's clocks have gone apart since the server was heard: ask it again. */
  isDoubtful(): boolean {
    const wall = this.clocks.wall() - this.wall
    const steady = this.clocks.steady() - this.steady
    return Math.abs(wall - steady) > APART_MS
  }
}

/** The one clock of the app. */
export const serverClock = new ServerClock()
