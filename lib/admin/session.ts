import 'server-only'
import { foldUsername } from '@/lib/accounts/rules'
import { ok, type Result } from '@/lib/result'
import { endSessions } from '@/lib/sessions/writes'
import { operatorContext } from './operator'
import { type Answer, answer } from './output'

export async function endSessionsOf(typed: string): Promise<Result<Answer>> {
  const username = foldUsername(typed)
  const ended = await endSessions(operatorContext(), username)
  if (!ended.ok) return ended
  const { sessionsEnded } = ended.value
  const line = `Ended ${sessionsEnded} ${sessionsEnded === 1 ? 'session' : 'sessions'} of ${username}.`
  return ok(answer({ username, sessionsEnded }, [line]))
}
