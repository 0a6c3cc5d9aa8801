import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Attempt } from '@/api/types'

/** An attempt as the phone keeps it. */
export interface StoredAttempt {
  id: string
  /** Whose it is: a phone may be lent. */
  member: number
  title: string
  /** The paper, and when it is due. */
  attempt: Attempt
  /** Numbers of the items that the member wants to look at again. */
  marked: number[]
  /** The item on the screen. */
  position: number
  /** Whether the member has submitted and the server has not yet said so. */
  submitting: boolean
  /** The rank in the branch before the attempt; null when there was none, or it is not known. */
  rankBefore: number | null
}

/** An answer as the phone keeps it. */
export interface StoredAnswer {
  attempt: string
  no: number
  answer: string[]
  /** Whether the server has it. */
  sent: boolean
}

/** That the paper was left or looked at again, as the phone keeps it until the server has been told. */
export interface StoredEvent {
  /** A random number: what is sent twice counts once. */
  report: number
  attempt: string
  kind: 'left_page' | 'came_back'
  /** When, by the server's clock, in milliseconds since 1970. */
  at: number
}

/** Where attempts and answers are kept until the server has them. */
export interface Storage {
  attempt(id: string): Promise<StoredAttempt | undefined>
  attemptsOf(member: number): Promise<StoredAttempt[]>
  putAttempt(attempt: StoredAttempt): Promise<void>
  answers(attempt: string): Promise<StoredAnswer[]>
  putAnswers(answers: StoredAnswer[]): Promise<void>
  events(attempt: string): Promise<StoredEvent[]>
  putEvent(event: StoredEvent): Promise<void>
  dropEvents(reports: number[]): Promise<void>
  /** Forgets an attempt and what belongs to it. */
  drop(id: string): Promise<void>
}

interface Schema extends DBSchema {
  attempts: { key: string; value: StoredAttempt; indexes: { member: number } }
  answers: { key: [string, number]; value: StoredAnswer; indexes: { attempt: string } }
  events: { key: number; value: StoredEvent; indexes: { attempt: string } }
}

/** Kept in the browser's database: outlives a reload, a killed app, a phone without power. */
export class IndexedStorage implements Storage {
  private constructor(private readonly database: IDBPDatabase<Schema>) {}

  static async open(name = 'qianti'): Promise<IndexedStorage> {
    const database = await openDB<Schema>(name, 2, {
      upgrade(database, from) {
        if (from < 1) {
          database.createObjectStore('attempts', { keyPath: 'id' }).createIndex('member', 'member')
          database.createObjectStore('answers', { keyPath: ['attempt', 'no'] }).createIndex('attempt', 'attempt')
        }
        database.createObjectStore('events', { keyPath: 'report' }).createIndex('attempt', 'attempt')
      },
      // Another tab with a newer version of the app waits for this one.
      blocking(_from, _to, event) {
        ;(event.target as IDBDatabase).close()
      },
    })
    return new IndexedStorage(database)
  }

  attempt(id: string) {
    return this.database.get('attempts', id)
  }

  attemptsOf(member: number) {
    return this.database.getAllFromIndex('attempts', 'member', member)
  }

  async putAttempt(attempt: StoredAttempt) {
    await this.database.put('attempts', plain(attempt))
  }

  answers(attempt: string) {
    return this.database.getAllFromIndex('answers', 'attempt', attempt)
  }

  async putAnswers(answers: StoredAnswer[]) {
    const transaction = this.database.transaction('answers', 'readwrite')
    await Promise.all([...answers.map((answer) => transaction.store.put(plain(answer))), transaction.done])
  }

  events(attempt: string) {
    return this.database.getAllFromIndex('events', 'attempt', attempt)
  }

  async putEvent(event: StoredEvent) {
    await this.database.put('events', plain(event))
  }

  async dropEvents(reports: number[]) {
    const transaction = this.database.transaction('events', 'readwrite')
    await Promise.all([...reports.map((report) => transaction.store.delete(report)), transaction.done])
  }

  async drop(id: string) {
    const transaction = this.database.transaction(['attempts', 'answers', 'events'], 'readwrite')
    const [answers, events] = [transaction.objectStore('answers'), transaction.objectStore('events')]
    const gone = [
      ...(await answers.index('attempt').getAllKeys(id)).map((key) => answers.delete(key)),
      ...(await events.index('attempt').getAllKeys(id)).map((key) => events.delete(key)),
    ]
    await Promise.all([...gone, transaction.objectStore('attempts').delete(id), transaction.done])
  }
}

/** Where the browser keeps nothing (private windows): good until the page is closed. */
export class MemoryStorage implements Storage {
  private readonly kept = new Map<string, StoredAttempt>()
  private readonly given = new Map<string, StoredAnswer>()
  private readonly happened = new Map<number, StoredEvent>()

  async attempt(id: string) {
    return this.kept.get(id)
  }

  async attemptsOf(member: number) {
    return [...this.kept.values()].filter((attempt) => attempt.member === member)
  }

  async putAttempt(attempt: StoredAttempt) {
    this.kept.set(attempt.id, plain(attempt))
  }

  async answers(attempt: string) {
    return [...this.given.values()].filter((answer) => answer.attempt === attempt)
  }

  async putAnswers(answers: StoredAnswer[]) {
    for (const answer of answers) this.given.set(`${answer.attempt}/${answer.no}`, plain(answer))
  }

  async events(attempt: string) {
    return [...this.happened.values()].filter((event) => event.attempt === attempt)
  }

  async putEvent(event: StoredEvent) {
    this.happened.set(event.report, plain(event))
  }

  async dropEvents(reports: number[]) {
    for (const report of reports) this.happened.delete(report)
  }

  async drop(id: string) {
    this.kept.delete(id)
    await this.dropEvents((await this.events(id)).map(({ report }) => report))
    for (const answer of await this.answers(id)) this.given.delete(`${id}/${answer.no}`)
  }
}

/** A copy without what a reactive object carries beside its values. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

let opened: Promise<Storage> | null = null

/** The phone's storage. */
export function storage(): Promise<Storage> {
  opened ??= IndexedStorage.open().catch(() => new MemoryStorage())
  return opened
}
