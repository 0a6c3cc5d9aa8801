/** Why a call brought no answer, told apart by what the member can do about it. */
export type FailureKind =
  /** The server was not reached, or did not answer in time. */
  | 'away'
  /** The server is there and cannot now (429, 5xx). */
  | 'busy'
  /** The session is over: log in again. */
  | 'signed-out'
  /** The server refuses (any other status). */
  | 'refused'

interface Problem {
  type?: string
  detail?: string
  title?: string
  errors?: FieldFault[] | null
}

/** A field that is wrong: its JSON pointer in what was sent, and what to do about it. */
export interface FieldFault {
  pointer: string
  detail: string
}

/** A call that failed. Its message is the server's own sentence, in the member's language, when it said one. */
export class Failure extends Error {
  readonly kind: FailureKind
  readonly status: number
  /** The last part of the problem's type, such as `attempt-closed`. */
  readonly problem: string
  readonly errors: FieldFault[]
  /** How long the server asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | null

  constructor(status: number, problem: Problem = {}, retryAfterMs: number | null = null) {
    super(problem.detail ?? problem.title ?? '')
    this.status = status
    this.problem = problem.type?.split('/').pop() ?? ''
    this.errors = problem.errors ?? []
    this.retryAfterMs = retryAfterMs
    this.kind = kindOf(status, this.problem)
  }
}

function kindOf(status: number, problem: string): FailureKind {
  if (status === 0) return 'away'
  if (status === 429 || status >= 500) return 'busy'
  if (status === 401 && problem !== 'wrong-credentials') return 'signed-out'
  return 'refused'
}

/** The failure that a response tells. */
export function failureOf(response: Response, body: unknown): Failure {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const problem = typeof body === 'object' && body !== null ? (body as Problem) : {}
  return new Failure(response.status, problem, Number.isFinite(seconds) ? seconds * 1000 : null)
}

/** Whatever was thrown, as a failure. */
export function asFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure(0)
}
