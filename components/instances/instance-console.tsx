'use client'

import { useQuery } from '@tanstack/react-query'
import { instanceQuery } from '@/lib/instances/queries'
import { ConsolePanel } from './console-panel'
import { WhileOff } from './while-off'

/** The tab "Console" of an instance's page. */
export function InstanceConsole({ region, instanceId }: { region: string; instanceId: string }) {
  const { data: instance } = useQuery(instanceQuery(region, instanceId))
  if (!instance) return null
  return <ConsolePanel instance={instance} whileOff={<WhileOff instance={instance} />} />
}
