// Loaded into every process that the supervisor starts. When the supervisor is killed outright it can end nobody; the
// channel between the two closes then, and the process ends itself, so that the next start finds its port free.
if (process.send) process.once('disconnect', () => process.exit(1))
