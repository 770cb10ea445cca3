'use client'

import { useQuery } from '@tanstack/react-query'
import { instanceQuery } from '@/lib/instances/queries'
import { ScreenPanel } from './screen-panel'
import { WhileOff } from './while-off'

/** The tab "Screen" of an instance's page. */
export function InstanceScreen({ region, instanceId }: { region: string; instanceId: string }) {
  const { data: instance } = useQuery(instanceQuery(region, instanceId))
  if (!instance) return null
  return <ScreenPanel instance={instance} whileOff={<WhileOff instance={instance} />} />
}
