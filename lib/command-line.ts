/** What an operator types before the words of the command line: a package has a program for it. */
export const commandLine: string = process.env.ECS_PROGRAM || 'npm run admin --'
