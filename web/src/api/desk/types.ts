import type { Got, Listed, Schemas } from '@/api/types'
import type { paths } from '@/api/schema'

/** A page of a list. */
export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export type Unit = Schemas['Unit']
export type UnitKind = Schemas['UnitKind']
export type NewUnit = Schemas['NewUnitRequest']
export type UnitChange = Schemas['UnitChangeRequest']
export type Member = Schemas['Member']
export type NewMember = Schemas['NewMemberRequest']
export type MemberChange = Schemas['MemberChangeRequest']
export type Role = Schemas['Role']
export type RoleGrant = Schemas['RoleGrant']
export type RosterReport = Schemas['RosterReport']
export type Bank = Schemas['Bank']
export type BankImport = Schemas['Import']
export type PreviewedQuestion = Schemas['PreviewedQuestion']
export type PreviewedRow = Schemas['PreviewedRow']
export type Place = Schemas['PlaceResponse']
export type Question = Schemas['Question']
export type QuestionDraft = Schemas['QuestionRequest']
export type NewQuiz = Schemas['NewQuizRequest']
export type QuizChange = Schemas['QuizChangeRequest']
export type Quiz = Schemas['Quiz']
export type QuizKind = Schemas['QuizKind']
export type QuizState = Schemas['QuizState']
export type Section = Schemas['Section']

export type SetupStep = Got<'/api/v1/setup'>['steps'][number]
export type Revision = Listed<'/api/v1/banks/{code}/revisions'>
export type QuestionVersion = Listed<'/api/v1/banks/{code}/questions/{question_code}/history'>
export type AuditEntry = Listed<'/api/v1/audit'>
export type QuizProgress = Got<'/api/v1/quizzes/{id}/progress'>
export type QuizAttempt = Listed<'/api/v1/quizzes/{id}/attempts'>
export type AttemptEvents = Got<'/api/v1/attempts/{id}/events'>
export type QuizCheck = Answered<'/api/v1/quizzes/check'>
type Preview = Answered<'/api/v1/quizzes/preview'>
/** A paper that nobody takes. */
export type PreviewPaper = Preview extends { head: infer H } ? H & Omit<Preview, 'head'> : Preview

/** What `POST path` answers with 200. */
type Answered<P extends keyof paths> = paths[P] extends { post: { responses: { 200: { content: { 'application/json': infer T } } } } } ? T : never

/** A new initial password for somebody, to be handed out. */
export type Handout = Answered<'/api/v1/members/reset-passwords'>['items'][number]
