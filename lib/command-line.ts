/** The program that an operator types before a command: packages have their own. */
export const commandLine: string = process.env.ECS_PROGRAM || 'npm run admin --'
