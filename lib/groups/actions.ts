'use server'

import { defineAction } from '@/lib/action'
import { createGroupInput, groupInput, updateGroupInput } from './schema'
import { createGroup, deleteGroup, updateGroup } from './writes'

export const createGroupAction = defineAction(createGroupInput, createGroup, { needs: 'groups.manage' })
export const updateGroupAction = defineAction(updateGroupInput, updateGroup, { needs: 'groups.manage' })
export const deleteGroupAction = defineAction(groupInput, deleteGroup, { needs: 'groups.manage' })
