import { servePicture } from '@/lib/viewers/bytes'

export const GET = servePicture
