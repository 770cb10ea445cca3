/** What an operator types before a command: a package has a program for it. */
export const commandLine: string = process.env.ECS_PROGRAM || 'npm run admin --'
