import { currentContext } from '@/lib/context'
import { handleUpload } from '@/lib/uploads/server'

const handle = (request: Request) => handleUpload(request, currentContext)

export { handle as DELETE, handle as HEAD, handle as PATCH, handle as POST }
