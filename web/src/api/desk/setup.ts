import { api, get } from '@/api/client'
import type { SetupStep } from './types'

/** What an admin does in the first hour, and how far that is. */
export async function getSetup(): Promise<SetupStep[]> {
  return (await get(api.GET('/api/v1/setup', {}))).steps
}
