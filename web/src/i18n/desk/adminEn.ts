import type { AdminWords } from './index'
import { adminZh } from './adminZh'

export const adminEn: AdminWords = adminZh
