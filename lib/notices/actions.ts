'use server'

import { defineAction } from '@/lib/action'
import { choicesInput, markReadInput, resendInput, webhookInput } from './schema'
import { chooseNotices, markNoticesRead } from './writes'
import { removeWebhook, resendDelivery, setWebhook } from './writes-webhook'

export const markNoticesReadAction = defineAction(markReadInput, markNoticesRead, { needs: 'signed-in' })
export const chooseNoticesAction = defineAction(choicesInput, chooseNotices, { needs: 'signed-in' })
// Only masters have a webhook, whatever the policies of a sub-account: the writes refuse everybody else.
export const setWebhookAction = defineAction(webhookInput, setWebhook, { needs: 'signed-in' })
export const removeWebhookAction = defineAction(webhookInput, removeWebhook, { needs: 'signed-in' })
export const resendDeliveryAction = defineAction(resendInput, resendDelivery, { needs: 'signed-in' })
